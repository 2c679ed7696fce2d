"""Carts over HTTP, beside a real catalogue: what a buyer sees, and what a stranger does not."""

import asyncio
import base64
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from feira.carts import store
from feira.carts.domain import LINES_MAX, QUANTITY_MAX, RECENT_MAX, Add
from feira.carts.service import ID_BITS, TRIES_MAX, Write
from feira.carts.service_prices import Shown
from feira.carts.tests.market import Market, order
from feira.catalog.domain_goods import ProductChange
from feira.contracts.carts import CartAsk, UnknownCart
from feira.contracts.catalog import UnknownSku
from feira.contracts.orders import OrderCancelled, OrderConfirmed, OrderPlaced
from feira.contracts.users import UserErased
from feira.kernel.errors import Overloaded, Unavailable
from feira.kernel.ids import uuid7


def brl(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "BRL"}


async def test_a_cart_is_whole_in_every_answer(market: Market) -> None:
    await market.sell("acai", price=1_250, name="Açaí")
    await market.sell("manga", price=399)
    status, empty = await market.ask("POST", "/v1/carts")
    assert (status, empty["lines"], empty["currency"], empty["total"]) == (201, [], "BRL", brl(0))
    await market.add(empty["id"], "acai", 2)
    cart = await market.add(empty["id"], "manga", 3)
    zero = brl(0)
    assert {key: value for key, value in cart.items() if key != "lines"} == {
        "id": empty["id"],
        "currency": "BRL",
        "subtotal": brl(3_697),
        "discount": zero,
        "shipping": zero,
        "tax": zero,
        "total": brl(3_697),
    }
    first, second = cart["lines"]
    source = {"url": f"{market.ctx.settings.url}/media/acai.webp", "type": "image/webp", "width": 64}
    image = {"url": source["url"], "alt": "A acai", "width": 256, "height": 128, "sources": [source]}
    assert first == {
        "id": first["id"],
        "sku": "acai",
        "product_slug": "acai",
        "name": "Açaí",
        "image": image,
        "quantity": 2,
        "unit_price": brl(1_250),
        "total": brl(2_500),
        "available": True,
        "available_quantity": 10,
    }
    assert second["total"] == brl(1_197)
    assert await market.ask("GET", f"/v1/carts/{cart['id']}") == (200, cart)


async def test_lines_are_added_to_changed_and_removed(market: Market) -> None:
    await market.sell("acai")
    cart = await market.cart(acai=2)
    cart = await market.add(cart["id"], "acai", 3)
    [line] = cart["lines"]
    assert line["quantity"] == 5
    path = f"/v1/carts/{cart['id']}/lines/{line['id']}"
    status, cart = await market.ask("PATCH", path, {"quantity": 11})
    assert (status, cart["lines"][0]["quantity"], cart["lines"][0]["available"]) == (200, 11, False)
    status, cart = await market.ask("PATCH", path, {"quantity": 0})
    assert (status, cart["lines"]) == (200, [])
    assert (await market.ask("PATCH", path, {"quantity": 1}))[0] == 404
    cart = await market.add(cart["id"], "acai", 1)
    path = f"/v1/carts/{cart['id']}/lines/{cart['lines'][0]['id']}"
    assert (await market.ask("DELETE", path))[1]["lines"] == []
    assert (await market.ask("DELETE", path))[1]["code"] == "unknown_line"
    snapshot = await market.carts.read(CartAsk(cart_id=cart["id"]))
    assert (snapshot.version, snapshot.lines, snapshot.user_id) == (6, (), None)


async def test_what_is_not_sold_is_not_put_into_a_cart(market: Market) -> None:
    await market.sell("acai")
    cart = await market.cart()
    path = f"/v1/carts/{cart['id']}/lines"
    assert (await market.ask("POST", path, {"sku": "ACAI", "quantity": 1}))[1]["code"] == "unknown_sku"
    for body in (
        {"sku": "acai", "quantity": 0},
        {"sku": "acai", "quantity": QUANTITY_MAX + 1},
        {"sku": "", "quantity": 1},
        {"sku": "acai", "quantity": 1, "unit_price": 1},
        {"sku": "acai"},
    ):
        assert (await market.ask("POST", path, body))[0] == 422
    assert await market.lines(cart["id"]) == {}


