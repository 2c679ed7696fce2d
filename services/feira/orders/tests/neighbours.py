"""The contracts that orders needs, kept in memory, with a place to make each of their steps fail."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from feira.contracts.carts import CartAsk, CartSnapshot, UnknownCart
from feira.contracts.catalog import (
    Held,
    Hold,
    Offered,
    OutOfStock,
    Picture,
    PriceAsk,
    Priced,
    Release,
    Released,
    RequestChanged,
    Sample,
    SampleAsk,
    StockAsk,
    StockOf,
    UnknownSku,
)
from feira.contracts.goods import Line, PricedLine
from feira.contracts.payments import (
    Authorize,
    Authorized,
    Declined,
    GatewayFailed,
    History,
    HistoryAsk,
    Method,
    Methods,
    MethodsAsk,
    PracticeToken,
    Void,
    Voided,
    Waiting,
)
from feira.kernel.errors import Invalid, Refused
from feira.kernel.ids import uuid7

PRACTICE = Method(
    id="test",
    kind="test",
    names={"en": "Test card", "pt-BR": "Cartão de teste"},
    tokens=(PracticeToken(token="tok_ok", outcome="paid"),),
)
Hook = Callable[[str], Awaitable[None]]


async def _nothing(_step: str) -> None:
    pass


class Crash(Exception):  # noqa: N818 - it stands for a process that dies.
    """The process ends here."""


class Catalogue:
    """Goods with prices and stock; a hold of an order is found again by the order's id and digest."""

    def __init__(self, currency: str = "BRL") -> None:
        self.currency = currency
        self.goods = {
            "mango": PricedLine(sku="mango", quantity=1, name="Mango", unit_price_minor=500, weight_g=300),
            "acai": PricedLine(
                sku="acai", quantity=1, name="Açaí", unit_price_minor=1999, weight_g=500, tax_class="food"
            ),
            "house": PricedLine(sku="house", quantity=1, name="House", unit_price_minor=2**40, weight_g=10**6),
        }
        self.stock = {"mango": 10_000_000, "acai": 10, "house": 10**9}
        self.holds: dict[UUID, tuple[str, Held, str]] = {}
        self.life_s = 900.0
        self.hook: Hook = _nothing
        self.locales: list[str] = []
        self.pictures: dict[str, Picture] = {}

    async def hold(self, asks: Sequence[Hold]) -> Sequence[Held | Refused]:
        await self.hook("before hold")
        answers = [self._hold(ask) for ask in asks]
        await self.hook("after hold")
        return answers

    def _hold(self, ask: Hold) -> Held | Refused:
        prior = self.holds.get(ask.order_id)
        if prior is not None and prior[2] != "released":
            return prior[1] if prior[0] == ask.digest else RequestChanged()
        wanted: dict[str, int] = {}
        for line in ask.lines:
            wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
        if missing := [sku for sku in wanted if sku not in self.goods]:
            return UnknownSku(skus=missing)
        short = [{"sku": sku, "available": self.stock[sku]} for sku, units in wanted.items() if self.stock[sku] < units]
        if short:
            return OutOfStock(skus=short)
        for sku, units in wanted.items():
            self.stock[sku] -= units
        held = Held(
            hold_id=uuid7(),
            lines=tuple(replace(self.goods[sku], quantity=units) for sku, units in wanted.items()),
            currency=self.currency,
            expires_at=datetime.now(UTC) + timedelta(seconds=self.life_s),
        )
        self.holds[ask.order_id] = (ask.digest, held, "held")
        return held

    async def release(self, asks: Sequence[Release]) -> Sequence[Released | Refused]:
        await self.hook("before release")
        answers = []
        for ask in asks:
            found = [(i, one) for i, one in self.holds.items() if one[1].hold_id == ask.hold_id and one[2] == "held"]
            for order_id, (digest, held, _) in found:
                self.holds[order_id] = (digest, held, "released")
                for line in held.lines:
                    self.stock[line.sku] += line.quantity
            answers.append(Released(done=bool(found)))
        return answers

    async def stock_of(self, asks: Sequence[StockAsk]) -> Sequence[StockOf | Refused]:
        raise NotImplementedError

    async def price(self, asks: Sequence[PriceAsk]) -> Sequence[Priced | Refused]:
        return [self._price(ask) for ask in asks]

    async def sample(self, ask: SampleAsk) -> Sample:
        return Sample(skus=tuple(sku for sku in self.goods if self.stock[sku] > 0)[: ask.limit])

    def _price(self, ask: PriceAsk) -> Priced | Refused:
        self.locales.append(ask.locale)
        if missing := [line.sku for line in ask.lines if line.sku not in self.goods]:
            return UnknownSku(skus=missing)
        offers = tuple(
            Offered(
                line=replace(self.goods[line.sku], quantity=line.quantity),
                available=1,
                product_slug=line.sku,
                image=self.pictures.get(line.sku),
            )
            for line in ask.lines
        )
        return Priced(offers=offers, currency=self.currency)

    @property
    def held(self) -> int:
        return sum(state == "held" for _, _, state in self.holds.values())


