"""The shop's pages: the front end as the Python process serves it."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from feira.contracts.catalog import ProductsChanged, StockChanged
from feira.kernel.config import Settings
from feira.kernel.http import LOCALES
from feira.kernel.message import Heard
from feira.transport.exchange import Exchange
from feira.transport.finished import Finished, Form, form
from feira.web import urls
from feira.web.files import Files
from feira.web.pages import Pages
from feira.web.policy import Policy
from feira.web.upstream import Unreached, Upstream
from feira.web.urls import Ask, Kind
from feira.web.waiting import unanswered, waiting

FOLLOWED: Final = (ProductsChanged, StockChanged)
READY_S: Final = 1.0  # How long it is believed that pages answer …
UNREADY_S: Final = 0.1  # … and that they do not.
LATE_S: Final = 30.0
PROBE_TIMEOUT_S: Final = 2.0
_PROBE: Final = urls.STATIC + b"none"  # What Next.js says is not there without rendering anything.


class Site:
    """Pages and files of the front end that `settings.web` tells of. `start` it in a running loop, `stop` it at the end."""

    def __init__(self, settings: Settings) -> None:
        self._shop = settings.shop_name
        self._fault = settings.web.get("fault", "")
        self._faults = {locale: settings.web.get(f"fault_{locale}", self._fault) for locale in LOCALES}
        self._upstream = Upstream(settings.web.get("address", "127.0.0.1:1"))
        self._policy = Policy(settings)
        self._pages = Pages(self._upstream, self._policy)
        home = settings.web.get("home", "")
        self._files = Files(Path(home)) if home else None
        self._seen = False  # Whether a page was ever rendered.
        self._began = time.monotonic()
        self._probed = (float("-inf"), "pages are not rendered yet")
        self._probing = asyncio.Lock()  # However many ask, one looks.

    async def start(self) -> None:
        await self._pages.start()

    async def stop(self) -> None:
        await self._pages.stop()
        self._upstream.close()

    def heard(self, news: Sequence[tuple[int, Heard[Any]]] | None) -> None:
        """What pages show has changed; None: it may have, without anybody having heard of it."""
        if news is None:
            self._pages.outdate(everything=True)
            return
        slugs: set[str] = set()
        lists = stock = everything = False
        for _, heard in news:
            if isinstance(heard.event, ProductsChanged):
                slugs.update(heard.event.slugs)
                lists |= heard.event.lists
                everything |= heard.event.everything
            elif isinstance(heard.event, StockChanged):
                slugs.add(heard.event.slug)
                stock = True
        self._pages.outdate(slugs, lists=lists, stock=stock, everything=everything)

    async def unready(self) -> str:
        """Why no page can be shown now; empty if they can."""
        if self._fault:
            return self._fault
        async with self._probing:
            at, why = self._probed
            if time.monotonic() - at > (UNREADY_S if why else READY_S):
                try:
                    async with asyncio.timeout(PROBE_TIMEOUT_S):
                        await self._probe()
                    why = ""
                except (Unreached, TimeoutError) as error:
                    why = f"pages are not rendered yet: {error}" if str(error) else "pages are not rendered yet"
                self._probed = (time.monotonic(), why)
            return why

    async def _probe(self) -> None:
        if self._seen:
            await self._upstream.get(_PROBE)
            return
        home = f"/{LOCALES[0]}".encode()
        await self._pages.get(Ask(home, home, (), Kind.LIST, LOCALES[0]))
        self._seen = True

    @property
    def _late(self) -> bool:
        """Whether the first page should have been there long ago."""
        return not self._seen and time.monotonic() - self._began > LATE_S

    # What a `transport.dispatch.Site` answers.

    def owns(self, path: str) -> bool:
        return urls.owned(path)

    def at_once(self, asked: Exchange) -> Form | None:
        heads = asked.headers
        known, taken = heads.get("if-none-match") or "", heads.get("accept-encoding") or ""
        if asked.target.startswith(urls.STATIC):
            return self._files.form(asked.target, known, taken) if self._files is not None else None
        key = urls.key_of(asked)
        page = self._pages.at_once(key, reload=b"no-cache" in heads.first.get(b"cache-control", b""))
        return None if page is None else self._form(page.ask, page.finished, known, taken)

    async def answer(self, asked: Exchange) -> Form:
        ask = urls.read(asked)
        if asked.path in {"", "/"}:  # A request line that names the host may end with it.
            return await self._lead(ask)
        if asked.path.startswith("/_next/"):  # Nothing but its files is asked for there, and those are found at once.
            return form(
                404, (("cache-control", "no-store"), ("content-type", "text/plain")), b"There is no such file\n"
            )
        if self._fault:
            return unanswered(ask, self._shop, self._faults[ask.locale])
        try:
            finished = await self._pages.get(ask)
        except Unreached:
            return unanswered(ask, self._shop, late=self._late)
        self._seen = True
        heads = asked.headers
        return self._form(ask, finished, heads.get("if-none-match") or "", heads.get("accept-encoding") or "")

    async def _lead(self, ask: Ask) -> Form:
        """Where the shop's own address leads: to its pages in the visitor's language."""
        if await self.unready():
            return waiting(self._shop, ask.locale, self._faults[ask.locale], late=self._late)
        query = ask.target.partition(b"?")[2].decode("latin-1")
        headers = (
            ("cache-control", "no-store"),
            ("vary", "Cookie, Accept-Language"),
            ("location", f"/{ask.locale}" + (f"?{query}" if query else "")),
        )
        return form(302, headers, b"")

    def _form(self, ask: Ask, finished: Finished, if_none_match: str, accept_encoding: str) -> Form:
        size = finished.size
        found = finished.form(if_none_match, accept_encoding)
        if finished.size != size and ask.key is not None:
            self._pages.grow(ask.key, finished.size - size)
        return found
