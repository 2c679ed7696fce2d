"""The rules of carts alone."""

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from feira.carts.domain import (
    LINES_MAX,
    QUANTITY_MAX,
    Add,
    Cart,
    CartLine,
    Put,
    adopted,
    after,
    changed,
    merged,
    without,
)
from feira.contracts.goods import Line

SKUS = st.sampled_from(["acai", "caju", "manga", "uva"])
CARTS = st.dictionaries(SKUS, st.integers(1, QUANTITY_MAX))
STOCK = st.fixed_dictionaries({sku: st.integers(0, QUANTITY_MAX) for sku in ("acai", "caju", "manga", "uva")})


def cart_of(quantities: dict[str, int]) -> Cart:
    lines = tuple(CartLine(id=uuid4(), sku=sku, quantity=number) for sku, number in quantities.items())
    return Cart(id=str(uuid4()), lines=lines)


def quantities_of(cart: Cart) -> dict[str, int]:
    return {line.sku: line.quantity for line in cart.lines}


@given(mine=CARTS, guest=CARTS, stock=STOCK)
def test_merging_adds_up_within_the_stock(mine: dict[str, int], guest: dict[str, int], stock: dict[str, int]) -> None:
    user_id = uuid4()
    cart, done = merged(cart_of(mine), cart_of(guest), user_id, stock)
    found = quantities_of(cart)
    for sku in mine.keys() | guest.keys():
        wanted = min(mine.get(sku, 0) + guest.get(sku, 0), QUANTITY_MAX)
        assert found.get(sku, 0) == (min(wanted, stock[sku]) if sku in guest else wanted)
    assert (done.lines, done.merged_into, done.user_id) == ((), cart.id, user_id)
    alone = adopted(cart_of(guest), user_id, stock)
    assert quantities_of(alone) == {sku: min(n, stock[sku]) for sku, n in guest.items() if stock[sku]}


@given(quantities=CARTS, ordered=st.lists(st.tuples(SKUS, st.integers(1, QUANTITY_MAX)), max_size=6))
def test_what_was_ordered_is_taken_out_once(quantities: dict[str, int], ordered: list[tuple[str, int]]) -> None:
    cart = without(cart_of(quantities), [Line(sku=sku, quantity=number) for sku, number in ordered])
    for sku, number in quantities.items():
        taken = sum(n for name, n in ordered if name == sku)
        assert quantities_of(cart).get(sku, 0) == max(0, number - taken)


@given(acts=st.lists(st.tuples(SKUS, st.integers(1, 1_000)), max_size=20))
def test_additions_add_up_and_a_repeated_one_does_not(acts: list[tuple[str, int]]) -> None:
    cart = cart_of({})
    for sku, number in acts:
        act = Add(line_id=uuid4(), sku=sku, quantity=number)
        once = after(cart, act)
        assert once.version == cart.version + 1
        assert after(once, act) == once
        cart = once
    assert quantities_of(cart) == {sku: sum(n for name, n in acts if name == sku) for sku, _ in acts}
    for line in cart.lines:
        cart = after(cart, Put(line_id=line.id, quantity=0))
    assert cart.lines == ()


def test_a_merge_stops_at_the_limit_of_lines() -> None:
    mine = cart_of({f"sku-{n}": 1 for n in range(LINES_MAX)})
    guest = cart_of({"sku-0": 1, "another": 1})
    cart, _ = merged(mine, guest, uuid4(), {"sku-0": 10, "another": 10})
    assert len(cart.lines) == LINES_MAX
    assert quantities_of(cart)["sku-0"] == 2
    assert changed(cart, ()).version == cart.version + 1
