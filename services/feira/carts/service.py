"""The use cases of carts. Prices are the catalogue's of the moment: a cart keeps none."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from feira.carts import domain, store
from feira.carts.domain import Act, Add, Cart, CartLine
from feira.contracts.carts import CartAsk, CartSnapshot, UnknownCart
from feira.contracts.catalog import Catalog, Offered, PriceAsk, UnknownSku
from feira.contracts.goods import Line
from feira.kernel.batcher import Batcher
from feira.kernel.card import Context
from feira.kernel.db import Tx
from feira.kernel.errors import Refused, Unavailable
from feira.kernel.ids import random_token, uuid7

ID_BITS = 160
ID_LENGTH_MAX = 64
TRIES_MAX = 5
LANES = 2
KEPT_DAYS = 90
DELETED_MAX = 500


class Write(Struct, frozen=True):
    cart_id: str
    user_id: UUID | None
    act: Act


class Shown(Struct, frozen=True):
    """A cart with the catalogue's offers for its lines, by sku; one that is not sold any more has none."""

    cart: Cart
    offers: dict[str, Offered]
    currency: str


class CartService:
    def __init__(
        self, ctx: Context, catalog: Catalog, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._db = ctx.db
        self._catalog = catalog
        self._currency = ctx.settings.currency
        self._clock = clock
        self._create: Batcher[Cart, Cart] = Batcher(self._create_all, name="carts.create", lanes=LANES)
        self._write: Batcher[Write, Cart] = Batcher(self._write_all, name="carts.write", lanes=LANES)
        self._read: Batcher[CartAsk, Cart] = Batcher(
            self._read_all, name="carts.read", same=lambda ask: ask, lanes=LANES
        )

    async def create(self, user_id: UUID | None) -> Shown:
        """A new empty cart: a customer's own, or a guest's, to whom its id is all that opens it."""
        return await self._shown(await self._create(Cart(id=random_token(ID_BITS), user_id=user_id)), "")

    async def show(self, cart_id: str, user_id: UUID | None, locale: str) -> Shown:
        return await self._shown(await self._read(CartAsk(cart_id=cart_id, user_id=user_id)), locale)

    async def add(self, cart_id: str, user_id: UUID | None, sku: str, quantity: int, locale: str) -> Shown:
        """Put so many more of a sku into the cart. Refuses with UnknownSku what is not sold here."""
        await self._price((Line(sku=sku, quantity=quantity),), locale)
        return await self.change(cart_id, user_id, Add(line_id=uuid7(), sku=sku, quantity=quantity), locale)

    async def change(self, cart_id: str, user_id: UUID | None, act: Act, locale: str) -> Shown:
        if len(cart_id) > ID_LENGTH_MAX:
            raise UnknownCart
        return await self._shown(await self._write(Write(cart_id, user_id, act)), locale)

    async def claim(self, cart_id: str, user_id: UUID, locale: str) -> Shown:
        """A guest who has signed in brings the cart along: it is merged into the customer's, or becomes it.

        Twice is the same as once: a cart that was merged answers the cart that it went into. The catalogue is asked for
        stock before anything is locked; if the cart is filled meanwhile, all is done again.
        """
        if len(cart_id) > ID_LENGTH_MAX:
            raise UnknownCart
        available: dict[str, int] = {}
        for _ in range(TRIES_MAX):
            async with self._db.tx() as tx:
                cart, unpriced = await self._claim(tx, cart_id, user_id, available)
            if cart is not None:
                return await self._shown(cart, locale)
            offers, _ = await self._offers(unpriced, locale)
            available = {line.sku: 0 for line in unpriced} | {sku: one.available for sku, one in offers.items()}
        raise Unavailable("the cart is being changed all the time")

    async def _claim(
        self, tx: Tx, cart_id: str, user_id: UUID, available: Mapping[str, int]
    ) -> tuple[Cart | None, tuple[CartLine, ...]]:
        """The cart that the customer has from now on; or None and the guest's lines, if their stock is to be asked for."""
        await store.lock_customer(tx, user_id)
        mine_id = await store.newest_open(tx, user_id, cart_id)
        before = await store.lock_carts(tx, [cart_id, mine_id] if mine_id else [cart_id])
        guest, what = domain.claim(before.get(cart_id), user_id)
        if what == "mine":
            return guest, ()
        if what == "merged":
            target = str(guest.merged_into)
            return domain.opened((await store.read_carts(tx, [target])).get(target), user_id), ()
        if any(line.sku not in available for line in guest.lines):
            return None, guest.lines
        mine = before.get(mine_id) if mine_id else None
        if mine is None or mine.order_id is not None:
            cart = domain.adopted(guest, user_id, available)
        else:
            cart, done = domain.merged(mine, guest, user_id, available)
            # The guest's lines go first, so that a line can move from one cart to the other.
            await store.save_carts(tx, before, [done], self._clock())
        await store.save_carts(tx, before, [cart], self._clock())
        return cart, ()

    async def read(self, ask: CartAsk) -> CartSnapshot:
        cart = await self._read(ask)
        return CartSnapshot(
            cart_id=cart.id,
            version=cart.version,
            lines=tuple(Line(sku=line.sku, quantity=line.quantity) for line in cart.lines),
            user_id=cart.user_id,
        )

    async def delete_untouched(self) -> bool:
        """Delete carts that nobody has changed for KEPT_DAYS. True if there may be more."""
        async with self._db.tx() as tx:
            before = self._clock() - timedelta(days=KEPT_DAYS)
            return await store.delete_untouched(tx, before, DELETED_MAX) == DELETED_MAX

    async def _shown(self, cart: Cart, locale: str) -> Shown:
        offers, currency = await self._offers(cart.lines, locale)
        return Shown(cart, offers, currency)

    async def _offers(self, lines: Sequence[CartLine], locale: str) -> tuple[dict[str, Offered], str]:
        """The offers by sku. What is not sold any more is left out, and asked for no second time."""
        wanted = {line.sku: line.quantity for line in lines}
        for _ in range(TRIES_MAX):
            if not wanted:
                return {}, self._currency
            try:
                return await self._price([Line(sku=sku, quantity=number) for sku, number in wanted.items()], locale)
            except UnknownSku as refusal:
                gone = set(refusal.extra.get("skus", ()))
                wanted = {sku: number for sku, number in wanted.items() if sku not in gone}
        raise Unavailable("the catalogue is being changed all the time")

    async def _price(self, lines: Sequence[Line], locale: str) -> tuple[dict[str, Offered], str]:
        [priced] = await self._catalog.price([PriceAsk(lines=tuple(lines), locale=locale)])
        if isinstance(priced, Refused):
            raise priced
        return {offer.line.sku: offer for offer in priced.offers}, priced.currency

    async def _create_all(self, carts: Sequence[Cart]) -> Sequence[Cart]:
        async with self._db.tx() as tx:
            await store.insert_carts(tx, carts, self._clock())
        return carts

    async def _read_all(self, asks: Sequence[CartAsk]) -> Sequence[Cart | Refused]:
        async with self._db.read() as tx:
            found = await store.read_carts(tx, {ask.cart_id for ask in asks if len(ask.cart_id) <= ID_LENGTH_MAX})
        answers: list[Cart | Refused] = []
        for ask in asks:
            try:
                answers.append(domain.opened(found.get(ask.cart_id), ask.user_id))
            except Refused as refusal:
                answers.append(refusal)
        return answers

    async def _write_all(self, writes: Sequence[Write]) -> Sequence[Cart | Refused]:
        """Acts on one cart are done one after the other, in the order in which they came.

        A batch whose connection was lost runs again: what was added before is told by the cart's `recent` acts.
        """
        answers: list[Cart | Refused] = []
        async with self._db.tx() as tx:
            before = await store.lock_carts(tx, [write.cart_id for write in writes])
            now = dict(before)
            for write in writes:
                try:
                    cart = domain.opened(now.get(write.cart_id), write.user_id)
                    now[cart.id] = domain.after(cart, write.act)
                    answers.append(now[cart.id])
                except Refused as refusal:
                    answers.append(refusal)
            await store.save_carts(tx, before, now.values(), self._clock())
        return answers
