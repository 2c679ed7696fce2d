"""What pages show beside the order itself: the shop, its goods' pictures, and a bot that buys."""

from typing import Any
from uuid import UUID

from msgspec.structs import replace

from feira.contracts.catalog import Picture
from feira.contracts.orders import OrderPlaced
from feira.kernel.card import Context
from feira.kernel.errors import Unavailable
from feira.orders import service_bot
from feira.orders.card import card
from feira.orders.service import OrderService
from feira.orders.tests.conftest import Shop

ANA = UUID("00000000-0000-4000-8000-000000000001")


def ships_to(*countries: str) -> dict[str, Any]:
    price = {"price": {"amount": 700, "currency": "BRL"}}
    rates = [{"days": 3, "bands": [price], "countries": list(countries)}]
    return {"shipping": [{"id": "post", "name": "Post", "rates": rates}]}


async def test_the_shop_tells_what_a_page_needs(shop: Shop) -> None:
    reply = await shop.ask("GET", "/v1/shop")
    assert reply.status == 200, reply.raw
    assert reply.headers["cache-control"] == "public, max-age=0, must-revalidate"
    told = reply.json
    countries = told.pop("countries")
    assert told == {
        "name": "Feira",
        "currency": "BRL",
        "country": "BR",
        "locales": ["en", "pt-BR"],
        "demo": False,
        "payment_methods": [
            {"id": "test", "name": "Test card", "kind": "test", "tokens": [{"token": "tok_ok", "outcome": "paid"}]}
        ],
    }
    assert len(countries) == 249
    assert [one["code"] for one in countries[:3]] == ["AF", "AX", "AL"]  # Åland stands by the A.
    again = await shop.ask("GET", "/v1/shop", if_none_match=reply.headers["etag"])
    assert again.status == 304
    assert (await shop.staff("PATCH", "/settings", ships_to("DE", "BR"))).status == 200
    told = (await shop.ask("GET", "/v1/shop?locale=pt-BR", if_none_match=reply.headers["etag"])).json
    assert told["countries"] == [{"code": "DE", "name": "Alemanha"}, {"code": "BR", "name": "Brasil"}]
    assert told["payment_methods"][0]["name"] == "Cartão de teste"


async def test_orders_are_shown_with_what_the_catalogue_has(shop: Shop) -> None:
    shop.catalogue.pictures["mango"] = Picture(url="/media/mango.webp", alt="A mango")
    customer: dict[str, Any] = {"authorization": f"Bearer customer:{ANA}"}
    placed = await shop.place(lines=[{"sku": "mango", "quantity": 1}, {"sku": "acai", "quantity": 1}],
                              expected_total={"amount": 10**6, "currency": "BRL"}, token=f"customer:{ANA}")  # fmt: skip
    path = f"/v1/orders/{placed.json['id']}"
    del shop.catalogue.goods["acai"]
    shown = (await shop.ask("GET", path, **customer)).json
    mango, acai = shown["lines"]
    assert (mango["product_slug"], mango["image"]["url"], mango["image"]["sources"]) == (
        "mango",
        "/media/mango.webp",
        [],
    )
    assert (acai["name"], acai["product_slug"], acai["image"]) == ("Açaí", None, None)
    [listed] = (await shop.ask("GET", "/v1/orders", **customer)).json["items"]
    assert listed["lines"] == shown["lines"]

    async def away(_asks: Any) -> Any:
        raise Unavailable

    shop.catalogue.price = away  # type: ignore[assignment, method-assign]
    lonely = OrderService(shop.ctx, shop.catalogue, shop.payer, shop.baskets)
    shop.serve(lonely)
    plain = (await shop.ask("GET", path, by=lonely, **customer)).json
    assert [line["product_slug"] for line in plain["lines"]] == [None, None]


async def test_the_bot_buys_as_anybody_does(shop: Shop, monkeypatch: Any) -> None:
    reply = await shop.ask("POST", "/dev/bot")
    assert reply.status == 201, reply.raw
    (event,) = await shop.events()
    assert isinstance(event, OrderPlaced)
    order = reply.json["order"]
    assert (order["id"], order["number"]) == (str(event.order_id), event.number)
    assert event.email.endswith("@example.com")
    read = await shop.ask("GET", f"/v1/orders/{order['id']}", order_token=order["token"])
    assert read.json["shipping_address"]["name"] == event.shipping_address.name
    await shop.staff("PATCH", "/settings", ships_to("IE"))
    assert (await shop.ask("POST", "/dev/bot")).status == 201
    assert (await shop.events())[-1].shipping_address.city == "Dublin"  # type: ignore[attr-defined]
    await shop.staff("PATCH", "/settings", ships_to("AQ"))
    assert (await shop.ask("POST", "/dev/bot")).code == "nothing_to_buy"
    monkeypatch.setattr(service_bot, "BOUGHT_MAX", 3)
    reply = await shop.ask("POST", "/dev/bot")
    assert (reply.status, reply.code) == (429, "rate_limited")
    assert 1 <= int(reply.headers["retry-after"]) <= 11


async def test_goods_that_somebody_else_gets_are_left_to_him(shop: Shop) -> None:
    shop.catalogue.stock |= {"mango": 0, "house": 0, "acai": 0}
    assert (await shop.ask("POST", "/dev/bot")).code == "nothing_to_buy"
    sample = shop.catalogue.sample
    shop.catalogue.stock["acai"] = 10

    async def late(ask: Any) -> Any:
        found = await sample(ask)
        shop.catalogue.stock["acai"] = 0
        return found

    shop.catalogue.sample = late  # type: ignore[method-assign]
    assert (await shop.ask("POST", "/dev/bot")).code == "nothing_to_buy"


async def test_no_bot_is_for_hire_in_production(shop: Shop) -> None:
    settings = replace(shop.ctx.settings, production=True, demo=True)
    ctx = Context(db=shop.ctx.db, settings=settings, wake=shop.ctx.wake, log=shop.ctx.log)
    routes = card.routes(OrderService(ctx, shop.catalogue, shop.payer, shop.baskets))
    assert [route.dev_only for route in routes if route.path == "/dev/bot"] == [True]
