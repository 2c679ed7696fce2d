"""Puts the commands together, and turns what may go wrong into one sentence and an exit status."""

import asyncio
import sys

import typer

from feira.cli import up
from feira.cli.output import notes
from feira.host.errors import HostError
from feira.kernel.migrate import MigrationError

app = typer.Typer(
    name="feira",
    help="""A street market in a box: an e-commerce platform that starts with one command.

    [bold]feira up --demo[/bold] opens a shop with sample goods on http://127.0.0.1:8000; its data goes to ./.feira.

    Every other command works on the same data: beside the running shop, or without it.""",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("up")(up.up)


@app.callback()
def _root() -> None:
    """Only here so that the program's help is the one above, also while it has a single command."""


def main() -> None:
    try:
        app(prog_name="feira")
    except (HostError, MigrationError) as failure:
        notes.print("[red]feira:[/red]", end=" ")
        notes.print(str(failure), markup=False, soft_wrap=True)
        sys.exit(1)
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has enough of it. Nothing may be flushed to it any more.
        sys.stdout = None
        sys.exit(141)
