"""How staff find orders, and what happened to them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from feira.contracts.payments import History, PaymentAuthorized, PaymentCaptured, PaymentFailed, PaymentRefunded, Step
from feira.orders import store_list
from feira.orders.tests.conftest import STAFF, Shop
from feira.orders.tests.test_afterwards import PENDING, Placed, place


async def listed(shop: Shop, query: str) -> list[str]:
    """All orders of the list, by two."""
    found: list[str] = []
    cursor = ""
    for _ in range(30):
        reply = await shop.staff("GET", f"/orders?limit=2&{query}{cursor}")
        assert reply.status == 200, reply.raw
        found += [one["id"] for one in reply.json["items"]]
        if reply.json["next"] is None:
            return found
        cursor = f"&cursor={reply.json['next']}"
    raise AssertionError("the list does not end")


async def many(shop: Shop) -> list[Placed]:
    """The newest first: confirmed, captured, refunded, cancelled, and again."""
    orders: list[Placed] = []
    for number in range(12):
        one = await place(shop, email=f"buyer{number % 3}@example.com")
        orders.insert(0, one)
        match number % 4:
            case 1:
                await one.capture()
            case 2:
                await shop.hear(PaymentCaptured(**one.facts()), PaymentRefunded(**one.facts(), refund_id=uuid4()))
            case 3:
                await one.cancel()
        await shop.events()
    return orders


@pytest.mark.parametrize("scanned", [store_list.SCANNED_MAX, 3])
async def test_states_that_no_index_knows(shop: Shop, monkeypatch: Any, scanned: int) -> None:
    """The same orders are found in the same order, however few are looked at for one page."""
    monkeypatch.setattr(store_list, "SCANNED_MAX", scanned)
    orders = await many(shop)
    everything = {one["id"]: one for one in (await shop.staff("GET", "/orders?limit=100")).json["items"]}
    for payment in ("authorized", "captured", "refunded", "voided", None):
        for fulfilment in ("unfulfilled", "partial", "fulfilled", None):
            for status in ("confirmed", "cancelled", None):
                wanted = {"payment_status": payment, "fulfilment_status": fulfilment, "status": status}
                given = {name: value for name, value in wanted.items() if value}
                query = "&".join(f"{name}={value}" for name, value in given.items())
                assert await listed(shop, query) == [
                    str(one.id) for one in orders if given.items() <= everything[str(one.id)].items()
                ], query
    for query in ("email=buyer1@example.com&payment_status=captured", "q=buyer1@example.com&payment_status=captured"):
        found = [one for one in orders if one.event.email == "buyer1@example.com"]
        assert await listed(shop, query) == [
            str(one.id) for one in found if everything[str(one.id)]["payment_status"] == "captured"
        ]


async def test_one_word_finds_by_id_number_or_address(shop: Shop, monkeypatch: Any) -> None:
    monkeypatch.setattr(store_list, "SCANNED_MAX", 2)
    orders = await many(shop)
    one = orders[4]
    number = one.view["number"]
    for text in (one.id, str(one.id).upper(), number, f"{number[:4]}-{number[4:]}".lower(), f" {number} "):
        assert await listed(shop, f"q={text}".replace(" ", "%20")) == [str(one.id)]
    for text, addresses in (
        ("buyer1@example.com", ("buyer1@example.com",)),
        ("BUYER", ("buyer2@example.com", "buyer1@example.com", "buyer0@example.com")),
        ("buyer0@ex", ("buyer0@example.com",)),
    ):
        wanted = [str(one.id) for address in addresses for one in orders if one.event.email == address]
        assert await listed(shop, f"q={text}") == wanted
    assert await listed(shop, "q=buyer&status=cancelled") == [
        str(one.id) for n in "210" for one in orders[::4] if one.event.email == f"buyer{n}@example.com"
    ]
    at = orders[5].event.placed_at.isoformat().replace("+00:00", "Z")
    assert sorted(await listed(shop, f"q=buyer&from={at}")) == sorted(str(one.id) for one in orders[:6])
    assert sorted(await listed(shop, f"q=buyer&to={at}")) == sorted(str(one.id) for one in orders[6:])
    for text in ("nobody", "%E2%82%AC", uuid4(), "%25", "buyer_"):
        assert await listed(shop, f"q={text}") == []
    for query in ("q=a&email=a@example.com", f"q=a&number={number}"):
        assert (await shop.staff("GET", f"/orders?{query}")).fields == ["q"]
    assert (await shop.staff("GET", "/orders?q=a&cursor=x")).fields == ["cursor"]


async def test_a_page_of_long_orders_ends_early_wherever_it_was_found(shop: Shop, monkeypatch: Any) -> None:
    monkeypatch.setattr(store_list, "PAGE_LINES_MAX", 1)
    orders = [await place(shop) for _ in range(3)]
    wanted = [str(one.id) for one in reversed(orders)]
    assert len((await shop.staff("GET", "/orders?payment_status=authorized")).json["items"]) == 1
    assert await listed(shop, "payment_status=authorized") == wanted
    assert await listed(shop, "q=ana@ex") == wanted


async def timeline(shop: Shop, order: Placed) -> list[tuple[str, Any]]:
    reply = await shop.staff("GET", f"/orders/{order.id}/timeline")
    assert reply.status == 200, reply.raw
    return [(one["type"], one["data"]) for one in reply.json["items"]]


async def test_what_happened_to_an_order(shop: Shop) -> None:
    order = await place(shop, **PENDING)
    total = order.view["total"]
    await shop.hear(PaymentAuthorized(**order.facts()))
    await order.capture()
    now = datetime.now(UTC)
    steps = (Step(at=now, state="pending"), Step(at=now, state="authorized"), Step(at=now, state="captured"))
    shop.payer.histories[order.event.payment_id] = History(steps=steps)
    sent = {"lines": [{"sku": "mango", "quantity": 1}], "carrier": "Correios", "tracking": "BR1"}
    assert (await shop.staff("POST", f"/orders/{order.id}/fulfilments", sent)).status == 201
    refund = {"lines": [{"sku": "mango", "quantity": 1, "restock": False}], "reason": "broken"}
    assert (await shop.staff("POST", f"/orders/{order.id}/refunds", refund, key="1")).status == 201
    found = await timeline(shop, order)
    staff = STAFF.removeprefix("staff:")
    assert [name for name, _ in found] == [
        "placed", "confirmed", "payment_authorized", "payment_captured", "fulfilled", "refunded",
    ]  # fmt: skip
    data = dict(found)
    assert (data["placed"], data["confirmed"], data["payment_captured"]) == ({"total": total}, {}, {"amount": total})
    assert UUID(data["fulfilled"].pop("fulfilment_id"))
    assert data["fulfilled"] == {
        "sent": [{"sku": "mango", "quantity": 1}], "carrier": "Correios", "tracking": "BR1", "actor": staff,
    }  # fmt: skip
    assert UUID(data["refunded"].pop("refund_id"))
    assert data["refunded"] == {
        "amount": {"amount": 500, "currency": "BRL"}, "reason": "broken", "actor": staff, "done": False,
        "returned": [{"sku": "mango", "quantity": 1, "restock": False}],
    }  # fmt: skip
    path = f"/v1/orders/{order.id}/timeline"
    shown = await shop.ask("GET", path, order_token=order.view["token"])
    assert [one["type"] for one in shown.json["items"]] == [name for name, _ in found]
    assert not any({"actor", "reason"} & one["data"].keys() for one in shown.json["items"])
    assert shown.json["items"][4]["data"]["tracking"] == "BR1"
    assert (await shop.ask("GET", path)).code == "unknown_order"


async def test_how_orders_fell(shop: Shop) -> None:
    failed = await place(shop)
    await shop.hear(PaymentFailed(**failed.facts(), reason="card_expired"))
    await shop.events()
    steps = (Step(at=datetime.now(UTC), state="failed"), Step(at=datetime.now(UTC), state="voided"))
    shop.payer.histories[failed.event.payment_id] = History(steps=steps)
    assert [(name, data.get("reason")) for name, data in await timeline(shop, failed)] == [
        ("placed", None), ("cancelled", "card_expired"), ("payment_failed", None), ("payment_voided", None),
    ]  # fmt: skip
    staffs = await place(shop)
    await shop.staff("POST", f"/orders/{staffs.id}/cancel", {"reason": "rang up"})
    assert (await timeline(shop, staffs))[-1] == (
        "cancelled",
        {"reason": "rang up", "actor": STAFF.removeprefix("staff:")},
    )
    await shop.run("delete from turns")
    reply = await shop.staff("GET", f"/orders/{staffs.id}/timeline")
    assert reply.json["items"][-1] == {"at": None, "type": "cancelled", "data": {"reason": "rang up"}}
    assert (await shop.staff("GET", f"/orders/{uuid4()}/timeline")).code == "unknown_order"
