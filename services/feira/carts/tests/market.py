"""Carts beside a real catalogue, over HTTP and directly."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from feira.carts.card import card
from feira.carts.service import CartService
from feira.catalog.domain_goods import ProductBody
from feira.catalog.service import CatalogService
from feira.contracts.goods import Address, PricedLine
from feira.contracts.orders import OrderCancelled
from feira.kernel.card import Context
from feira.kernel.message import Event


@dataclass
class Market:
    """A shop of two services, with its buyers."""

    carts: CartService
    catalog: CatalogService
    ctx: Context
    web: Any
    _hear: Callable[..., Awaitable[None]]
    shift: timedelta = field(default=timedelta())

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    async def sell(self, sku: str, *, price: int = 1_000, stock: int = 10, name: str = "") -> UUID:
        money = {"amount": price, "currency": "BRL"}
        body = {
            "name": name or sku.upper(),
            "images": [
                {
                    "url": f"/media/{sku}.webp",
                    "alt": f"A {sku}",
                    "width": 256,
                    "height": 128,
                    "sources": [{"url": f"/media/{sku}.webp", "type": "image/webp", "width": 64}],
                }
            ],
            "variants": [{"sku": sku, "price": money, "stock": stock}],
        }
        return (await self.catalog.products.create(msgspec.convert(body, ProductBody), uuid4())).id

    async def ask(self, method: str, path: str, body: Any = None, user: UUID | None = None) -> tuple[int, Any]:
        headers = self.web.as_user(user) if user else {}
        async with self.web.session.request(method, path, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def cart(self, user: UUID | None = None, **quantities: int) -> Any:
        """A new cart with these goods in it."""
        status, cart = await self.ask("POST", "/v1/carts", None, user)
        assert status == 201
        for sku, quantity in quantities.items():
            cart = await self.add(cart["id"], sku, quantity, user)
        return cart

    async def add(self, cart_id: str, sku: str, quantity: int, user: UUID | None = None) -> Any:
        body = {"sku": sku, "quantity": quantity}
        status, cart = await self.ask("POST", f"/v1/carts/{cart_id}/lines", body, user)
        assert status == 200, cart
        return cart

    async def lines(self, cart_id: str, user: UUID | None = None) -> dict[str, int]:
        status, cart = await self.ask("GET", f"/v1/carts/{cart_id}", None, user)
        assert status == 200, cart
        return {line["sku"]: line["quantity"] for line in cart["lines"]}

    async def hear(self, *events: Event) -> None:
        await self._hear(self.carts, self.ctx.db, card, *events)


def order(kind: type[Any], cart_id: str | None, order_id: UUID, status: str = "confirmed", **quantities: int) -> Any:
    lines = tuple(
        PricedLine(sku=sku, quantity=quantity, name=sku, unit_price_minor=1_000) for sku, quantity in quantities.items()
    )
    fields: dict[str, Any] = {
        "version": 1, "order_id": order_id, "number": "F-1", "status": status, "hold_id": uuid4(), "payment_id": uuid4(),
        "email": "ana@example.com", "lines": lines, "shipping_method": "flat", "currency": "BRL", "subtotal_minor": 1,
        "shipping_address": Address(name="Ana", line1="Rua 1", city="Recife", postal_code="50000", country="BR"),
        "discount_minor": 0, "shipping_minor": 0, "tax_minor": 0, "tax_included": False, "total_minor": 1,
        "placed_at": datetime.now(UTC), "locale": "en", "cart_id": cart_id,
    }  # fmt: skip
    if kind is OrderCancelled:
        fields |= {"reason": "asked", "refund_id": uuid4(), "refund_minor": 1, "restock": ()}
    return kind(**fields)
