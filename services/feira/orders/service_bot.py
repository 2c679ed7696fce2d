"""A buyer who only plays: some goods by chance, a made-up name, and the same checkout as everybody's."""

import time
from collections import deque
from random import SystemRandom
from uuid import uuid4

from feira.contracts.catalog import Catalog, OutOfStock, SampleAsk, UnknownSku
from feira.contracts.goods import Address, Line
from feira.kernel.errors import NotFound, RateLimited
from feira.orders.domain import Order
from feira.orders.domain_checkout import Checkout, PriceChanged
from feira.orders.domain_names import key_of
from feira.orders.domain_totals import ships_to
from feira.orders.service_checkout import Checkouts
from feira.orders.service_quotes import QuoteAsk, Quotes
from feira.orders.service_settings import Shop

BOUGHT_MAX, PER_S = 20, 10.0  # Orders in so many seconds, by each process.
TRIES_MAX = 5
SKUS_MAX = 3
QUANTITY_MAX = 2

_FIRST = {
    "pt-BR": ("Ana", "Beatriz", "Caio", "Davi", "Helena", "João", "Luísa", "Miguel", "Rafaela", "Tiago"),
    "en": ("Alice", "Ben", "Chloe", "Daniel", "Emma", "George", "Hannah", "Oliver", "Ruby", "Sam"),
}
_LAST = {
    "pt-BR": ("Almeida", "Barbosa", "Cardoso", "Ferreira", "Lima", "Nogueira", "Oliveira", "Ramos", "Souza"),
    "en": ("Baker", "Clarke", "Evans", "Foster", "Hughes", "Morgan", "Parker", "Turner", "Wright"),
}
_HOMES = {
    "pt-BR": (
        Address(name="", line1="Rua das Laranjeiras", city="Rio de Janeiro", region="RJ", postal_code="22240-003", country="BR"),
        Address(name="", line1="Rua da Aurora", city="Recife", region="PE", postal_code="50050-000", country="BR"),
        Address(name="", line1="Rua Augusta", city="São Paulo", region="SP", postal_code="01305-000", country="BR"),
        Address(name="", line1="Avenida Sete de Setembro", city="Salvador", region="BA", postal_code="40060-001", country="BR"),
    ),
    "en": (
        Address(name="", line1="Market Street", city="Manchester", postal_code="M1 1WR", country="GB"),
        Address(name="", line1="Valencia Street", city="San Francisco", region="CA", postal_code="94110", country="US"),
        Address(name="", line1="King Street", city="Dublin", postal_code="D02 X285", country="IE"),
        Address(name="", line1="Queen Street", city="Melbourne", region="VIC", postal_code="3000", country="AU"),
    ),
}  # fmt: skip
_PLAIN = str.maketrans("ãáéíõóúç", "aaeioouc")
_random = SystemRandom()


class NothingToBuy(NotFound):
    code = "nothing_to_buy"
    title = "There is nothing in stock that could be bought and sent"


class Bot:
    """Buys as anybody would, and so moves all that is live; outside production only."""

    def __init__(self, catalog: Catalog, quotes: Quotes, checkouts: Checkouts, shop: Shop) -> None:
        self._catalog = catalog
        self._quotes = quotes
        self._checkouts = checkouts
        self._shop = shop
        self._bought: deque[float] = deque()

    async def buy(self) -> Order:
        """An order for one to three goods. Refuses with RateLimited, and with NothingToBuy."""
        now = time.monotonic()
        while self._bought and self._bought[0] <= now - PER_S:
            self._bought.popleft()
        if len(self._bought) >= BOUGHT_MAX:
            raise RateLimited("The bot needs a break", retry_after_s=int(self._bought[0] + PER_S - now) + 1)
        self._bought.append(now)
        skus_max, quantity_max = SKUS_MAX, QUANTITY_MAX
        for _ in range(TRIES_MAX):
            try:
                return await self._try_to_buy(skus_max, quantity_max)
            except (OutOfStock, PriceChanged, UnknownSku):
                # Somebody was quicker, or there are few: one of something is more often had.
                skus_max = quantity_max = 1
        raise NothingToBuy

    async def _try_to_buy(self, skus_max: int, quantity_max: int) -> Order:
        sample = await self._catalog.sample(SampleAsk(limit=_random.randint(1, skus_max)))
        lines = tuple(Line(sku=sku, quantity=_random.randint(1, quantity_max)) for sku in sample.skus)
        sent_to = ships_to(await self._shop.tables())
        homes = [(locale, home) for locale, some in _HOMES.items() for home in some if home.country in sent_to]
        if not lines or not homes:
            raise NothingToBuy
        locale, home = _random.choice(homes)
        first, last = _random.choice(_FIRST[locale]), _random.choice(_LAST[locale])
        key = uuid4()
        quote = await self._quotes.quote(QuoteAsk(country=home.country, region=home.region, locale=locale, lines=lines))
        outcome = await self._checkouts.place(
            Checkout(
                key=key_of("bot", key.hex),
                digest=key.bytes,
                email=f"{first}.{last}.{key.hex[:4]}@example.com".lower().translate(_PLAIN),
                lines=lines,
                cart_id=None,
                user_id=None,
                shipping_address=Address(
                    name=f"{first} {last}",
                    line1=f"{home.line1} {_random.randint(1, 400)}",
                    city=home.city,
                    region=home.region,
                    postal_code=home.postal_code,
                    country=home.country,
                ),
                billing_address=None,
                shipping_method=quote.chosen.id,
                payment_method="test",
                payment_token="tok_ok",  # noqa: S106 - the test gateway's, and no secret.
                expected_minor=quote.totals.total_minor,
                locale=locale,
            )
        )
        assert outcome.order is not None  # noqa: S101 - the gateway declines no such token.
        return outcome.order
