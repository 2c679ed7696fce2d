"""The headers of pages: what a browser may do with them, and how long anybody may keep them.

Next.js writes scripts into its pages. They are allowed one by one, by their hashes, so that a script that somebody else
brings in by an attribute, a link or an upload does not run.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from feira.kernel import logs
from feira.kernel.config import Settings
from feira.kernel.http import Answer
from feira.transport.finished import PACKS, Finished, Pack, tag_of
from feira.transport.heads import Hosts
from feira.transport.told import requests_of
from feira.web.upstream import Reply
from feira.web.urls import Ask, Kind

SCRIPTS_MAX: Final = 100  # Hashes in one header: it stays below 8 KB, which is what proxies take.
LINK_LENGTH_MAX: Final = 1_024
SOCKETS_MAX: Final = 8
TRANSPORT_S: Final = 31_536_000
PICTURE_AGE_S: Final = 3_600
BROTLI_QUALITY: Final = 5

REVALIDATE: Final = "public, max-age=0, must-revalidate"
_ROUTER_VARY: Final = "RSC, Next-Router-State-Tree, Next-Router-Prefetch, Next-Router-Segment-Prefetch, Next-Url"
_PASSED: Final = (
    "x-nextjs-stale-time", "x-nextjs-prerender", "x-nextjs-postponed", "x-nextjs-rewritten-path",
    "x-nextjs-rewritten-query", "next-router-prefetch",
)  # fmt: skip
_PERMISSIONS: Final = (
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(self), serial=(), usb=()"
)
_SCRIPT: Final = re.compile(rb"<script\b([^>]*)>(.*?)</script", re.DOTALL | re.IGNORECASE)
_DATA: Final = re.compile(
    rb"""\btype\s*=\s*["']?(?!module\b|text/javascript\b|importmap\b|speculationrules\b)\w""", re.IGNORECASE
)
_SOURCE: Final = re.compile(rb"\bsrc\s*=", re.IGNORECASE)
_PUSHES: Final = re.compile(
    rb"(?:<script>(?:\(self\.__next_f=self\.__next_f\|\|\[\]\)|self\.__next_f)\.push\([^<]*\)</script>){2,}"
)
_log = logs.logger("pages")


def _packs() -> Mapping[str, Pack]:
    import brotli  # noqa: PLC0415 - only who serves pages waits for it.

    def pack(body: bytes) -> bytes:
        packed: bytes = brotli.compress(body, quality=BROTLI_QUALITY)
        return packed

    return {"br": pack, **PACKS}


def merged(html: bytes) -> bytes:
    """The page with its data in one script where Next has written several behind each other: they run in this order anyway."""
    return _PUSHES.sub(lambda found: found[0].replace(b"</script><script>", b";"), html)


def hashes(html: bytes) -> list[str]:
    """Those of the page's own scripts, each once, as CSP wants them. What a browser does not run has none."""
    found = dict.fromkeys(
        text
        for attributes, text in _SCRIPT.findall(html)
        if not _SOURCE.search(attributes) and not _DATA.search(attributes)
    )
    return [f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'" for text in found if text]


class Policy:
    """Turns what Next.js answers into what is kept and sent."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.url
        self._address = settings.web.get("address", "")
        self._secure = urlsplit(settings.url).scheme == "https"
        # Safari does not take 'self' for a WebSocket to the page's own host; a policy cannot name an address of IPv6.
        ours = (origin for origin in Hosts(settings).origins - {settings.url} if "[" not in origin)
        origins = [settings.url, *sorted(ours)][:SOCKETS_MAX]
        sockets = " ".join(dict.fromkeys("ws" + origin.removeprefix("http") for origin in origins))
        # Pictures have whole addresses: they are the same by whichever name of the shop a page was reached.
        pictures = "" if "[" in settings.url else f" {settings.url}"
        self._rules = (
            "default-src 'self'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; "
            f"img-src 'self'{pictures} data: blob:; connect-src 'self' {sockets}; frame-ancestors 'none'; base-uri 'none'; "
            "form-action 'self'; object-src 'none'"
        )
        self._packs = _packs()
        self.told = requests_of("(page)")

    def finished(self, ask: Ask, reply: Reply) -> Finished:
        """The reply in all its forms."""
        kind = reply.headers.get("content-type", "")
        headers = [("cache-control", self._keeping(ask, reply.status))]
        body = reply.body
        if kind.startswith("text/html"):
            body = merged(body)
            headers += self._guards(body, ask)
        if ask.kind is not Kind.PRIVATE:
            headers.append(("etag", tag_of(body)))
        if kind.startswith(("text/html", "text/x-component")):
            headers.append(("vary", _ROUTER_VARY))
        headers += [(name, value) for name in _PASSED if (value := reply.headers.get(name, ""))]
        if 0 < len(link := reply.headers.get("link", "")) <= LINK_LENGTH_MAX:
            headers.append(("link", link))
        if 300 <= reply.status < 400 and (location := reply.headers.get("location")):
            headers.append(("location", self._led_to(location)))
        packs = {} if ask.kind is Kind.PICTURE and not ask.target.partition(b"?")[0].endswith(b".svg") else self._packs
        return Finished(Answer(reply.status, None, tuple(headers), kind or "text/plain"), body, self.told, packs)

    def _led_to(self, location: str) -> str:
        """A place of ours, whatever Next.js takes itself for."""
        split = urlsplit(location)
        ours = not split.netloc or split.netloc in {self._address, urlsplit(self._url).netloc}
        path = split.path.replace("\\", "/")
        return f"/{path.lstrip('/')}{'?' * bool(split.query)}{split.query}" if ours else "/"

    @staticmethod
    def _keeping(ask: Ask, status: int) -> str:
        if ask.kind is Kind.PRIVATE or status != 200:
            return "no-store"
        return f"public, max-age={PICTURE_AGE_S}" if ask.kind is Kind.PICTURE else REVALIDATE

    def _guards(self, html: bytes, ask: Ask) -> list[tuple[str, str]]:
        scripts = hashes(html)
        if len(scripts) > SCRIPTS_MAX:
            _log.error("page_has_too_many_scripts", target=ask.target.decode("latin-1"), scripts=len(scripts))
            del scripts[SCRIPTS_MAX:]
        rules = self._rules.replace("{scripts}", "".join(f" {one}" for one in scripts))
        guards = [
            ("content-security-policy", rules),
            ("cross-origin-opener-policy", "same-origin"),
            ("permissions-policy", _PERMISSIONS),
        ]
        if self._secure:
            guards.append(("strict-transport-security", f"max-age={TRANSPORT_S}"))
        return guards