async def test_the_limits_of_a_cart(market: Market) -> None:
    await market.sell("acai")
    cart = await market.cart(acai=QUANTITY_MAX)
    body = {"sku": "acai", "quantity": 1}
    status, problem = await market.ask("POST", f"/v1/carts/{cart['id']}/lines", body)
    assert (status, problem["errors"][0]["field"]) == (422, "quantity")
    async with market.ctx.db.tx() as tx:
        await tx.execute(
            """update carts set lines = (select json_agg(json_build_array(gen_random_uuid(), 'sku-' || n, 1))
                                         from generate_series(1, $2) n) where id = $1""",
            cart["id"],
            LINES_MAX,
        )
    status, problem = await market.ask("POST", f"/v1/carts/{cart['id']}/lines", body)
    assert (status, problem["errors"][0]["field"]) == (422, "sku")


async def test_a_guests_cart_id_cannot_be_guessed(market: Market) -> None:
    carts = await asyncio.gather(*[market.cart() for _ in range(50)])
    assert len({cart["id"] for cart in carts}) == 50
    name = carts[0]["id"]
    assert len(base64.urlsafe_b64decode(name + "=" * (-len(name) % 4))) * 8 == ID_BITS >= 128


async def test_a_customers_cart_opens_to_that_customer_alone(market: Market) -> None:
    await market.sell("acai")
    ana, eve = uuid4(), uuid4()
    cart = await market.cart(ana, acai=1)
    line = f"/v1/carts/{cart['id']}/lines/{cart['lines'][0]['id']}"
    none = await market.ask("GET", "/v1/carts/none")
    assert none[0] == 404
    for user in (None, eve):
        for method, path, body in (
            ("GET", f"/v1/carts/{cart['id']}", None),
            ("POST", f"/v1/carts/{cart['id']}/lines", {"sku": "acai", "quantity": 1}),
            ("PATCH", line, {"quantity": 5}),
            ("DELETE", line, None),
        ):
            assert await market.ask(method, path, body, user) == none
    assert await market.ask("POST", f"/v1/carts/{cart['id']}/claim", None, eve) == none
    assert (await market.ask("POST", f"/v1/carts/{cart['id']}/claim"))[0] == 401
    assert await market.lines(cart["id"], ana) == {"acai": 1}
    with pytest.raises(UnknownCart):
        await market.carts.read(CartAsk(cart_id=cart["id"], user_id=eve))
    assert (await market.carts.read(CartAsk(cart_id=cart["id"], user_id=ana))).user_id == ana


@pytest.mark.parametrize("cart_id", ["none", "x" * 65, "x" * 2_000, "%27%20or%201=1", "..%2F"])
async def test_carts_that_do_not_exist(market: Market, cart_id: str) -> None:
    await market.sell("acai")
    paths = [
        ("GET", ""),
        ("POST", "/lines"),
        ("POST", "/claim"),
        ("PATCH", f"/lines/{uuid4()}"),
        ("DELETE", "/lines/x"),
    ]
    for method, path in paths:
        body = {"sku": "acai", "quantity": 1} if path == "/lines" else {"quantity": 1} if method == "PATCH" else None
        status, _ = await market.ask(method, f"/v1/carts/{cart_id}{path}", body, uuid4())
        assert status in {404, 414}


async def test_many_additions_at_once_all_count(market: Market) -> None:
    await market.sell("acai", stock=1_000)
    await market.sell("manga")
    cart = await market.cart()
    await asyncio.gather(
        *[market.add(cart["id"], "acai", 2) for _ in range(60)], *[market.add(cart["id"], "manga", 1) for _ in range(5)]
    )
    assert await market.lines(cart["id"]) == {"acai": 120, "manga": 5}
    assert (await market.carts.read(CartAsk(cart_id=cart["id"]))).version == 65


async def test_prices_are_those_of_the_moment(market: Market) -> None:
    product_id = await market.sell("acai", price=1_000)
    cart = await market.cart(acai=2)
    dearer = {"variants": [{"sku": "acai", "price": brl(1_100)}]}
    await market.catalog.products.change(product_id, msgspec.convert(dearer, ProductChange), uuid4())
    _, cart = await market.ask("GET", f"/v1/carts/{cart['id']}")
    assert cart["total"] == brl(2_200)


