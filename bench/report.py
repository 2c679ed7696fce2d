"""The table, for people and for programs."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import picture
from bench.measuring import Run
from bench.targets import Result, number


def table(results: list[Result]) -> str:
    """Row, what, value, target, ratio: aligned columns."""
    rows = [("row", "what", "value", "target", "", "ratio", "")]
    rows += [
        (
            result.target.row,
            result.target.what,
            f"{number(result.value)} {result.target.unit}".rstrip(),
            result.target.words,
            f"= {number(result.limit)}" if result.target.of else "",
            f"{result.ratio:.2f}",
            "met" if result.met else "missed",
        )
        for result in results
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    right = {2, 5}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def show(run: Run) -> None:
    print(
        "\n".join(
            ("", *_machine(run.facts), "", table(run.results), "", *_orders(run), *_requests(run), *_statements(run))
        )
    )


def _machine(facts: dict[str, Any]) -> list[str]:
    return [
        (
            f"{facts['cores']} cores of {facts['cpu']}, {facts['memory_mb']:,} MB, Linux {facts['kernel']}, "
            f"fdatasync {facts['fdatasync_us']:.0f} µs"
        ),
        f"PostgreSQL {facts['postgresql']}, Python {facts['python']}, commit {facts['commit']}",
    ]


def _orders(run: Run) -> list[str]:
    """What row 1 costs by process, and its distance to the limit."""
    found = next((result for result in run.results if result.target.row == "1"), None)
    if found is None:
        return []
    rounds = sorted(found.more["rounds"], key=lambda each: each["cpu_us_an_order_sum"])
    middle = rounds[len(rounds) // 2]
    lines = [f"CPU of an order in row 1: {middle['cpu_us_an_order_sum']} µs"]
    lines += [f"  {us:6,} µs  {name}" for name, us in middle["cpu_us_an_order"].items()]
    limit = found.more["reference"][-1]
    return [
        *lines,
        (
            f"The limit (bench/reference.py): {limit['orders_s']:,.0f} orders/s, of which row 1 has "
            f"{found.more['of_reference']:.1%}; {limit['cpu_us_an_order']:.0f} µs an order, and "
            f"{limit['postgres_cpu_us_an_order']:.0f} µs of PostgreSQL"
        ),
        "",
    ]


def _requests(run: Run) -> list[str]:
    """What a page costs, which the machine's mood moves less than its rate."""
    lines = []
    for result in run.results:
        if cost := result.more.get("cpu_us_a_request"):
            parts = ", ".join(f"{us:,.0f} µs {name}" for name, us in cost.items())
            lines.append(f"CPU of a request in row {result.target.row}, {result.more['body_bytes']:,} bytes: {parts}")
    return [*lines, ""] if lines else []


def _statements(run: Run) -> list[str]:
    if "statements" not in run.facts:
        return []
    lines = ["PostgreSQL's time of an order in row 1, by statement (in a run of its own):"]
    lines += [
        f"  {each['us_an_order']:7.1f} µs  {each['calls_an_order']:7.3f} calls  {each['statement'][:90]}"
        for each in run.facts["statements"]
    ]
    return lines


def write(run: Run, folder: Path) -> None:
    """`<date>-<kind>.json`, and the picture beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    at = datetime.now(UTC)
    report = {
        "at": at.isoformat(timespec="seconds"),
        "kind": run.kind,
        "machine": run.facts,
        "rows": [
            {
                "row": result.target.row,
                "what": result.target.what,
                "value": result.value,
                "unit": result.target.unit,
                "target": result.target.words,
                "limit": result.limit,
                "ratio": result.ratio,
                "met": result.met,
                **({"more": result.more} if result.more else {}),
            }
            for result in run.results
        ],
    }
    path = folder / f"{at:%Y-%m-%d}-{run.kind}.json"
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    title = f"Feira, {at:%Y-%m-%d}, commit {run.facts['commit']}"
    path.with_suffix(".svg").write_text(picture.draw(run.results, title))
    print(f"\nWritten to {path} and {path.with_suffix('.svg').name}.")
