"""Imports: what is kept, what is refused and where, and that to repeat them is harmless."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal

import asyncpg
import msgspec
import pytest

from feira import demo
from feira.catalog import domain_csv, service_import
from feira.catalog.domain_records import RECORD_MAX
from feira.catalog.service_import import Report
from feira.catalog.tests.conftest import STAFF, Shop, product, variant
from feira.contracts.audit import StaffActed
from feira.contracts.catalog import StockChanged
from feira.kernel.errors import Invalid

HEADER = ",".join(domain_csv.COLUMNS)


async def pieces(raw: bytes, size: int = 65536) -> AsyncIterator[bytes]:
    for start in range(0, len(raw), size):
        yield raw[start : start + size]


async def take(shop: Shop, raw: str | bytes, form: Literal["csv", "ndjson"] = "ndjson", size: int = 65536) -> Report:
    data = raw if isinstance(raw, bytes) else raw.encode()
    return await shop.catalog.import_products(pieces(data, size), form)


def ndjson(*products: dict[str, Any]) -> str:
    return "".join(json.dumps(one) + "\n" for one in products)


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, report.failed


def errors(report: Report) -> list[tuple[int, str]]:
    return [(error.row, error.field) for error in report.errors]


async def test_products_are_created_changed_and_left_alone(shop: Shop) -> None:
    mango = product("Mango", variant("m1", 5, 100), slug="mango", description="Sweet", categories=["fruit"])
    lime = product("Lime", variant("l1", 7))
    assert counts(await take(shop, ndjson(mango, lime))) == (2, 0, 0, 0)
    assert counts(await take(shop, ndjson(mango, lime))) == (0, 0, 2, 0)
    await shop.said()
    changed = {"slug": "mango", "name": "Mango", "variants": [variant("m2", 2, 200), variant("m1", 0, 110)]}
    assert counts(await take(shop, ndjson(lime, changed))) == (0, 1, 1, 0)
    stored = await shop.catalog.products.find("mango")
    assert [(v.sku, v.price_minor) for v in stored.product.variants] == [("m1", 110), ("m2", 200)]
    assert stored.product.description == "Sweet"  # What is not said stays.
    assert stored.product.categories == ("fruit",)
    assert stored.on_hand == {"m1": 0, "m2": 2}
    assert [(e.sku, e.available) for e in await shop.said() if isinstance(e, StockChanged)] == [
        ("m1", False),
        ("m2", True),
    ]
    assert counts(await take(shop, ndjson(product("Other name", variant("l1", 7))))) == (
        0,
        1,
        0,
        0,
    )  # Found by its sku.
    assert (await shop.catalog.products.find("lime")).product.name == "Other name"
    await shop.check_books()


async def test_stock_is_set_but_never_below_what_is_held(shop: Shop) -> None:
    body = product("Mango", variant("m", 10))
    await take(shop, ndjson(body))
    await shop.held(m=4)
    less = ndjson(product("Mango", variant("m", 1)))
    assert counts(await take(shop, less)) == (0, 1, 0, 0)
    assert await shop.stock("m") == (4, 4)
    assert counts(await take(shop, less)) == (0, 0, 1, 0)
    assert counts(await take(shop, ndjson(product("Mango", variant("m", None))))) == (0, 0, 1, 0)
    assert await shop.stock("m") == (4, 4)
    await shop.check_books()


async def test_what_is_imported_is_sold_again(shop: Shop) -> None:
    product_id = await shop.add("Mango", variant("m"), slug="mango")
    await shop.catalog.products.archive(product_id, product_id)
    assert counts(await take(shop, ndjson(product("Mango", variant("m"), slug="mango")))) == (0, 1, 0, 0)
    assert (await shop.ask("GET", "/v1/products/mango")).status == 200


async def test_bad_lines_are_named_and_the_good_ones_kept(shop: Shop) -> None:
    await shop.add("Taken", variant("taken"), slug="taken")
    good = json.dumps(product("Good", variant("g")))
    lines = [
        good,
        "{",
        "",
        json.dumps(product("Bad", variant("b", -1))),
        json.dumps(product("Bad", variant("b"), colour="red")),
        json.dumps(product("Bad", variant("taken"), slug="bad")),
        json.dumps(product("Bad", variant("c"), variant("c"))),
        json.dumps(product("Bad", {"sku": "d", "price": {"amount": 1, "currency": "USD"}})),
        '{"name": "Bad\\u0000", "variants": []}',
        "[" * 10_000,
        "x" * (RECORD_MAX + 1),
        json.dumps(product("Also good", variant("h"))),
    ]
    raw = "\n".join(lines).encode() + b'\n{"name": "\xff"}\n'
    report = await take(shop, raw, size=1000)
    assert counts(report) == (2, 0, 0, 10)
    assert errors(report) == [
        (2, ""),
        (4, "variants.0.stock"),
        (5, "colour"),
        (9, "name"),
        (10, ""),
        (11, ""),
        (13, ""),
        (6, "variants.0.sku"),
        (7, "variants.1.sku"),
        (8, "variants.0.price.currency"),
    ]
    assert await shop.value("select count(*) from products") == 3


async def test_only_so_many_errors_are_named(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_import, "ERRORS_MAX", 3)
    report = await take(shop, "{}\n" * 1200)
    assert (report.failed, len(report.errors), report.errors_left_out) == (1200, 3, 1197)


async def test_one_sku_or_slug_twice_in_one_file(shop: Shop) -> None:
    report = await take(
        shop,
        ndjson(
            product("A", variant("a", 1), slug="a"),
            product("A", variant("a", 2), slug="a"),
            product("A", variant("b"), slug="a"),
            product("B", variant("a")),
            product("C", variant("c")),
            product("C", variant("d")),
            product("苹果", variant("e")),
        ),
    )
    assert counts(report) == (4, 3, 0, 0)
    stored = await shop.catalog.products.find("a")
    assert (stored.product.name, stored.on_hand) == ("B", {"a": 10, "b": 10})
    assert (await shop.catalog.products.find("c-d")).product.name == "C"
    assert (await shop.catalog.products.find("product")).product.name == "苹果"


async def test_a_table_has_a_row_per_variant(shop: Shop) -> None:
    table = (
        "\ufeff" + HEADER + "\r\n"
        'mango,Mango,"Sweet, ""ripe""\r\nand *soft*",Fruit / Tropical|offers,https://a.example/m.webp,M-1,size=1 kg;box=no,4.90,BRL,5.90,1000,7\r\n'
        "mango,,,,,M-2,size=2 kg,9,BRL,,2000,\r\n"
        "\r\n"
        ",'-Lime,,,,L-1,,0.5,,,,3\r\n"
        ",Lime,,,,L-2,,0.5"
    )
    report = await take(shop, table, "csv", size=7)
    assert (counts(report), report.errors) == ((3, 0, 0, 0), [])
    stored = await shop.catalog.products.find("mango")
    assert stored.product.description == 'Sweet, "ripe"\nand *soft*'
    assert stored.product.categories == ("fruit/tropical", "offers")
    assert stored.product.images[0].url == "https://a.example/m.webp"
    first, second = stored.product.variants
    assert (first.options, first.price_minor, first.compare_at_price_minor) == (
        (("size", "1 kg"), ("box", "no")),
        490,
        590,
    )
    assert (second.price_minor, second.weight_g, stored.on_hand) == (900, 2000, {"M-1": 7, "M-2": 0})
    names = {item["name"] for item in (await shop.ask("GET", "/v1/products")).json["items"]}
    assert names == {"Mango", "-Lime", "Lime"}  # What an export made harmless is read as it was.
    assert counts(await take(shop, table, "csv")) == (0, 0, 3, 0)


async def test_a_table_of_a_spreadsheet_that_writes_decimal_commas(shop: Shop) -> None:
    table = 'slug;name;description;sku;options;price\r\npao;Pão;Com fermento, sem pressa;P-1;"peso=1 kg;corte=não";19,90\r\n'
    assert counts(await take(shop, table, "csv")) == (1, 0, 0, 0)
    product = (await shop.catalog.products.find("pao")).product
    [variant] = product.variants
    assert (product.description, variant.price_minor) == ("Com fermento, sem pressa", 1990)
    assert variant.options == (("peso", "1 kg"), ("corte", "não"))
    report = await take(shop, table.replace("19,90", "1.990"), "csv")
    assert errors(report) == [(2, "price")]


async def test_errors_of_a_table_are_named_by_row_and_column(shop: Shop) -> None:
    rows = [
        "a,A,,,,a-1,,1,BRL,,,",  # 2
        "a,A,,,,a-2,,x,BRL,,,",  # 3
        "b,B,,,javascript:1,b-1,,1,BRL,,,",  # 4
        "c,C,,,,c-1,,1,USD,,,",  # 5
        "d,D,,,,d-1,,1,XXX,,,",  # 6
        "e,E,,,,e-1,,1,BRL,,heavy,",  # 7
        'f,"F"x,,,,f-1,,1,BRL,,,',  # 8
        "g,G,,,,g-1,,1,BRL,,,1,2",  # 9
        "h,H,,,,h-1,,1,BRL,,,1.5",  # 10
        "i,I,,,,i-1,,1,BRL,,,1",  # 11
        "i,I,,,,i-1,,1,BRL,,,1",  # 12
        "j,J,,,,,,1,BRL,,,1",  # 13
        "k,K\0,,,,k-1,,1,BRL,,,1",  # 14
    ]
    raw = "\n".join([HEADER, *rows, "l,L,,,,l-1,,1,BRL,,,1"]).encode() + b"\nm,\xff,,,,m-1,,1\n"
    report = await take(shop, raw, "csv")
    assert counts(report) == (1, 0, 0, 12)
    assert report.errors[0].message == "must be an amount of BRL such as 19.90"
    assert sorted(errors(report)) == [
        (3, "price"),
        (4, "image"),
        (5, "currency"),
        (6, "currency"),
        (7, "weight_g"),
        (8, ""),
        (9, ""),
        (10, "stock"),
        (12, "sku"),
        (13, "sku"),
        (14, ""),
        (16, ""),
    ]


async def test_what_is_no_table_is_refused(shop: Shop) -> None:
    for raw in ("", "\n\n", "name,price\n", "name,sku,price,price\n", "id,name,sku,price\n", 'na"me\n'):
        with pytest.raises(Invalid):
            await take(shop, raw, "csv")


async def test_the_import_at_the_http_edge(shop: Shop) -> None:
    raw = ndjson(product("Mango", variant("m")), product("Lime", variant("l", -1))).encode()
    reply = await shop.staff(
        "POST", "/products/import", [raw[:9], raw[9:]], headers={"Content-Type": "application/x-ndjson"}
    )
    assert reply.status == 200
    assert reply.json == {
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "failed": 1,
        "errors": [{"row": 2, "field": "variants.0.stock", "message": "Expected `int` >= 0"}],
        "errors_left_out": 0,
    }
    table = f"{HEADER}\np,Pear,,,,p,,1.99,BRL,,,4\n".encode()
    reply = await shop.staff("POST", "/products/import", [table], headers={"Content-Type": "text/csv; charset=utf-8"})
    assert reply.json["created"] == 1
    assert (await shop.hold(p=4)).lines[0].unit_price_minor == 199  # type: ignore[union-attr] # At once it can be bought.
    bad = await shop.staff("POST", "/products/import", [b"colour\nred\n"], headers={"Content-Type": "text/csv"})
    assert (bad.status, bad.json["errors"][0]["field"]) == (422, "colour")
    other = await shop.staff("POST", "/products/import", [b"x"], headers={"Content-Type": "text/plain"})
    assert other.status == 415
    told = [json.loads(e.detail) for e in await shop.said() if isinstance(e, StaffActed)]
    assert told[0] == {"created": 1, "updated": 0, "unchanged": 0, "failed": 1}


async def test_five_thousand_products_in_good_time(shop: Shop) -> None:
    def made(number: int, name: str) -> dict[str, Any]:
        return product(
            f"{name} {number}",
            variant(f"S-{number}-A", 10, 100 + number, options={"size": "L"}),
            slug=f"p-{number}",
            description="Ripened on the tree and picked by hand. " * 8,
            translations={"pt-BR": {"name": f"Produto {number}", "description": "Colhido à mão, bem maduro. " * 8}},
            categories=[f"branch-{number % 20}/twig-{number % 7}"],
            attributes={"origin": f"place {number % 9}"},
        )

    heard: list[int] = []
    raw = ndjson(*[made(number, "Product") for number in range(5000)]).encode()
    report = await shop.catalog.import_products(pieces(raw), "ndjson", heard.append)
    assert counts(report) == (5000, 0, 0, 0)
    assert heard[-1] == 5000
    assert heard == sorted(heard)
    assert counts(await take(shop, raw)) == (0, 0, 5000, 0)
    raw = ndjson(*[made(number, "Thing") for number in range(1000)]).encode()
    assert counts(await take(shop, raw)) == (0, 1000, 0, 0)
    found = (await shop.ask("GET", "/v1/products", q="thing", facets="true")).json
    assert found["total"] == 1000


async def test_an_export_is_imported_without_a_change(shop: Shop) -> None:
    raw = demo.products().read_bytes()
    report = await shop.catalog.import_products(pieces(raw), "ndjson")
    assert report.created == raw.count(b"\n")
    assert report.failed == 0
    bodies = [body async for body in shop.catalog.export_products()]
    assert len(bodies) == report.created
    assert [body.slug for body in bodies][:2] == [json.loads(line)["slug"] for line in raw.splitlines()[:2]]
    again = b"".join(msgspec.json.encode(body) + b"\n" for body in bodies)
    assert counts(await take(shop, again)) == (0, 0, len(bodies), 0)
    out = io.StringIO()
    table = csv.DictWriter(out, domain_csv.COLUMNS)
    table.writeheader()
    for body in bodies:
        table.writerows(domain_csv.rows_of(body))
    assert counts(await take(shop, out.getvalue(), "csv"))[3] == 0


async def test_two_imports_of_the_same_at_once(shop: Shop) -> None:
    raws = [
        ndjson(*[product(f"P{n}", variant(f"s{n}"), categories=["a/b"]) for n in order])
        for order in (range(60), reversed(range(60)))
    ]
    reports: Sequence[Report] = await asyncio.gather(*[take(shop, raw) for raw in raws])
    assert sum(report.created for report in reports) == 60
    assert sum(report.failed for report in reports) == 0
    assert await shop.value("select count(*) from products") == 60


async def test_what_came_before_the_stream_broke_off_stays_and_the_journal_has_it(shop: Shop) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield ndjson(*[product(f"P{n}", variant(f"s{n}")) for n in range(600)]).encode()
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await shop.catalog.import_products(broken(), "ndjson", actor=STAFF)
    assert await shop.value("select count(*) from products") == 500
    [acted] = [event for event in await shop.said() if isinstance(event, StaffActed)]
    assert (acted.action, json.loads(acted.detail)["created"]) == ("catalog.products.imported", 500)


async def test_a_database_that_refuses_is_not_passed_over(shop: Shop) -> None:
    await shop.run("alter table descriptions add check (markdown <> 'x')")
    with pytest.raises(asyncpg.CheckViolationError):
        await take(shop, ndjson(product("P", variant("s"), description="x")))
    assert await shop.catalog.is_empty()
