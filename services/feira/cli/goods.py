"""`feira import`: puts goods into the shop."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, nullcontext
from pathlib import Path
from typing import IO, Annotated, Any, Literal

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from feira.cli.options import HERE, Data, Json
from feira.cli.output import notes, people, say_json, show_table
from feira.cli.shop import connected, run, service
from feira.host.errors import HostError

PIECE = 256 * 1024
ERRORS_SHOWN = 20
SUFFIXES: dict[str, Literal["csv", "ndjson"]] = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}

app = typer.Typer(no_args_is_help=True, help="Put goods into the shop.")


@app.callback()
def _group() -> None:
    """Keeps `products` a word of its own while it is the only command."""


@app.command()
def products(
    file: Annotated[Path, typer.Argument(help="CSV or NDJSON; - is stdin.", allow_dash=True)],
    format: Annotated[
        Literal["csv", "ndjson"] | None, typer.Option("--format", help="Default: by the file's name or its first byte.")
    ] = None,
    data: Data = HERE,
    json: Json = False,
) -> None:
    """Create and change products. Each is put in whole or not at all; to repeat an import is safe.

    NDJSON has one product a line, as POST /v1/admin/products takes it. CSV has a row for each variant, with the columns
    slug,name,description,categories,image,sku,options,price,currency,compare_at_price,weight_g,stock; rows of one slug
    that follow each other are one product. Ends with 1 if anything could not be put in.

    [bold]Examples[/bold]

    feira import products goods.csv

    zcat goods.ndjson.gz | feira import products -
    """
    report = run(_import(file, format, data))
    if json:
        say_json(report)
    else:
        _show(report)
    if report.failed:
        raise typer.Exit(1)


async def _import(path: Path, format: Literal["csv", "ndjson"] | None, data: Path) -> Any:
    async with AsyncExitStack() as stack:
        file = stack.enter_context(nullcontext(sys.stdin.buffer) if str(path) == "-" else _opened(path))
        first = await asyncio.to_thread(file.read, PIECE)
        format = format or SUFFIXES.get(path.suffix.lower()) or ("ndjson" if first.lstrip()[:1] == b"{" else "csv")
        settings = await stack.enter_async_context(connected(data, makes=True))
        shop = await stack.enter_async_context(service(settings, "catalog"))
        size = path.stat().st_size if path.is_file() else None
        bar = stack.enter_context(_progress())
        task = bar.add_task("0 products", total=size)
        return await shop.services["catalog"].import_products(
            _pieces(file, first, lambda count: bar.advance(task, count)),
            format,
            lambda done: bar.update(task, description=f"{done} products"),
        )


async def _pieces(file: IO[bytes], first: bytes, on_read: Callable[[int], None]) -> AsyncIterator[bytes]:
    piece = first
    while piece:
        yield piece
        on_read(len(piece))
        piece = await asyncio.to_thread(file.read, PIECE)


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as failure:
        raise HostError(f"{path} cannot be read: {failure.strerror}") from failure


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=notes, transient=True, disable=not notes.is_terminal)


def _show(report: Any) -> None:
    people.print(
        f"[green]{report.created}[/green] created, [green]{report.updated}[/green] changed, {report.unchanged} as they were, "
        f"[{'red' if report.failed else 'green'}]{report.failed}[/] failed."
    )
    if report.errors:
        shown = report.errors[:ERRORS_SHOWN]
        show_table(("Row", "Field", "Error"), [(error.row, error.field, error.message) for error in shown])
        if more := len(report.errors) - len(shown) + report.errors_left_out:
            people.print(f"… and {more} more.")