async def test_what_is_not_sold_any_more_does_not_break_a_cart(market: Market) -> None:
    archived = await market.sell("acai")
    await market.sell("manga", price=500)
    cart = await market.cart(acai=2, manga=1)
    await market.catalog.products.archive(archived, uuid4())
    status, cart = await market.ask("GET", f"/v1/carts/{cart['id']}")
    assert (status, cart["total"]) == (200, brl(500))
    gone, sold = cart["lines"]
    assert (gone["name"], gone["product_slug"], gone["total"], gone["image"]) == ("acai", None, brl(0), None)
    assert (gone["available"], gone["available_quantity"]) == (False, 0)
    assert sold["available"]
    claimed = (await market.ask("POST", f"/v1/carts/{cart['id']}/claim", None, uuid4()))[1]
    assert [line["sku"] for line in claimed["lines"]] == ["manga"]


async def test_a_guests_cart_becomes_the_customers(market: Market) -> None:
    await market.sell("acai", stock=3)
    ana = uuid4()
    cart = await market.cart(acai=5)
    for _ in range(2):
        status, claimed = await market.ask("POST", f"/v1/carts/{cart['id']}/claim", None, ana)
        assert (status, claimed["id"], claimed["lines"][0]["quantity"]) == (200, cart["id"], 3)
    assert (await market.ask("GET", f"/v1/carts/{cart['id']}"))[0] == 404
    assert (await market.ask("POST", f"/v1/carts/{cart['id']}/claim", None, uuid4()))[0] == 404


async def test_carts_merge_once_within_the_stock(market: Market) -> None:
    for sku, stock in (("acai", 5), ("manga", 10), ("caju", 10)):
        await market.sell(sku, stock=stock)
    ana = uuid4()
    mine = await market.cart(ana, acai=3, manga=2)
    guest = await market.cart(acai=4, caju=1)
    answers = await asyncio.gather(*[market.ask("POST", f"/v1/carts/{guest['id']}/claim", None, ana) for _ in range(8)])
    assert {status for status, _ in answers} == {200}
    assert {cart["id"] for _, cart in answers} == {mine["id"]}
    assert await market.lines(mine["id"], ana) == {"acai": 5, "manga": 2, "caju": 1}
    assert (await market.ask("GET", f"/v1/carts/{guest['id']}", None, ana))[0] == 404
    assert (await market.ask("POST", f"/v1/carts/{guest['id']}/lines", {"sku": "acai", "quantity": 1}))[0] == 404
    await market.ask("POST", f"/v1/carts/{guest['id']}/claim", None, ana)
    assert await market.lines(mine["id"], ana) == {"acai": 5, "manga": 2, "caju": 1}


async def test_two_customers_claim_one_cart(market: Market) -> None:
    await market.sell("acai")
    guest = await market.cart(acai=2)
    users = [uuid4() for _ in range(6)]
    answers = await asyncio.gather(
        *[market.ask("POST", f"/v1/carts/{guest['id']}/claim", None, user) for user in users]
    )
    assert sorted(status for status, _ in answers) == [200, 404, 404, 404, 404, 404]


async def test_a_customer_claims_several_carts_at_once(market: Market) -> None:
    await market.sell("acai", stock=100)
    ana = uuid4()
    guests = [await market.cart(acai=number) for number in range(1, 6)]
    answers = await asyncio.gather(
        *[market.ask("POST", f"/v1/carts/{guest['id']}/claim", None, ana) for guest in guests]
    )
    [name] = {cart["id"] for _, cart in answers}
    assert await market.lines(name, ana) == {"acai": 15}


async def test_what_is_added_while_a_cart_is_claimed_is_kept_or_refused(market: Market) -> None:
    await market.sell("acai", stock=100)
    ana = uuid4()
    mine, guest = await market.cart(ana, acai=1), await market.cart(acai=1)

    async def more() -> bool:
        body = {"sku": "acai", "quantity": 1}
        return (await market.ask("POST", f"/v1/carts/{guest['id']}/lines", body))[0] == 200

    added, _ = await asyncio.gather(
        asyncio.gather(*[more() for _ in range(20)]), market.ask("POST", f"/v1/carts/{guest['id']}/claim", None, ana)
    )
    assert await market.lines(mine["id"], ana) == {"acai": 2 + sum(added)}


async def test_a_cart_that_is_changed_all_the_time_cannot_be_claimed(market: Market, monkeypatch: Any) -> None:
    await market.sell("acai")
    guest = await market.cart(acai=1)
    monkeypatch.setattr("feira.carts.service.TRIES_MAX", 1)
    with pytest.raises(Unavailable):
        await market.carts.claim(guest["id"], uuid4(), "")


