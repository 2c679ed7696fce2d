"""What is shown where a page cannot be: that the shop is opening, or why it has no pages."""

import html
import re
from pathlib import Path
from typing import Final

from feira.transport.finished import Form, form
from feira.web.urls import Ask

AGAIN_S: Final = 2
_PAGE: Final = (Path(__file__).parent / "waiting.html").read_text()
_RULES: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_WORDS: Final = {
    "en": {
        "title": "{shop} opens in a moment",
        "text": "The stall is being set up. This page looks again by itself.",
        "late": "It takes longer than it should; the log of the pages, beside the shop's data, may say why.",
        "fault_title": "{shop} has no pages to show",
        "fault_text": "The shop's API is open, but its storefront is not: {fault}.",
        "more": 'For developers: <a href="/docs">the API</a>.',
    },
    "pt-BR": {
        "title": "{shop} abre já, já",
        "text": "Estamos montando a barraca. Esta página olha de novo sozinha.",
        "late": "Está demorando mais do que devia; o log das páginas, junto aos dados da loja, pode dizer por quê.",
        "fault_title": "{shop} está sem páginas para mostrar",
        "fault_text": "A API da loja está aberta, mas a vitrine não: {fault}.",
        "more": 'Para desenvolvedores: <a href="/docs">a API</a>.',
    },
}


def waiting(shop: str, locale: str, fault: str = "", *, late: bool = False) -> Form:
    """A page of status 503; it asks again by itself, unless there is a `fault` that time does not mend. One that is `late`
    has been asked for in vain for long.
    """
    words = _WORDS[locale]
    kind = "fault_" if fault else ""
    text = html.escape(words["late" if late and not fault else kind + "text"].format(fault=fault))
    page = _PAGE.format(
        locale=locale,
        refresh="" if fault else f'\n<meta http-equiv="refresh" content="{AGAIN_S}">',
        title=html.escape(words[kind + "title"].format(shop=shop)),
        text=re.sub("`([^`]+)`", r"<code>\1</code>", text),
        more=words["more"],
    )
    headers = (
        ("cache-control", "no-store"),
        ("retry-after", str(AGAIN_S)),
        ("vary", "Cookie, Accept-Language"),
        ("content-language", locale),
        ("content-security-policy", _RULES),
        ("content-type", "text/html; charset=utf-8"),
    )
    return form(503, headers, page.encode())


def unanswered(ask: Ask, shop: str, fault: str = "", *, late: bool = False) -> Form:
    """The same for whoever asked: Next's router is told in few words, and loads the whole page then."""
    if not ask.by_router:
        return waiting(shop, ask.locale, fault, late=late)
    headers = (("cache-control", "no-store"), ("retry-after", str(AGAIN_S)), ("content-type", "text/plain"))
    return form(503, headers, b"The page cannot be shown now\n")
