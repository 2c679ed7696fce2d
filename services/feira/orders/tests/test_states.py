"""States go forward only, whatever is heard and in whatever order."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from feira.contracts.goods import Address
from feira.contracts.order_tokens import order_token
from feira.contracts.payments import (
    PaymentAuthorized,
    PaymentCaptured,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
)
from feira.orders import domain, domain_names
from feira.orders.domain import (
    FULFILMENT_MOVES,
    PAYMENT_MOVES,
    STATUS_MOVES,
    FulfilmentExceedsOrder,
    NotCaptured,
    Order,
    OrderLine,
)
from feira.orders.domain_payment import Paid, PaymentNews, hear
from feira.orders.domain_refunds import RefundExceedsCaptured, Return, decide, paid_minor

ORDER, PAYMENT = UUID(int=1), UUID(int=2)


def line(sku: str, quantity: int, price: int, tax: int = 0, discount: int = 0) -> OrderLine:
    return OrderLine(
        sku=sku,
        quantity=quantity,
        name=sku,
        unit_price_minor=price,
        total_minor=quantity * price,
        tax_minor=tax,
        discount_minor=discount,
    )


def order(*lines: OrderLine, included: bool = False, shipping: int = 0, **over: Any) -> Order:
    subtotal = sum(one.total_minor for one in lines)
    tax = sum(one.tax_minor for one in lines)
    discount = sum(one.discount_minor for one in lines)
    total = subtotal - discount + shipping + (0 if included else tax)
    values: dict[str, Any] = {
        "id": ORDER,
        "number": "N",
        "version": 1,
        "status": "confirmed",
        "payment_status": "captured",
        "fulfilment_status": "unfulfilled",
        "email": "a@b.example",
        "locale": "en",
        "hold_id": uuid4(),
        "payment_id": PAYMENT,
        "currency": "BRL",
        "subtotal_minor": subtotal,
        "discount_minor": discount,
        "shipping_minor": shipping,
        "tax_minor": tax,
        "tax_included": included,
        "total_minor": total,
        "shipping_address": Address(name="A", line1="B", city="C", postal_code="1", country="BR"),
        "shipping_method": "standard",
        "placed_at": datetime.now(UTC),
        "lines": lines,
        "captured_minor": total,
    }
    return Order(**(values | over))


def test_the_tables_know_every_state_and_no_way_back() -> None:
    for moves, states in (
        (STATUS_MOVES, domain.Status),
        (PAYMENT_MOVES, domain.PaymentStatus),
        (FULFILMENT_MOVES, domain.FulfilmentStatus),
    ):
        table: dict[str, frozenset[str]] = dict(moves)  # type: ignore[arg-type]
        assert set(table) == set(get_args(states))
        for state, following in table.items():
            reached, todo = set[str](), list(following)
            while todo:
                reached.add(one := todo.pop())
                todo.extend(table[one] - reached)
            assert state not in reached


def news(kind: str, payment_id: UUID = PAYMENT, amount: int = 1000) -> PaymentNews:
    known: dict[str, Any] = {
        "order_id": ORDER,
        "payment_id": payment_id,
        "amount_minor": amount,
        "currency": "BRL",
        "version": 1,
    }
    match kind:
        case "authorized":
            return PaymentAuthorized(**known)
        case "captured":
            return PaymentCaptured(**known)
        case "failed":
            return PaymentFailed(**known, reason="declined")
        case "voided":
            return PaymentVoided(**known)
    return PaymentRefunded(**known, refund_id=uuid4())


def paid(**over: Any) -> Paid:
    values: dict[str, Any] = {
        "id": ORDER,
        "payment_id": PAYMENT,
        "status": "cancelled",
        "payment_status": "pending",
        "total_minor": 1000,
        "captured_minor": 0,
        "refunded_minor": 0,
    }
    return Paid(**(values | over))


@given(st.lists(st.sampled_from(["authorized", "captured", "failed", "voided", "refunded"]), max_size=5))
def test_any_order_of_arrival_ends_the_same(kinds: list[str]) -> None:
    ends = set()
    for arrival in permutations(kinds):
        now = paid()
        for kind in arrival:
            now, verdict = hear(now, news(kind, amount=500 if kind == "refunded" else 1000))
            assert verdict == "nothing"  # A cancelled order stays cancelled.
        ends.add((now.payment_status, now.captured_minor, now.refunded_minor))
    assert len(ends) == 1


@pytest.mark.parametrize(
    ("status", "payment_status", "kind", "ends", "verdict"),
    [
        ("pending", "pending", "authorized", "authorized", "confirm"),
        ("pending", "pending", "captured", "captured", "confirm"),
        ("pending", "pending", "failed", "failed", "cancel"),
        ("pending", "pending", "voided", "voided", "cancel"),
        ("confirmed", "captured", "failed", "captured", "cancel"),
        ("confirmed", "authorized", "captured", "captured", "nothing"),
        ("confirmed", "authorized", "failed", "failed", "cancel"),
        ("confirmed", "captured", "authorized", "captured", "nothing"),
        ("confirmed", "captured", "voided", "captured", "nothing"),
        ("completed", "captured", "refunded", "refunded", "nothing"),
        ("cancelled", "voided", "captured", "captured", "nothing"),
    ],
)
def test_what_news_means(status: str, payment_status: str, kind: str, ends: str, verdict: str) -> None:
    after, said = hear(paid(status=status, payment_status=payment_status), news(kind))
    assert (after.payment_status, said) == (ends, verdict)


def test_news_of_another_payment_is_not_ours() -> None:
    before = paid(status="confirmed", payment_status="authorized")
    assert hear(before, news("voided", payment_id=uuid4())) == (before, "nothing")


def test_refunds_add_up_to_refunded() -> None:
    now = paid(status="confirmed", payment_status="captured", captured_minor=1000)
    now, _ = hear(now, news("refunded", amount=1))
    assert now.payment_status == "partially_refunded"
    now, _ = hear(now, news("refunded", amount=998))
    assert now.payment_status == "partially_refunded"
    now, _ = hear(now, news("refunded", amount=1))
    assert (now.payment_status, now.refunded_minor) == ("refunded", 1000)


def test_a_move_that_is_not_in_the_table_is_a_bug() -> None:
    with pytest.raises(ValueError, match="cancelled orders do not become confirmed"):
        domain.confirm(order(line("a", 1, 1), status="cancelled"))


def test_cancelling_gives_back_what_was_not_given_back_before() -> None:
    bought = order(line("a", 3, 100), line("b", 1, 50), shipping=10)
    refund = decide(bought, None, [Return(sku="a", quantity=1), Return(sku="b", quantity=1)])
    after, _ = domain.refunded(refund.order, uuid4(), refund.amount_minor, "x", refund.restock)
    fallen, event = domain.cancel(after, "why", uuid4())
    assert (event.refund_minor, event.version, fallen.decided_minor) == (210, 3, 360)
    assert [(one.sku, one.quantity) for one in event.restock] == [("a", 2)]
    assert domain.cancel(after, "why", uuid4(), restock=False)[1].restock == ()
    assert not domain.may_be_cancelled(fallen)


def test_sending_completes_the_order() -> None:
    bought = order(line("a", 3, 100), line("b", 1, 50))
    partly, event = domain.fulfil(bought, {"a": 2}, uuid4(), "Post", None)
    assert (partly.status, partly.fulfilment_status) == ("confirmed", "partial")
    assert [(one.sku, one.quantity) for one in event.sent] == [("a", 2)]
    assert not domain.may_be_cancelled(partly)
    with pytest.raises(FulfilmentExceedsOrder) as over:
        domain.fulfil(partly, {"a": 2, "c": 1}, uuid4(), None, None)
    assert over.value.extra["skus"] == [{"sku": "a", "left": 1}, {"sku": "c", "left": 0}]
    whole, _ = domain.fulfil(partly, {"a": 1, "b": 1}, uuid4(), None, None)
    assert (whole.status, whole.fulfilment_status, whole.version) == ("completed", "fulfilled", 3)


def test_goods_that_were_refunded_are_not_sent() -> None:
    bought = order(line("a", 3, 100))
    partly, _ = domain.fulfil(bought, {"a": 2}, uuid4(), None, None)
    refund = decide(partly, None, [Return(sku="a", quantity=1, restock=False)])
    assert refund.restock == ()
    assert (refund.order.status, refund.order.fulfilment_status) == ("completed", "fulfilled")
    with pytest.raises(NotCaptured):
        domain.fulfil(refund.order, {"a": 1}, uuid4(), None, None)


@pytest.mark.parametrize("over", [{"payment_status": "authorized"}, {"status": "pending", "payment_status": "pending"}])
def test_nothing_is_sent_or_refunded_before_it_is_paid(over: dict[str, Any]) -> None:
    bought = order(line("a", 1, 100), **over)
    with pytest.raises(NotCaptured):
        domain.fulfil(bought, {"a": 1}, uuid4(), None, None)
    with pytest.raises(NotCaptured):
        decide(bought, 1, [])


def test_goods_of_an_order_that_fell_go_back_once_though_they_cost_nothing() -> None:
    fallen, event = domain.cancel(order(line("gift", 2, 0), line("a", 1, 100)), "rang up", uuid4())
    assert [(one.sku, one.quantity) for one in event.restock] == [("gift", 2), ("a", 1)]
    with pytest.raises(RefundExceedsCaptured):
        decide(fallen, None, [Return(sku="gift", quantity=2)])


lines = st.lists(
    st.builds(
        lambda number, quantity, price, tax, discount: line(
            f"s{number}", quantity, price, tax * quantity * price // 1000, discount * quantity * price // 1000
        ),
        st.integers(0, 10**6),
        st.integers(1, 40),
        st.integers(0, 10_007),
        st.integers(0, 300),
        st.integers(0, 1000),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda one: one.sku,
)


@given(lines, st.booleans(), st.integers(0, 5000), st.data())
def test_refunds_by_line_sum_to_what_was_paid_exactly(
    goods: list[OrderLine], included: bool, shipping: int, data: st.DataObject
) -> None:
    now = order(*goods, included=included, shipping=shipping)
    whole, given_back = now.total_minor, 0
    while open_ := [one for one in now.lines if one.refunded < one.quantity]:
        one = data.draw(st.sampled_from(open_))
        units = data.draw(st.integers(1, one.quantity - one.refunded))
        with pytest.raises(RefundExceedsCaptured):
            decide(now, None, [Return(sku=one.sku, quantity=one.quantity - one.refunded + 1)])
        refund = decide(now, None, [Return(sku=one.sku, quantity=units)])
        given_back += refund.amount_minor
        now, _ = domain.refunded(refund.order, uuid4(), refund.amount_minor, "x", refund.restock)
        assert now.decided_minor == given_back <= whole
    assert given_back == sum(paid_minor(one, tax_included=included) for one in goods) == whole - shipping
    if shipping:
        rest = decide(now, None, [])
        assert rest.amount_minor == shipping
    else:
        with pytest.raises(RefundExceedsCaptured):
            decide(now, None, [])


@given(st.integers(1, 10_000), st.lists(st.integers(1, 4_000), max_size=10))
def test_refunds_by_amount_never_pass_what_was_captured(total: int, parts: list[int]) -> None:
    now = order(line("a", 1, total))
    for part in parts:
        left = now.captured_minor - now.decided_minor
        if part > left:
            with pytest.raises(RefundExceedsCaptured) as over:
                decide(now, part, [])
            assert over.value.extra["refundable"] == {"amount": left, "currency": "BRL"}
        else:
            now, _ = domain.refunded(now, uuid4(), decide(now, part, []).amount_minor, "x", ())
    assert 0 <= now.decided_minor <= total


def test_three_come_back_of_which_two_are_there() -> None:
    bought = order(line("a", 2, 100))
    with pytest.raises(RefundExceedsCaptured):
        decide(bought, None, [Return(sku="a", quantity=3)])
    assert decide(bought, None, [Return(sku="a", quantity=2)]).amount_minor == 200
    assert replace(bought, decided_minor=150).captured_minor == 200
    with pytest.raises(RefundExceedsCaptured):
        decide(replace(bought, decided_minor=150), None, [Return(sku="a", quantity=1)])


KEY = b"k" * 32


def test_numbers_do_not_repeat_and_do_not_follow_each_other() -> None:
    numbers = [domain_names.order_number(sequence, KEY) for sequence in range(20_000)]
    assert len(set(numbers)) == len(numbers)
    assert all(len(number) == 9 and set(number) <= set(domain_names.ALPHABET) for number in numbers)
    assert len({number[:3] for number in numbers[:100]}) > 90
    assert domain_names.order_number(7, KEY) != domain_names.order_number(7, b"j" * 32)
    with pytest.raises(ValueError, match="sequences"):
        domain_names.order_number(domain_names.SEQUENCE_MAX + 1, KEY)


@given(st.integers(0, domain_names.SEQUENCE_MAX), st.integers(0, 8), st.sampled_from(domain_names.ALPHABET))
def test_a_number_with_a_wrong_character_is_none(sequence: int, place: int, character: str) -> None:
    number = domain_names.order_number(sequence, KEY)
    written = f"{number[:4]}-{number[4:]} ".lower().replace("0", "o").replace("1", "l")
    assert domain_names.read_number(written) == number
    wrong = number[:place] + character + number[place + 1 :]
    assert domain_names.read_number(wrong) == (number if wrong == number else None)
    assert domain_names.read_number(number + "0") is None


def test_a_key_names_one_order_of_its_caller() -> None:
    ana = domain_names.scope_of(None, None, "Ana@example.com")
    assert ana == domain_names.scope_of(None, None, "ana@EXAMPLE.com")
    scopes = [ana, domain_names.scope_of(None, "c1", "ana@example.com"), domain_names.scope_of(ORDER, "c1", "x")]
    assert len({domain_names.key_of(scope, "k") for scope in scopes}) == 3
    assert domain_names.key_of("a", "bc") != domain_names.key_of("ab", "c")


def test_a_token_opens_its_order_only() -> None:
    token = order_token(KEY, ORDER)
    assert domain_names.opens(token, ORDER, KEY)
    assert not domain_names.opens(token, PAYMENT, KEY)
    assert not domain_names.opens(token, ORDER, b"j" * 32)
    assert not domain_names.opens("", ORDER, KEY)
    assert not domain_names.opens("é", ORDER, KEY)
