"""A phone that opens pages: Chromium, slowed down to one of the middle price range on a mobile network."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from playwright.async_api import Browser, async_playwright

from bench.errors import BenchError, WrongAnswer

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
                "--disable-component-update")  # fmt: skip
# The phone of Lighthouse, and what Chromium's own tools call Fast 4G: their figures, in bytes a second and ms.
PHONE: Final[dict[str, Any]] = {
    "viewport": {"width": 412, "height": 823},
    "device_scale_factor": 1.75,
    "is_mobile": True,
    "has_touch": True,
    "locale": "en",
}
SLOWER: Final = 4
FAST_4G: Final = {"offline": False, "latency": 165, "downloadThroughput": 1_012_500, "uploadThroughput": 168_750}
TIMEOUT_MS: Final = 60_000
# All that was largest so far is told also to who asks late (`buffered`); the last of them counts.
_OBSERVE: Final = """
    window.painted = { largest: 0, first: 0, what: '' };
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
        window.painted.largest = entry.startTime;
        window.painted.what = entry.element ? entry.element.outerHTML.slice(0, 120) : '';
    })).observe({ type: 'largest-contentful-paint', buffered: true });
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
        if (entry.name === 'first-contentful-paint') window.painted.first = entry.startTime;
    })).observe({ type: 'paint', buffered: true });
"""


@dataclass(frozen=True)
class Painted:
    """When the largest part of a page was seen, and the first, after it was asked for; `what` the largest is."""

    largest_ms: float
    first_ms: float
    what: str


@asynccontextmanager
async def phone() -> AsyncIterator[Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise BenchError("how pages are painted is measured in a browser: install the package chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


async def painted(browser: Browser, url: str) -> Painted:
    """Open a page as somebody who has never been here; raises WrongAnswer if it is not there."""
    context = await browser.new_context(**PHONE)
    try:
        context.set_default_timeout(TIMEOUT_MS)
        page = await context.new_page()
        slow = await context.new_cdp_session(page)
        await slow.send("Network.enable")
        await slow.send("Network.emulateNetworkConditions", FAST_4G)
        await slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        await page.add_init_script(_OBSERVE)
        answer = await page.goto(url, wait_until="load")
        if answer is None or answer.status != 200:
            raise WrongAnswer(f"GET {url}: {answer and answer.status}")
        await page.wait_for_load_state("networkidle")
        told = await page.evaluate("() => window.painted")
    finally:
        await context.close()
    if not told["largest"]:
        raise WrongAnswer(f"nothing was painted at {url}")
    return Painted(told["largest"], told["first"], told["what"])
