"""Goods and questions: the same in every run, and different from each other."""

import json
import random

from bench import goods, reference, search_goods
from bench.seeding import GOODS, ORDERS, Column, Kind, expression


def test_questions_for_lists_differ() -> None:
    found = goods.listings(2_500)
    assert len(set(found)) == 2_500
    assert found == goods.listings(2_500)


def test_plain_goods() -> None:
    lines = goods.plain(3).splitlines()
    assert [json.loads(line)["variants"][0]["sku"] for line in lines] == ["S0", "S1", "S2"]


def test_a_product_is_decided_by_its_number() -> None:
    assert search_goods.product(7) == search_goods.product(7)
    assert search_goods.product(7) != search_goods.product(8)


def test_searches_differ_and_have_two_words() -> None:
    found = search_goods.searches(200, 50)
    assert len(set(found)) == 200
    assert all("+" in path for path in found)


def test_a_typo_is_one_slip() -> None:
    chance = random.Random(1)
    for _ in range(300):
        typo = search_goods.mistyped("lantern", chance)
        assert typo != "lantern"
        assert typo[0] == "l"
        assert len(typo) in {6, 7}


def test_the_reference_sums_up_what_is_wanted_of_each_sku() -> None:
    made = reference.columns([("a", [(5, 1, 500), (6, 2, 700)]), ("b", [(5, 3, 500)])])
    assert made[:2] == [["a", "b"], [1_900, 1_500]]
    assert made[2:] == [[1, 1, 2], [1, 2, 1], [5, 6, 5], [1, 2, 3], [500, 700, 500], [5, 6], [4, 2]]


def column(name: str, kind: str, **more: object) -> Column:
    given: dict[str, object] = {"default": "", "identity": False, "unique": False} | more
    return Column(name, kind, str(given["default"]), bool(given["identity"]), bool(given["unique"]))


def test_copies_have_names_of_their_own() -> None:
    orders, products = Kind(ORDERS), Kind(GOODS, block=10, believable=5)

    def of(kind: Kind, one: Column, *, mails: bool = False) -> str | None:
        return expression("some.table", one, kind, mails=mails)

    assert of(orders, column("id", "bigint", identity=True)) is None
    assert of(orders, column("number", "text", unique=True)) == "t.number || '.' || copy"
    assert of(orders, column("email", "text"), mails=True) == "copy || '.' || t.email"
    assert of(orders, column("at", "timestamp with time zone")) == "t.at - earlier"
    assert of(orders, column("total_minor", "bigint")) == "t.total_minor"
    assert of(orders, column("n", "bigint", default="nextval('s')")) == "nextval('s')"
    assert of(products, column("number", "bigint", identity=True)) == "t.number + copy * 10"
    assert "4000 else 5" in str(of(products, column("sku", "text")))
    assert "% 4000" in str(of(orders, column("sku", "text")))
