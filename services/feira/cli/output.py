"""How commands speak: tables and colours for people on a terminal, JSON for programs, and errors as one sentence."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

WIDE = 160  # What is printed for no terminal may be read in one.

people = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
notes = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """A note for the operator, out of the way of what the command prints for others."""
    notes.print(text, style="dim", markup=False)


def say_json(value: object) -> None:
    """One line of JSON on stdout."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def show_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    people.print(table, markup=False)