class Payer:
    """A gateway that does what the token says."""

    def __init__(self) -> None:
        self.payments: dict[UUID, list[Authorized]] = {}
        self.voided: set[UUID] = set()
        self.histories: dict[UUID, History] = {}
        self.hook: Hook = _nothing
        self.skew = 0

    async def authorize(self, asks: Sequence[Authorize]) -> Sequence[Authorized | Waiting | Refused]:
        if getattr(self.hook, "hangs", False):  # Whoever waits for a gateway waits for `settled`.
            return [Waiting(payment_id=uuid7()) for _ in asks]
        answers = await self.settled(asks)
        return [Waiting(payment_id=uuid7()) if isinstance(one, GatewayFailed) else one for one in answers]

    async def settled(self, asks: Sequence[Authorize]) -> Sequence[Authorized | Refused]:
        await self.hook("before authorize")
        answers = [self._authorize(ask) for ask in asks]
        await self.hook("after authorize")
        return answers

    def _authorize(self, ask: Authorize) -> Authorized | Refused:
        if ask.method != "test":
            return Invalid.field("payment.method", "is not offered here")
        if ask.token == "tok_declined":
            return Declined(reason="declined")
        if ask.token == "tok_error":
            return GatewayFailed()
        for before in self.payments.get(ask.order_id, []):
            if before.amount_minor == ask.amount_minor + self.skew and before.payment_id not in self.voided:
                return before
        self.voided.update(one.payment_id for one in self.payments.get(ask.order_id, []))
        paid = Authorized(
            payment_id=uuid7(),
            status="pending" if ask.token in {"tok_async", "tok_timeout"} else "authorized",
            amount_minor=ask.amount_minor + self.skew,
            currency=ask.currency,
        )
        self.payments.setdefault(ask.order_id, []).append(paid)
        return paid

    async def history(self, ask: HistoryAsk) -> History:
        return self.histories.get(ask.payment_id, History(steps=()))

    async def methods(self, _ask: MethodsAsk) -> Methods:
        return Methods(methods=(PRACTICE,))

    async def void(self, asks: Sequence[Void]) -> Sequence[Voided | Refused]:
        await self.hook("before void")
        self.voided.update(ask.payment_id for ask in asks)
        return [Voided(done=True) for _ in asks]

    @property
    def live(self) -> list[Authorized]:
        return [one for all_ in self.payments.values() for one in all_ if one.payment_id not in self.voided]


class Baskets:
    """Carts that tests fill."""

    def __init__(self) -> None:
        self.carts: dict[str, CartSnapshot] = {}

    def put(self, cart_id: str, user_id: UUID | None = None, **quantities: int) -> None:
        lines = tuple(Line(sku=sku, quantity=quantity) for sku, quantity in quantities.items())
        self.carts[cart_id] = CartSnapshot(cart_id=cart_id, version=1, lines=lines, user_id=user_id)

    async def read(self, ask: CartAsk) -> CartSnapshot:
        cart = self.carts.get(ask.cart_id)
        if cart is None or (cart.user_id is not None and cart.user_id != ask.user_id):
            raise UnknownCart
        return cart


def crash_at(step: str) -> Hook:
    """A hook that ends the process at this step."""

    async def hook(here: str) -> None:
        if here == step:
            raise Crash(step)

    return hook


def hang_at(step: str, gate: Any) -> Hook:
    """A hook that waits at this step until the gate (an asyncio.Event) is set."""

    async def hook(here: str) -> None:
        if here == step:
            await gate.wait()

    hook.__dict__["hangs"] = True
    return hook
