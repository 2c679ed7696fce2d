"""The table as a picture: a bar for each row, as long as its target is reached."""

from collections.abc import Sequence
from html import escape
from typing import Final

from bench.targets import Result, number

WIDTH: Final = 940
LEFT: Final = 340  # Where the bars begin.
RIGHT: Final = 210  # Beside the longest bar, for its words.
STEP: Final = 26
TOP: Final = 64
RATIO_MAX: Final = 2.0  # Longer bars are cut, and their numbers say so.
# Both schemes keep a contrast of 4.5 to 1 for text; a bar is told by its words too, not by its colour alone.
STYLE: Final = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.small { font-size: 12px; fill: #59636e }
.back { fill: #ffffff }
.met { fill: #1a7f37 }
.missed { fill: #bc4c00 }
.line { stroke: #1f2328; stroke-width: 1; stroke-dasharray: 3 3 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .small { fill: #9198a1 }
  .back { fill: #0d1117 }
  .met { fill: #3fb950 }
  .missed { fill: #f0883e }
  .line { stroke: #f0f6fc }
}
"""


def draw(results: Sequence[Result], title: str) -> str:
    """An SVG. The dashed line is the target; a bar that reaches it has met it."""
    height = TOP + STEP * len(results) + 20
    unit = (WIDTH - LEFT - RIGHT) / RATIO_MAX
    line = LEFT + unit
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            f'role="img" aria-label="{escape(title)}">'
        ),
        f"<style>{STYLE}</style>",
        f'<rect class="back" width="{WIDTH}" height="{height}"/>',
        f'<text class="title" x="16" y="26">{escape(title)}</text>',
        f'<text class="small" x="{line:.0f}" y="{TOP - 12}" text-anchor="middle">target</text>',
    ]
    for position, result in enumerate(results):
        parts += _bar(result, TOP + STEP * position, unit)
    parts.append(f'<path class="line" d="M{line:.1f} {TOP - 6}V{height - 16}"/>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bar(result: Result, y: int, unit: float) -> list[str]:
    kind = "met" if result.met else "missed"
    length = max(2.0, min(result.ratio, RATIO_MAX) * unit)
    target = result.target
    words = f"{result.ratio:.2f} {kind}: {number(result.value)} {target.unit}"
    value = f"{target.row}: {target.what}: {number(result.value)} {target.unit}, target {target.words}"
    return [
        f"<g><title>{escape(value)}</title>",
        f'<text x="{LEFT - 10}" y="{y + 14}" text-anchor="end">{escape(_short(result))}</text>',
        f'<rect class="{kind}" x="{LEFT}" y="{y + 2}" width="{length:.1f}" height="16" rx="2"/>',
        f'<text x="{WIDTH - RIGHT + 12}" y="{y + 14}">{escape(words)}</text></g>',
    ]


def _short(result: Result) -> str:
    text = f"{result.target.row} · {result.target.what}"
    return text if len(text) <= 48 else f"{text[:47]}…"
