"""What lies in carts, at the catalogue's prices of the moment."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from feira.carts.domain import Cart
from feira.contracts.catalog import Catalog, Offered, PriceAsk, Priced, UnknownSku
from feira.contracts.goods import Line
from feira.kernel.errors import Refused, Unavailable

LINES_MAX = 4_000  # In one message to the catalogue; a bigger cart goes alone.
TRIES_MAX = 5


class Shown(Struct, frozen=True):
    """A cart with the catalogue's offers for its lines, by sku; one that is not sold any more has none."""

    cart: Cart
    offers: dict[str, Offered]
    currency: str


class Prices:
    """Asks the catalogue, many carts at a time."""

    def __init__(self, catalog: Catalog, currency: str) -> None:
        self._catalog = catalog
        self._currency = currency

    async def of(self, cart: Cart, locale: str) -> Shown:
        [shown] = await self.shown([(cart, locale)])
        if isinstance(shown, Refused):
            raise shown
        return shown

    async def shown(self, carts: Sequence[tuple[Cart | Refused, str]]) -> list[Shown | Refused]:
        """Each cart with its offers in the language given; what was refused already stays so. What is not sold any more is
        left out, and asked for no second time.
        """
        answers: dict[int, Shown | Refused] = {}
        left: dict[int, tuple[Cart, PriceAsk]] = {}
        for number, (cart, locale) in enumerate(carts):
            if isinstance(cart, Refused):
                answers[number] = cart
            else:
                lines = tuple([Line(sku=line.sku, quantity=line.quantity) for line in cart.lines])
                left[number] = cart, PriceAsk(lines=lines, locale=locale)
        for _ in range(TRIES_MAX):
            for number in [number for number, (_, ask) in left.items() if not ask.lines]:
                answers[number] = Shown(left.pop(number)[0], {}, self._currency)
            asked, left = left, {}
            priced = await self._ask([ask for _, ask in asked.values()])
            for (number, (cart, ask)), answer in zip(asked.items(), priced, strict=True):
                if isinstance(answer, UnknownSku):
                    gone = set(answer.extra.get("skus", ()))
                    kept = tuple([line for line in ask.lines if line.sku not in gone])
                    left[number] = cart, replace(ask, lines=kept)
                elif isinstance(answer, Refused):
                    answers[number] = answer
                else:
                    offers = {offer.line.sku: offer for offer in answer.offers}
                    answers[number] = Shown(cart, offers, answer.currency)
            if not left:
                break
        answers |= dict.fromkeys(left, Unavailable("the catalogue is being changed all the time"))
        return [answers[number] for number in range(len(carts))]

    async def _ask(self, asks: Sequence[PriceAsk]) -> list[Priced | Refused]:
        found: list[Priced | Refused] = []
        some: list[PriceAsk] = []
        lines = 0
        for ask in asks:
            if some and lines + len(ask.lines) > LINES_MAX:
                found += await self._catalog.price(some)
                some, lines = [], 0
            some.append(ask)
            lines += len(ask.lines)
        return [*found, *await self._catalog.price(some)] if some else found
