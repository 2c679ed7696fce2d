"""Somebody with a browser of his own, watched: whatever a page does wrong is noted, and fails the test."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Response

ROOT = Path(__file__).parents[3]
SCREENSHOTS = ROOT / "build" / "screenshots"
AXE = ROOT / "frontend" / "web" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE_MS = 120_000  # As long as a busy machine may take for one step of a page.

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")

# Told as an error of the console, so that one list has all.
VIOLATIONS = """document.addEventListener('securitypolicyviolation', (event) =>
    console.error(`content security policy: ${event.violatedDirective} forbids ${event.blockedURI}`))"""
HYDRATED = "() => !window.next || Object.keys(document.body).some((key) => key.startsWith('__react'))"
AXE_RUN = """async (source) => {
    if (!window.axe) (0, eval)(source);
    const found = await window.axe.run(document, { resultTypes: ['violations'], iframes: false });
    return found.violations.flatMap((rule) => rule.nodes.map((node) =>
        `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary.replace(/\\s+/g, ' ')}`));
}"""
STILL = """() => document.fonts.status === 'loaded' && document.getAnimations().every((one) =>
    one.playState !== 'running' || one.effect?.getComputedTiming().endTime === Infinity)"""
TOO_WIDE = """() => {
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= wide) return '';
    const out = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > wide + 1);
    return out.slice(0, 5).map((one) => one.outerHTML.slice(0, 120)).join('\\n') || 'the page itself';
}"""


class Device(msgspec.Struct, frozen=True):
    """What a page is looked at with; sizes in CSS pixels."""

    name: str
    width: int
    height: int
    touch: bool = False


DESKTOP = Device("desktop", 1440, 900)
PHONE = Device("phone", 390, 844, touch=True)


@dataclass
class Visitor:
    """One browser context, with its pages; `page` is the first."""

    url: str
    device: Device
    locale: str
    context: BrowserContext
    page: Page
    faults: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    _expected: list[tuple[int, re.Pattern[str]]] = field(default_factory=list)

    @classmethod
    async def enter(
        cls, browser: Browser, url: str, device: Device = DESKTOP, *, locale: str = "en", **options: Any
    ) -> "Visitor":
        """`options` are Playwright's: `color_scheme`, `reduced_motion`, `java_script_enabled`, …"""
        context = await browser.new_context(
            base_url=url,
            viewport={"width": device.width, "height": device.height},
            has_touch=device.touch,
            is_mobile=device.touch,
            locale=locale,
            timezone_id="America/Sao_Paulo",
            **options,
        )
        context.set_default_timeout(PATIENCE_MS)
        await context.add_init_script(VIOLATIONS)
        visitor = cls(url, device, locale, context, await context.new_page())
        context.on("console", visitor._console)
        context.on("weberror", lambda error: visitor._note(f"an error was thrown: {error.error}"))
        context.on("request", visitor._request)
        context.on("response", visitor._response)
        context.on("requestfailed", visitor._failed)
        return visitor

    @contextmanager
    def expecting(self, status: int, path: str = "") -> Iterator[None]:
        """Answers with this status are no fault from here to the test's end, if `path` (a pattern) occurs in their URL; there
        must be one by the end of the block.
        """
        pattern = re.compile(path)
        self._expected.append((status, pattern))
        seen: list[Response] = []

        def look(response: Response) -> None:
            if response.status == status and pattern.search(response.url):
                seen.append(response)

        self.context.on("response", look)
        yield
        self.context.remove_listener("response", look)
        assert seen, f"nothing was answered with {status} at {path}"

    def tolerate(self, status: int, path: str = "") -> None:
        """Answers with this status are no fault, if `path` (a pattern) occurs in their URL."""
        self._expected.append((status, re.compile(path)))

    async def go(self, path: str, *, page: Page | None = None) -> Page:
        """Open a page of the shop, and wait until it can be used."""
        page = page or self.page
        await page.goto(path)
        await self.usable(page)
        return page

    async def usable(self, page: Page | None = None) -> None:
        """Until what the page brings of its own has taken over what the server sent."""
        page = page or self.page
        await page.wait_for_load_state("load")
        await page.wait_for_function(HYDRATED)

    async def another_page(self) -> Page:
        return await self.context.new_page()

    def named(self, role: Any, name: str, page: Page | None = None) -> Locator:
        """By what a reader of the screen hears; `name` is a pattern without regard to case."""
        return (page or self.page).get_by_role(role, name=re.compile(name, re.IGNORECASE))

    async def accessible(self, page: Page | None = None) -> None:
        """The checker axe finds nothing; raises AssertionError with what it found."""
        await _still(page or self.page)
        async with asyncio.timeout(PATIENCE_MS / 1000):
            found = await (page or self.page).evaluate(AXE_RUN, AXE.read_text())
        assert not found, f"{(page or self.page).url}\n" + "\n".join(found)

    async def fits(self, *widths: int) -> None:
        """No part of the page is beside the screen, at any of these widths."""
        try:
            for width in widths or (self.device.width,):
                await self.page.set_viewport_size({"width": width, "height": self.device.height})
                wide = await self.page.evaluate(TOO_WIDE)
                assert not wide, f"{self.page.url} is wider than {width} pixels:\n{wide}"
        finally:
            await self.page.set_viewport_size({"width": self.device.width, "height": self.device.height})

    async def shoot(self, name: str, theme: Theme = "light") -> None:
        """Keep a picture of the whole page in build/screenshots."""
        await self.page.emulate_media(color_scheme=theme)
        await _still(self.page)
        path = SCREENSHOTS / f"{name}-{self.device.width}-{theme}.png"
        await self.page.screenshot(path=path, full_page=True)

    async def looked_at(self, name: str, *widths: int) -> None:
        """The page as it is now fits its own width and these; both its looks are kept, and one of them is checked: the
        light one on a desk, the dark one on a phone.
        """
        await self.fits(*widths, self.device.width)
        for theme in THEMES if self.device.touch else reversed(THEMES):
            await self.shoot(name, theme)
        await self.accessible()

    def _note(self, fault: str) -> None:
        self.faults.append(fault)

    def _is_expected(self, status: int, url: str) -> bool:
        return any(status == one and pattern.search(url) for one, pattern in self._expected)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        where = str(message.location.get("url", ""))
        status = re.search(r"responded with a status of (\d+)", message.text)
        if status and self._is_expected(int(status[1]), where):
            return
        self._note(f"the console says: {message.text} ({where})")

    def _request(self, request: Request) -> None:
        self.requests.append(request)
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != urlsplit(self.url).netloc:
            self._note(f"another host was asked: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and not self._is_expected(response.status, response.url):
            self._note(f"{response.request.method} {response.url} was answered with {response.status}")

    def _failed(self, request: Request) -> None:
        # What a page has asked for and no longer wants, such as a page read ahead, is no fault.
        if request.failure != "net::ERR_ABORTED":
            self._note(f"{request.method} {request.url} failed: {request.failure}")


async def _still(page: Page) -> None:
    """Until fonts are there and nothing moves that will ever come to rest."""
    await page.wait_for_function(STILL)
