"""`feira export`: takes the shop's data out, for spreadsheets and for other programs."""

import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, nullcontext
from pathlib import Path
from typing import IO, Annotated, Any, Literal

import msgspec
from rich.progress import Progress, SpinnerColumn, TextColumn
from typer import Argument, Option

from feira.cli.options import HERE, Data, Json
from feira.cli.output import notes, say_json
from feira.cli.shop import connected, run, service
from feira.cli.tables import CUSTOMER_COLUMNS, ORDER_COLUMNS, csv_text, order_rows
from feira.host.errors import HostError

What = Literal["orders", "products", "customers"]
Format = Literal["csv", "ndjson"]
Rows = list[list[object]]


def export(
    what: Annotated[What, Argument(help="What to take out.")],
    format: Annotated[Format, Option("--format", help="csv is safe to open in a spreadsheet.")] = "csv",
    output: Annotated[Path | None, Option("--output", "-o", help="A file to write; else stdout.")] = None,
    data: Data = HERE,
    json: Json = False,
) -> None:
    """Write all orders, products or customers out, one by one: they may be many.

    CSV of products is what `feira import` takes; CSV of orders has a row for each line. A cell that a spreadsheet would
    take for a formula gets an apostrophe before it. --json is --format ndjson, and tells how many were written to a file.

    [bold]Examples[/bold]

    feira export orders > orders.csv

    feira export products --format ndjson -o goods.ndjson

    feira export products --data old | feira import products - --format csv --data new
    """
    written = run(_export(what, "ndjson" if json else format, output, data))
    if json and output:
        say_json({"written": written, "file": str(output)})


async def _export(what: What, format: Format, output: Path | None, data: Path) -> int:
    name, records = {
        "orders": ("orders", _orders),
        "products": ("catalog", _products),
        "customers": ("users", _customers),
    }[what]
    count = 0
    async with AsyncExitStack() as stack:
        settings = await stack.enter_async_context(connected(data))
        shop = await stack.enter_async_context(service(settings, name))
        # Not before the shop is there: what an earlier export wrote is not emptied for nothing.
        file = stack.enter_context(_opened(output) if output else nullcontext(sys.stdout.buffer))
        found = await stack.enter_async_context(aclosing(records(shop.services[name])))
        bar = stack.enter_context(_progress(hidden=output is None and sys.stdout.isatty()))
        task = bar.add_task(what, total=None)
        columns, rows_of = _table(what)
        if format == "csv":
            file.write(csv_text([columns]).encode())
        async for record in found:
            file.write(csv_text(rows_of(record)).encode() if format == "csv" else msgspec.json.encode(record) + b"\n")
            count += 1
            bar.update(task, completed=count)
        file.flush()
    return count


def _table(what: What) -> tuple[Sequence[str], Callable[[Any], Rows]]:
    from feira.catalog.domain_csv import COLUMNS, rows_of  # Here, because it imports most of the program.

    def product_rows(body: Any) -> Rows:
        return [[row[column] for column in COLUMNS] for row in rows_of(body)]

    def customer_rows(customer: Any) -> Rows:
        row = msgspec.to_builtins(customer)
        return [[row[column] for column in CUSTOMER_COLUMNS]]

    return {
        "orders": (ORDER_COLUMNS, order_rows),
        "products": (COLUMNS, product_rows),
        "customers": (CUSTOMER_COLUMNS, customer_rows),
    }[what]


async def _orders(orders: Any) -> AsyncGenerator[Any, None]:
    from feira.orders.view import staff_view  # Here, because it imports most of the program.

    async for dossier in orders.export_orders():
        yield msgspec.to_builtins(staff_view(dossier))


async def _products(catalog: Any) -> AsyncGenerator[Any, None]:
    async for body in catalog.export_products():
        yield body


async def _customers(users: Any) -> AsyncGenerator[Any, None]:
    async for customer in users.export_customers():
        yield customer


def _opened(output: Path) -> IO[bytes]:
    try:
        return output.open("wb")
    except OSError as failure:
        raise HostError(f"{output} cannot be written: {failure.strerror}") from failure


def _progress(*, hidden: bool) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.completed} {task.description}"))
    return Progress(*columns, console=notes, transient=True, disable=hidden or not notes.is_terminal)
