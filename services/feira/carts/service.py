"""The use cases of carts. Prices are the catalogue's of the moment: a cart keeps none."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from feira.carts import domain, store
from feira.carts.domain import Act, Add, Cart, CartLine
from feira.carts.service_prices import Prices, Shown
from feira.contracts.carts import CartAsk, CartSnapshot, UnknownCart
from feira.contracts.catalog import Catalog, UnknownSku
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
    locale: str = ""


class Look(Struct, frozen=True):
    ask: CartAsk
    locale: str


class CartService:
    def __init__(
        self, ctx: Context, catalog: Catalog, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._db = ctx.db
        self._prices = Prices(catalog, ctx.settings.currency)
        self._currency = ctx.settings.currency
        self._clock = clock
        self._create: Batcher[Cart, Cart] = Batcher(self._create_all, name="carts.create", lanes=LANES)
        self._write: Batcher[Write, Shown] = Batcher(self._write_all, name="carts.write", lanes=LANES)
        self._show: Batcher[Look, Shown] = Batcher(
            self._show_all, name="carts.show", same=lambda look: look, lanes=LANES
        )
        self._read: Batcher[CartAsk, Cart] = Batcher(
            self._read_all, name="carts.read", same=lambda ask: ask, lanes=LANES
        )

    async def create(self, user_id: UUID | None) -> Shown:
        """A new empty cart: a customer's own, or a guest's, to whom its id is all that opens it."""
        return Shown(await self._create(Cart(id=random_token(ID_BITS), user_id=user_id)), {}, self._currency)

    async def show(self, cart_id: str, user_id: UUID | None, locale: str) -> Shown:
        return await self._show(Look(CartAsk(cart_id=cart_id, user_id=user_id), locale))

    async def current(self, user_id: UUID, locale: str) -> Shown:
        """The cart that a customer has in hand, on whichever device it was begun. Refuses with UnknownCart if there is none."""
        async with self._db.read() as tx:
            cart_id = await store.newest_open(tx, user_id)
        if cart_id is None:
            raise UnknownCart
        return await self.show(cart_id, user_id, locale)

    async def add(self, cart_id: str, user_id: UUID | None, sku: str, quantity: int, locale: str) -> Shown:
        """Put so many more of a sku into the cart. Refuses with UnknownSku what is not sold here."""
        return await self.change(cart_id, user_id, Add(line_id=uuid7(), sku=sku, quantity=quantity), locale)

    async def change(self, cart_id: str, user_id: UUID | None, act: Act, locale: str) -> Shown:
        if len(cart_id) > ID_LENGTH_MAX:
            raise UnknownCart
        return await self._write(Write(cart_id, user_id, act, locale))

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
                return await self._prices.of(cart, locale)
            offers = (await self._prices.of(Cart(id=cart_id, lines=unpriced), locale)).offers
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

    async def _show_all(self, looks: Sequence[Look]) -> Sequence[Shown | Refused]:
        carts = await self._read_all([look.ask for look in looks])
        return await self._prices.shown([(cart, look.locale) for cart, look in zip(carts, looks, strict=True)])

    async def _write_all(self, writes: Sequence[Write]) -> Sequence[Shown | Refused]:
        """Acts on one cart are done one after the other, in the order in which they came.

        A batch whose connection was lost runs again: what was added before is told by the cart's `recent` acts.
        """
        answers: dict[int, Shown | Refused] = {}
        left = dict(enumerate(writes))
        for _ in range(TRIES_MAX):
            answers |= await self._write_once(left)
            left = {number: write for number, write in left.items() if number not in answers}
            if not left:
                break
        else:
            answers |= await self._write_locked(left)
        return [answers[number] for number in range(len(writes))]

    async def _write_once(self, writes: Mapping[int, Write]) -> dict[int, Shown | Refused]:
        """Carts are read, priced, and then written if they are still as they were read: nothing is locked while the
        catalogue is asked. Those that are not are left out of the answers, to be done again.
        """
        async with self._db.read() as tx:
            before = await store.read_carts(tx, {write.cart_id for write in writes.values()})
        after, done = _acted(before, writes)
        shown = await self._prices.shown([(cart, writes[number].locale) for number, cart in done.items()])
        answers: dict[int, Shown | Refused] = {}
        waiting: set[str] = set()  # Where one act cannot be, the others on that cart are done again without it.
        for number, one in zip(done, shown, strict=True):
            write, cart = writes[number], done[number]
            if isinstance(cart, Refused):
                continue
            fault = one if isinstance(one, Refused) else _unsold(write.act, before[cart.id], one)
            if fault is not None:
                answers[number] = fault
                waiting.add(cart.id)
        async with self._db.read() as tx:
            ready = [cart for cart in after.values() if cart.id not in waiting]
            saved = await store.save_carts(tx, before, ready, self._clock())
        for number, one in zip(done, shown, strict=True):
            cart_id = writes[number].cart_id
            if cart_id in saved or cart_id not in before:
                answers[number] = one
        return answers

    async def _write_locked(self, writes: Mapping[int, Write]) -> dict[int, Shown | Refused]:
        """For carts that others change all the time. That what is added is sold here has been found before."""
        async with self._db.tx() as tx:
            before = await store.lock_carts(tx, {write.cart_id for write in writes.values()})
            after, done = _acted(before, writes)
            await store.save_carts(tx, before, after.values(), self._clock())
        shown = await self._prices.shown([(cart, writes[number].locale) for number, cart in done.items()])
        return dict(zip(done, shown, strict=True))


def _acted(
    before: Mapping[str, Cart], writes: Mapping[int, Write]
) -> tuple[dict[str, Cart], dict[int, Cart | Refused]]:
    """The carts after all acts, and what each act comes to: the cart after it, or a refusal."""
    after, done = dict(before), dict[int, Cart | Refused]()
    for number, write in writes.items():
        try:
            cart = domain.opened(after.get(write.cart_id), write.user_id)
            after[cart.id] = done[number] = domain.after(cart, write.act)
        except Refused as refusal:
            done[number] = refusal
    return after, done


def _unsold(act: Act, before: Cart, shown: Shown) -> UnknownSku | None:
    """The refusal of what the catalogue does not sell; what was added before stays."""
    if not isinstance(act, Add) or act.sku in shown.offers or act.line_id in before.recent:
        return None
    return UnknownSku(skus=[act.sku])
