"""Texts: Markdown made harmless, words made comparable, names made into slugs. Pure."""

import re
import unicodedata
from types import SimpleNamespace
from typing import Any

import nh3
from markdown_it import MarkdownIt, helpers

from feira.kernel.errors import Invalid

ROUNDS_MAX = 8
WORDS_MAX = 16  # Words of a search that count.
SLUG_MAX = 120
SCHEMES = ("http:", "https:", "mailto:", "tel:")

_MARKUP = re.compile(r"<[A-Za-z/!?]")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^\s<>]{1,2000})>")
_LINKS = re.compile(r"\]\s*[(:]")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_ACCENTS = re.compile("[\u0300-\u036f]+")
_NOT_WORD = re.compile(r"[\W_]+")
_BLANKED = bytes(byte if chr(byte).isascii() and chr(byte).isalnum() else 32 for byte in range(256))
_WORD = re.compile(r"[^\W_]+")
_SCRIPT = re.compile(r"(\]\s*[(:][\x00-\x20<]*)(?:javascript|vbscript|data)\s*:[^\s)]*", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
_INVISIBLE = re.compile(r"[\x00-\x20\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+")
# What the cleaner writes for text, put back where it cannot begin markup.
_PLAIN = (("&gt;", ">"), ("&nbsp;", "\u00a0"))
_LESS = re.compile(r"&lt;(?=[\s\d=]|$)")


def harmless(markdown: str) -> str:
    """The Markdown without raw HTML, and with no link or picture that leads to anything but http(s), mail, telephone
    or this site. What a reader's browser shows of it can run nothing, whichever renderer made it.
    """
    text = markdown.replace("\r\n", "\n").replace("\r", "\n")
    for _ in range(ROUNDS_MAX):
        cleaned = _without_bad_links(_without_html(text))
        if cleaned == text:
            return text
        text = cleaned
    raise Invalid.field("description", "cannot be made harmless")


def _without_html(text: str) -> str:
    text = _AUTOLINK.sub(r"[\1](\1)", text)
    if not _MARKUP.search(text):
        return text
    text = nh3.clean(text, tags=set(), clean_content_tags={"script", "style"})
    for written, meant in _PLAIN:
        text = text.replace(written, meant)
    return _LESS.sub("<", text).replace("&amp;", "&")


def _without_bad_links(text: str) -> str:
    if not _LINKS.search(text):
        return text
    for destination in _bad_destinations(text):
        text = text.replace(destination, "#")
    return _SCRIPT.sub(r"\1#", text)  # What is no link in CommonMark may be one elsewhere.


def _bad_destinations(text: str) -> set[str]:
    """The destinations, as they stand in the text, that a CommonMark renderer would make a link of and must not."""
    parser = MarkdownIt("commonmark")
    read = helpers.parseLinkDestination
    found: list[tuple[str, str]] = []

    def remember(source: str, start: int, maximum: int) -> Any:
        result = read(source, start, maximum)
        if result.ok and result.pos > start:
            found.append((source[start : result.pos], result.str))
        return result

    # The parser's own helpers are a module that all parsers share, so this one gets a copy.
    parser.helpers = SimpleNamespace(**vars(helpers) | {"parseLinkDestination": remember})  # type: ignore[assignment]
    parser.validateLink = _anything  # type: ignore[method-assign]  # The bad ones are what is looked for.
    parser.parse(text)
    return {written for written, meant in found if not _is_harmless(meant)}


def _anything(url: str) -> bool:  # noqa: ARG001 - the parser names its argument.
    return True


def _is_harmless(url: str) -> bool:
    """Whether a browser that follows the address stays on the web: it leaves out blanks and control characters itself."""
    plain = _INVISIBLE.sub("", url).lower()
    return plain.startswith(SCHEMES) or not _SCHEME.match(plain)


def fold(text: str) -> str:
    """Lower case without accents, so that `Limão` and `limao` are one."""
    if text.isascii():
        return text.lower()
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))


def words(text: str) -> list[str]:
    """The words of a search, folded; those beyond WORDS_MAX do not count."""
    return _WORD.findall(fold(text))[:WORDS_MAX]


def searchable(text: str) -> str:
    """The words of a text that is searched in, as `words` has those of a search, with blanks between."""
    folded = fold(text)
    if folded.isascii():  # A table of bytes costs a twentieth of a pattern.
        return folded.encode("ascii").translate(_BLANKED).decode("ascii")
    return _NOT_WORD.sub(" ", folded)


def distinct(text: str) -> str:
    """The words of a text that is searched in, each once: to find their stems is what costs most of keeping a product."""
    return " ".join(dict.fromkeys(searchable(text).split()))


def slugify(text: str) -> str:
    """A name as a part of an address: `Açaí 500 g` is `acai-500-g`. Empty if nothing of it can be written so."""
    return _NOT_SLUG.sub("-", fold(text)).strip("-")[:SLUG_MAX].strip("-")
