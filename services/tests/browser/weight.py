"""What a page costs: bytes of JavaScript as they are sent, requests, what jumps, and when the largest part is seen."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

from tests.browser.visitor import Visitor

# Both are told of what happened before we asked (`buffered`). What jumps within half a second of a touch was asked for.
OBSERVE = """() => {
    window.seen = { shift: 0, largest: 0, shifted: [] };
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
        if (entry.hadRecentInput) return;
        window.seen.shift += entry.value;
        window.seen.shifted.push(...entry.sources.map((one) => one.node?.outerHTML?.slice(0, 100) ?? '?'));
    })).observe({ type: 'layout-shift', buffered: true });
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => { window.seen.largest = entry.startTime; }))
        .observe({ type: 'largest-contentful-paint', buffered: true });
}"""

PACKED_FROM = 1_024  # What is smaller is not worth it.


@dataclass(frozen=True)
class Weight:
    """`scripts`: bytes of each as sent with brotli, by path. `shift` is Cumulative Layout Shift, `shifted` what moved."""

    scripts: dict[str, int]
    requests: list[str]
    shift: float
    shifted: list[str]
    largest_paint_ms: float

    @property
    def script_bytes(self) -> int:
        return sum(self.scripts.values())


async def weigh(visitor: Visitor, path: str) -> Weight:
    """Open a page as somebody who comes for the first time, and look at what it took."""
    before = len(visitor.requests)
    await visitor.go(path)
    await visitor.page.evaluate(OBSERVE)
    await visitor.page.wait_for_load_state("networkidle")
    asked = visitor.requests[before:]
    seen = await visitor.page.evaluate("() => window.seen")
    scripts = [urlsplit(one.url).path for one in asked if one.resource_type == "script"]
    return Weight(
        {script: await _sent(visitor.url + script) for script in dict.fromkeys(scripts)},
        [f"{one.method} {one.url.removeprefix(visitor.url)}" for one in asked],
        seen["shift"],
        seen["shifted"],
        seen["largest"],
    )


async def _sent(url: str) -> int:
    async with (
        aiohttp.ClientSession(auto_decompress=False, headers={"accept-encoding": "br"}) as session,
        session.get(url) as reply,
    ):
        assert reply.status == 200, url
        sent = await reply.read()
        assert reply.headers.get("content-encoding") == "br" or len(sent) < PACKED_FROM, url
        return len(sent)