async def test_a_catalogue_that_changes_all_the_time(market: Market, monkeypatch: Any) -> None:
    monkeypatch.setattr("feira.carts.service_prices.TRIES_MAX", 1)
    cart = await market.cart()
    lines = f'[["{uuid4()}", "none", 1]]'
    async with market.ctx.db.tx() as tx:
        await tx.execute("update carts set lines = $2::text::json where id = $1", cart["id"], lines)
    status, problem = await market.ask("GET", f"/v1/carts/{cart['id']}")
    assert (status, problem["code"]) == (503, "unavailable")


async def test_an_ordered_cart_is_emptied_of_what_was_ordered(market: Market) -> None:
    await market.sell("acai", stock=100)
    await market.sell("manga")
    cart = await market.cart(acai=2)
    placed = order(OrderPlaced, cart["id"], uuid4(), acai=2)
    await market.add(cart["id"], "manga", 1)  # Between the order and its event.
    await market.add(cart["id"], "acai", 1)
    await market.hear(placed, placed)
    assert await market.lines(cart["id"]) == {"acai": 1, "manga": 1}
    body = {"sku": "manga", "quantity": 1}
    status, problem = await market.ask("POST", f"/v1/carts/{cart['id']}/lines", body)
    assert (status, problem["code"]) == (409, "cart_already_ordered")
    status, problem = await market.ask("POST", f"/v1/carts/{cart['id']}/claim", None, uuid4())
    assert (status, problem["code"]) == (409, "cart_already_ordered")


async def test_a_pending_order_leaves_its_cart_alone(market: Market) -> None:
    await market.sell("acai", stock=100)
    cart, order_id = await market.cart(acai=2), uuid4()
    await market.hear(order(OrderPlaced, cart["id"], order_id, "pending", acai=2))
    assert await market.lines(cart["id"]) == {"acai": 2}
    await market.hear(order(OrderConfirmed, cart["id"], order_id, acai=2))
    assert await market.lines(cart["id"]) == {}
    await market.hear(order(OrderCancelled, cart["id"], order_id, "cancelled", acai=2))
    await market.add(cart["id"], "acai", 1)
    await market.hear(order(OrderPlaced, cart["id"], uuid4(), acai=1), order(OrderPlaced, None, uuid4(), acai=1))
    assert await market.lines(cart["id"]) == {}


async def test_a_cart_that_was_merged_before_its_order_was_heard_of(market: Market) -> None:
    await market.sell("acai", stock=100)
    ana = uuid4()
    mine, guest = await market.cart(ana, acai=1), await market.cart(acai=2)
    await market.ask("POST", f"/v1/carts/{guest['id']}/claim", None, ana)
    await market.hear(order(OrderPlaced, guest["id"], uuid4(), acai=2), order(OrderPlaced, "gone", uuid4(), acai=2))
    assert await market.lines(mine["id"], ana) == {"acai": 1}


async def test_a_customer_who_has_ordered_begins_anew(market: Market) -> None:
    await market.sell("acai", stock=100)
    ana = uuid4()
    old, guest = await market.cart(ana, acai=1), await market.cart(acai=2)
    await market.hear(order(OrderPlaced, old["id"], uuid4(), acai=1))
    status, claimed = await market.ask("POST", f"/v1/carts/{guest['id']}/claim", None, ana)
    assert (status, claimed["id"]) == (200, guest["id"])


async def test_a_customer_finds_the_cart_in_hand_on_any_device(market: Market) -> None:
    await market.sell("acai")
    ana, eve = uuid4(), uuid4()
    current = "/v1/carts/current"
    assert (await market.ask("GET", current))[0] == 401
    assert (await market.ask("GET", current, None, ana))[1]["code"] == "unknown_cart"
    await market.cart(ana)
    cart = await market.cart(ana, acai=2)
    await market.cart(acai=1)
    assert await market.ask("GET", current, None, ana) == (200, cart)
    assert (await market.ask("GET", current, None, eve))[0] == 404
    await market.hear(order(OrderPlaced, cart["id"], uuid4(), acai=2))
    assert (await market.ask("GET", current, None, ana))[1]["id"] != cart["id"]


