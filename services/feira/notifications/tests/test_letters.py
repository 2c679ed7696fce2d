"""What mails say: in both languages, in every currency, and whatever strangers wrote into them."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from feira.contracts.goods import PricedLine
from feira.contracts.orders import OrderCancelled, OrderFulfilled, OrderPlaced, OrderRefunded
from feira.contracts.users import ResetAsked
from feira.kernel.ids import uuid7
from feira.kernel.message import Event, Heard
from feira.notifications import domain
from feira.notifications.domain import Letter
from feira.notifications.letters import Letters, Rendered, money

from .conftest import PLACED_AT, account, order

LINK = "https://feira.example/orders/1#token=abc"


@pytest.fixture(scope="module")
def letters() -> Letters:
    return Letters("Feira da Vila")


def heard(event: Event) -> list[Heard[Any]]:
    return [Heard(id=uuid7(), at=PLACED_AT, event=event)]


def render(letters: Letters, letter: Letter) -> Rendered:
    return letters.render(letter.kind, letter.locale, letter.contents, LINK)


def plain(text: str) -> str:
    """With ordinary blanks where the languages ask for unbreakable ones."""
    return text.replace("\xa0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "expected"),
    [
        (123_456, "BRL", "pt-BR", "R$ 1.234,56"),
        (123_456, "BRL", "en", "R$1,234.56"),
        (80, "JPY", "en", "¥80"),
        (80, "JPY", "pt-BR", "JP¥ 80"),
        (1_250, "KWD", "en", "KWD 1.250"),
        (1_250, "KWD", "pt-BR", "KWD 1,250"),
        (-1_999, "GBP", "en", "-£19.99"),
        (5, "IQD", "en", "IQD 0.005"),  # Three decimals in ISO 4217, none in daily life.
        (2**53 - 1, "BRL", "en", "R$90,071,992,547,409.91"),
        (0, "CLF", "en", "CLF 0.0000"),
    ],
)
def test_money_is_written_as_the_reader_writes_it(amount: int, currency: str, locale: str, expected: str) -> None:
    assert plain(money(amount, currency, locale)) == expected


def test_confirmation_lists_lines_totals_and_address(letters: Letters) -> None:
    (letter,) = domain.confirmations(heard(OrderPlaced(**order(tax_minor=300, tax_included=True, discount_minor=100))))
    rendered = render(letters, letter)
    text = plain(rendered.text)
    assert rendered.subject == "Seu pedido 7K3M9QX2A foi confirmado"
    assert "2 x Palmer mango: R$ 17,80" in text
    assert "Subtotal: R$ 1.234,56\nDesconto: -R$ 1,00\nFrete: R$ 15,00\nImpostos (inclusos): R$ 3,00" in text
    assert "Total: R$ 1.249,56" in text
    assert "Endereço de entrega:\nAna & Zé\nRua da Feira, 1\n01000-000 São Paulo SP\nBR" in text
    assert "9 de março de 2026" in text
    assert LINK in text
    assert "Feira da Vila" in text
    assert "Rede &lt;b&gt;grande&lt;/b&gt;" in rendered.html
    assert "<b>grande" not in rendered.html
    assert f'href="{LINK}"' in rendered.html
    assert "fonts.googleapis.com" not in rendered.html  # Nothing is fetched when a mail is opened.
    assert "{{" not in rendered.html + rendered.text


def test_english_is_for_all_who_read_no_portuguese(letters: Letters) -> None:
    (letter,) = domain.confirmations(heard(OrderPlaced(**order(locale="de", tax_minor=300))))
    rendered = render(letters, letter)
    assert rendered.subject == "Your order 7K3M9QX2A is confirmed"
    assert "Tax: R$3.00" in rendered.text
    assert 'lang="en"' in rendered.html


@pytest.mark.parametrize(
    ("wanted", "locale"), [("pt", "pt-BR"), ("pt-PT", "pt-BR"), ("PT_br", "pt-BR"), ("en-GB", "en"), ("", "en")]
)
def test_languages(wanted: str, locale: str) -> None:
    assert domain.locale_of(wanted) == locale


def test_a_long_order_is_cut_with_a_word_about_the_rest(letters: Letters) -> None:
    lines = tuple(PricedLine(sku=f"S{n}", quantity=1, name=f"thing {n}", unit_price_minor=1) for n in range(1_114))
    (letter,) = domain.confirmations(heard(OrderPlaced(**order(lines=lines, locale="en"))))
    rendered = render(letters, letter)
    assert "thing 99:" in rendered.text
    assert "thing 100:" not in rendered.text
    assert "and 1,014 more" in rendered.text
    assert "and 1,014 more" in rendered.html


def test_cancellation_refund_and_shipment(letters: Letters) -> None:
    fields = order(locale="en")
    gone = domain.cancellations(
        heard(OrderCancelled(**fields, reason="secret", refund_id=uuid4(), refund_minor=9, restock=()))
    )
    back = domain.refunds(
        heard(OrderRefunded(**fields, reason="secret", refund_id=uuid4(), refund_minor=1_780, restock=()))
    )
    sent = domain.shipments(
        heard(
            OrderFulfilled(
                **fields, fulfilment_id=uuid4(), sent=fields["lines"][:1], carrier="Correios", tracking="BR<1>"
            )
        )
    )
    cancelled, refunded, shipped = (render(letters, item[0]) for item in (gone, back, sent))
    assert cancelled.subject == "Your order 7K3M9QX2A was cancelled"
    assert "Total: R$1,249.56" in cancelled.text
    assert refunded.subject == "A refund for your order 7K3M9QX2A"
    assert "Refund: R$17.80" in refunded.text
    assert "Total" not in refunded.text
    assert "secret" not in cancelled.text + refunded.text  # Reasons are written for staff.
    assert "Tracking: Correios BR<1>" in shipped.text
    assert "Correios BR&lt;1&gt;" in shipped.html
    assert "Rede" not in shipped.text


def test_a_shipment_without_carrier_says_nothing_of_it(letters: Letters) -> None:
    event = OrderFulfilled(**order(locale="en"), fulfilment_id=uuid4(), sent=())
    (letter,) = domain.shipments(heard(event))
    assert "Tracking" not in render(letters, letter).text


def test_account_letters_tell_until_when_and_name_nobody(letters: Letters) -> None:
    expires_at = datetime(2026, 3, 10, 9, 5, tzinfo=UTC)
    event = ResetAsked(**account(name="Visit evil.example"), token="t0k/en", expires_at=expires_at)
    (letter,) = domain.account_letters("password_reset", heard(event))
    rendered = render(letters, letter)
    assert letter.secret == "t0k/en"
    assert rendered.subject == "Set a new password"
    assert "March 10, 2026, 9:05 AM UTC" in plain(rendered.text)
    assert "evil" not in rendered.text + rendered.html


def test_nothing_breaks_out_of_a_header_or_a_line(letters: Letters) -> None:
    (letter,) = domain.confirmations(
        heard(OrderPlaced(**order(number="X\r\nBcc: all@example.com\u202e\u2028\x07", locale="en")))
    )
    rendered = render(letters, letter)
    assert rendered.subject == "Your order X Bcc: all@example.com is confirmed"
    assert domain.one_line("a" * 300) == "a" * 199 + "…"


@pytest.mark.parametrize("email", ["", "no address", "a@b.example\r\nBcc: c@d.example"])
def test_nobody_is_written_to_without_an_address(email: str) -> None:
    assert domain.confirmations(heard(OrderPlaced(**order(email=email)))) == []
    reset = ResetAsked(**account(email=email), token="t", expires_at=PLACED_AT)
    assert domain.account_letters("password_reset", heard(reset)) == []


def test_tries_grow_rarer_and_end() -> None:
    delays = [domain.delay_s(tries) for tries in range(1, domain.TRIES_MAX + 1)]
    assert delays[:3] == [15, 30, 60]
    assert delays == sorted(delays)
    assert max(delays) == domain.DELAY_MAX_S
    assert 20 * 3600 < sum(delays) < 30 * 3600
