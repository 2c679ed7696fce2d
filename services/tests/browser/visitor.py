"""Somebody with a browser of his own, watched: whatever a page does wrong is noted, and fails the test."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import msgspec
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Locator, Page, Request, Response

ROOT = Path(__file__).parents[3]
SCREENSHOTS = ROOT / "build" / "screenshots"
AXE = ROOT / "frontend" / "web" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE_MS = 120_000  # As long as a busy machine may take for one step of a page.

# A customer who has no cart yet is told so.
ORDINARY = ((404, re.compile("/v1/carts/current$")),)

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
# As the page is seen from its top by somebody who has scrolled through it; a theme that changes takes a moment.
SETTLED = """async () => {
    window.scrollTo(0, 0);
    const pictures = [...document.images];
    pictures.forEach((one) => { one.loading = 'eager'; });
    const done = (one) => new Promise((then) => { one.onload = one.onerror = then; });
    await Promise.all(pictures.map((one) => one.complete || done(one)));
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
}"""
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
HEIGHTS = {device.width: device.height for device in (DESKTOP, PHONE)}
NARROW = (320, 640)  # The narrowest phone, and a small laptop's screen at 200 %.
# The theme that is looked at last is the one that axe checks.
LOOKS: tuple[tuple[Device, tuple[Theme, ...]], ...] = ((DESKTOP, ("dark", "light")), (PHONE, ("light", "dark")))


@dataclass
class Visitor:
    """One browser context, with its pages; `page` is the first."""

    url: str
    device: Device
    locale: str
    context: BrowserContext
    page: Page
    scripts: bool = True
    faults: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    _expected: list[tuple[int, re.Pattern[str]]] = field(default_factory=lambda: [*ORDINARY])

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
        scripts = bool(options.get("java_script_enabled", True))
        visitor = cls(url, device, locale, context, await context.new_page(), scripts)
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

    async def sign_in(self, email: str, password: str, *, to: str) -> None:
        """By the form, as people do, to open this page."""
        await self.go(f"/{self.locale}/sign-in?next={quote(to, safe='')}")
        await self.page.locator('input[name="email"]').fill(email)
        await self.page.locator('input[name="password"]').fill(password)
        await self.page.locator('main button[type="submit"]').click()
        await self.page.wait_for_url(f"**{to}")
        await self.usable()

    def named(self, role: Any, name: str, page: Page | None = None) -> Locator:
        """By what a reader of the screen hears; `name` is a pattern without regard to case."""
        return (page or self.page).get_by_role(role, name=re.compile(name, re.IGNORECASE))

    async def accessible(self) -> None:
        """The checker axe finds nothing; raises AssertionError with what it found."""
        await _still(self.page)
        async with asyncio.timeout(PATIENCE_MS / 1000):
            found = await self.page.evaluate(AXE_RUN, AXE.read_text())
        assert not found, f"{self.page.url}\n" + "\n".join(found)

    async def looked_at(self, name: str) -> None:
        """The page as it is now fits every screen. Pictures of it are kept in build/screenshots, as wide as a desk's screen and
        as a phone's (in a phone's own browser, only those), in both themes; one theme of each is checked by axe.
        """
        try:
            await self.fits(*NARROW)
            for device, themes in LOOKS[self.device.touch :]:
                await self.fits(device.width)
                for theme in themes:
                    await self.shoot(name, device.width, theme)
                await self.accessible()
        finally:
            await self.page.set_viewport_size({"width": self.device.width, "height": self.device.height})
            await self.page.emulate_media(color_scheme=THEMES[0])

    async def shoot(self, name: str, width: int = 0, theme: Theme = "light") -> None:
        """Keep a picture of the whole page."""
        await self.page.emulate_media(color_scheme=theme)
        await self.page.evaluate(SETTLED)
        await _still(self.page)
        await self.page.screenshot(
            path=SCREENSHOTS / f"{name}-{width or self.device.width}-{theme}.png", full_page=True
        )

    async def fits(self, *widths: int) -> None:
        """No part of the page is beside the screen, at any of these widths; the last of them stays."""
        for width in widths:
            await self.page.set_viewport_size({"width": width, "height": HEIGHTS.get(width, self.device.height)})
            wide = await self.page.evaluate(TOO_WIDE)
            assert not wide, f"{self.page.url} is wider than {width} pixels:\n{wide}"

    async def keep_last_sight(self, name: str) -> None:
        """Keep a picture of every page as it is: for whoever wants to know why a test failed."""
        for number, page in enumerate(self.context.pages):
            with suppress(Error):
                await page.screenshot(path=SCREENSHOTS / "failed" / f"{name}-{number}.png", timeout=5_000)

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
        # What a page has asked for and no longer wants, such as a page read ahead, is no fault; nor, where scripts are off,
        # that none is fetched.
        if request.failure not in {"net::ERR_ABORTED", *(() if self.scripts else ("csp",))}:
            self._note(f"{request.method} {request.url} failed: {request.failure}")


async def _still(page: Page) -> None:
    """Until fonts are there and nothing moves that will ever come to rest."""
    await page.wait_for_function(STILL)