async def test_an_erased_customers_carts_are_gone(market: Market) -> None:
    await market.sell("acai")
    ana = uuid4()
    cart, other = await market.cart(ana, acai=1), await market.cart(acai=1)
    await market.hear(UserErased(version=1, user_id=ana, email="ana@example.com", name="Ana", locale="en"))
    assert (await market.ask("GET", f"/v1/carts/{cart['id']}", None, ana))[0] == 404
    assert await market.lines(other["id"]) == {"acai": 1}


async def test_carts_that_nobody_touches_are_deleted(market: Market) -> None:
    await market.sell("acai")
    old = await market.cart(acai=1)
    market.shift = market.shift.__class__(days=89)
    assert await market.carts.delete_untouched() is False
    kept = await market.cart(acai=1)
    market.shift = market.shift.__class__(days=91)
    assert await market.carts.delete_untouched() is False
    assert (await market.ask("GET", f"/v1/carts/{old['id']}"))[0] == 404
    assert await market.lines(kept["id"]) == {"acai": 1}


async def test_an_addition_whose_commit_was_lost_is_made_once(market: Market) -> None:
    await market.sell("acai")
    cart = await market.cart()
    writes = [Write(cart["id"], None, Add(line_id=uuid7(), sku="acai", quantity=1)) for _ in range(3)]
    run, lost = market.carts._write._run, [True]

    async def run_and_lose(asks: Any) -> Any:
        answers = await run(asks)
        if lost:
            lost.pop()
            raise asyncpg.ConnectionDoesNotExistError
        return answers

    market.carts._write._run = run_and_lose
    await asyncio.gather(*[market.carts._write(write) for write in writes])
    assert await market.lines(cart["id"]) == {"acai": 3}
    assert RECENT_MAX > 256


async def test_acts_on_one_cart_in_one_batch_do_not_hang_on_each_other(market: Market) -> None:
    await market.sell("acai")
    cart, other = await market.cart(), await market.cart()
    writes = [
        Write(cart["id"], None, Add(line_id=uuid7(), sku=sku, quantity=1)) for sku in ("acai", "none", "acai", "nought")
    ]
    answers = await market.carts._write_all(
        [*writes, Write(other["id"], None, writes[0].act), Write("no", None, writes[0].act)]
    )
    kinds = [type(answer) for answer in answers]
    assert kinds == [Shown, UnknownSku, Shown, UnknownSku, Shown, UnknownCart]
    assert await market.lines(cart["id"]) == {"acai": 2}
    again = await market.carts._write_all(writes[:1])  # Its answer was lost: it is made no second time.
    assert [type(answer) for answer in again] == [Shown]
    assert await market.lines(cart["id"]) == {"acai": 2}


async def test_a_cart_that_others_change_all_the_time_is_locked_in_the_end(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    await market.sell("acai")
    cart = await market.cart()
    save, overtaken = store.save_carts, []

    async def overtake(tx: Any, before: Any, carts: Any, now: Any) -> set[str]:
        if not tx.is_in_transaction():
            overtaken.append(cart["id"])
            await tx.execute("update carts set version = version + 1 where id = $1", cart["id"])
        return await save(tx, before, carts, now)

    monkeypatch.setattr(store, "save_carts", overtake)
    assert (await market.add(cart["id"], "acai", 1))["lines"][0]["quantity"] == 1
    assert len(overtaken) == TRIES_MAX
    assert await market.lines(cart["id"]) == {"acai": 1}


async def test_big_carts_are_priced_one_after_the_other(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feira.carts.service_prices.LINES_MAX", 3)
    for sku in ("acai", "manga"):
        await market.sell(sku)
    carts = [await market.cart(acai=1, manga=2) for _ in range(3)]
    found = await asyncio.gather(*[market.lines(cart["id"]) for cart in carts])
    assert found == [{"acai": 1, "manga": 2}] * 3


async def test_who_cannot_hear_prices_puts_nothing_into_his_cart(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    await market.sell("acai")
    cart, full = await market.cart(), await market.cart(acai=1)

    async def crowded(asks: Any) -> list[Overloaded]:
        return [Overloaded() for _ in asks]

    with monkeypatch.context() as patch:
        patch.setattr(market.catalog, "price", crowded)
        status, _ = await market.ask("POST", f"/v1/carts/{cart['id']}/lines", {"sku": "acai", "quantity": 1})
        assert status == 503
        with pytest.raises(Overloaded):
            await market.carts.claim(full["id"], uuid4(), "")
    assert await market.lines(cart["id"]) == {}
