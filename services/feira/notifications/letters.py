"""Mails as they are read: the MJML template compiled once, and filled in the reader's language."""

import tomllib
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec
from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal, get_currency_symbol
from jinja2 import Environment, StrictUndefined, Template
from mrml import RenderOptions, to_html

from feira.contracts.money import DECIMALS
from feira.notifications.domain import LOCALES, AccountContents, Contents, Kind, OrderContents, one_line

_HOME = Path(__file__).parent
_SENTENCES: Final = ("subject", "heading", "intro", "button", "note")


class Rendered(msgspec.Struct, frozen=True):
    """A mail's parts. The subject is one line; whatever others wrote is escaped in `html`."""

    subject: str
    html: str
    text: str


def money(amount_minor: int, currency: str, locale: str) -> str:
    """An amount as readers of the locale write it, with the decimals of ISO 4217: `R$ 1.234,56`, `¥80`, `KWD 1.250`.

    Babel's own decimals are what is used in daily life, which for some currencies are fewer than what was charged.
    """
    decimals = DECIMALS[currency]
    value = Decimal(amount_minor).scaleb(-decimals)
    pattern = _currency_pattern(currency, locale, decimals)
    return format_currency(value, currency, format=pattern, locale=_locale(locale), currency_digits=False)


@lru_cache(maxsize=512)
def _currency_pattern(currency: str, locale: str, decimals: int) -> str:
    pattern: str = _locale(locale).currency_formats["standard"].pattern
    if get_currency_symbol(currency, locale=_locale(locale))[-1].isalpha():
        pattern = pattern.replace(
            "¤#", "¤\xa0#"
        )  # Letters do not touch figures: CLDR's rule, which Babel leaves to us.
    return pattern.replace("0.00", "0." + "0" * decimals if decimals else "0")


@lru_cache(maxsize=len(LOCALES))
def _locale(locale: str) -> Locale:
    return Locale.parse(locale, sep="-")


class Letters:
    """The templates, compiled: MJML to HTML, and HTML and words to Jinja's code, once for the life of the process."""

    def __init__(self, shop: str) -> None:
        self._shop = one_line(shop)
        rich = Environment(autoescape=True, undefined=StrictUndefined)
        # Plain text has nothing to escape: it is never read as HTML.
        plain = Environment(autoescape=False, undefined=StrictUndefined, trim_blocks=True)  # noqa: S701
        mjml = (_HOME / "templates" / "mail.mjml").read_text("utf-8")
        # Without fonts of the web: to open a mail fetches nothing, and so tells nobody.
        self._html = rich.from_string(to_html(mjml, render_options=RenderOptions(fonts={})).content)
        self._text = plain.from_string((_HOME / "templates" / "mail.txt").read_text("utf-8"))
        self._inbox = rich.from_string((_HOME / "templates" / "inbox.html").read_text("utf-8"))
        self._labels: dict[str, dict[str, Template]] = {}
        self._words: dict[tuple[str, str], dict[str, Template]] = {}
        for locale in LOCALES:
            words = tomllib.loads((_HOME / "words" / f"{locale}.toml").read_text("utf-8"))
            self._labels[locale] = {name: plain.from_string(label) for name, label in words.pop("labels").items()}
            for kind, sentences in words.items():
                # The words themselves are plain: what they are filled with is escaped when they go into the HTML.
                self._words[locale, kind] = {name: plain.from_string(sentences.get(name, "")) for name in _SENTENCES}

    def render(self, kind: Kind, locale: str, contents: Contents, link: str) -> Rendered:
        """The mail, with `link` behind its button."""
        values = self._values(locale, contents)
        labels = {name: label.render(values) for name, label in self._labels[locale].items()}
        sentences = {name: one_line(word.render(values), 2000) for name, word in self._words[locale, kind].items()}
        shown = {
            **sentences,
            **_parts(contents, locale, labels),
            "labels": labels,
            "link": link,
            "locale": locale,
            "shop": self._shop,
        }
        return Rendered(one_line(sentences["subject"]), self._html.render(shown), self._text.render(shown))

    def inbox(self, mails: list[Any], following: str | None) -> bytes:
        """The page that lists mails; `following` is the query of the next page."""
        return self._inbox.render(shop=self._shop, mails=mails, next=following).encode()

    def _values(self, locale: str, contents: Contents) -> dict[str, str]:
        """What the words may mention."""
        values = {"shop": self._shop, "count": ""}
        if isinstance(contents, AccountContents):
            values["expires_at"] = _moment(contents.expires_at, locale) if contents.expires_at else ""
            return values
        values["number"] = contents.number
        values["placed_on"] = format_date(contents.placed_at, "long", locale=_locale(locale))
        values["count"] = format_decimal(contents.lines_left_out, locale=_locale(locale))
        values["refund"] = money(contents.refund_minor, contents.currency, locale)
        return values


def _moment(at: datetime, locale: str) -> str:
    day = format_date(at, "long", locale=_locale(locale))
    return f"{day}, {format_time(at, 'short', locale=_locale(locale))} UTC"


def _parts(contents: Contents, locale: str, labels: dict[str, str]) -> dict[str, Any]:
    """The lines, totals, address and tracking that the template shows where they are not empty."""
    if isinstance(contents, AccountContents):
        return {"lines": (), "more": "", "totals": (), "tracking": "", "address": ()}
    lines = [
        {
            "name": line.name,
            "quantity": format_decimal(line.quantity, locale=_locale(locale)),
            "total": money(line.total_minor, contents.currency, locale),
        }
        for line in contents.lines
    ]
    return {
        "lines": lines,
        "more": labels["more"] if contents.lines_left_out else "",
        "totals": _totals(contents, locale, labels),
        "tracking": contents.tracking,
        "address": contents.address,
    }


def _totals(contents: OrderContents, locale: str, labels: dict[str, str]) -> list[tuple[str, str]]:
    """Label and amount of each sum; a discount or tax of nothing is left out."""

    def row(label: str, amount_minor: int) -> tuple[str, str]:
        return labels[label], money(amount_minor, contents.currency, locale)

    if contents.total_minor is None:
        return [row("refund", contents.refund_minor)] if contents.refund_minor else []
    rows = [row("subtotal", contents.subtotal_minor)]
    if contents.discount_minor:
        rows.append(row("discount", -contents.discount_minor))
    rows.append(row("shipping", contents.shipping_minor))
    if contents.tax_minor:
        rows.append(row("tax_included" if contents.tax_included else "tax", contents.tax_minor))
    rows.append(row("total", contents.total_minor))
    return rows
