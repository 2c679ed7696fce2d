"""Puts the commands together, and turns what may go wrong into one sentence and an exit status."""

import asyncio
import os
import signal
import sys

import asyncpg
import typer

from feira.cli import events, goods, staff
from feira.cli.config import config
from feira.cli.doctor import doctor
from feira.cli.envoy import envoy
from feira.cli.export import export
from feira.cli.migrate import migrate
from feira.cli.openapi import openapi
from feira.cli.output import notes
from feira.cli.up import up
from feira.host.errors import HostError
from feira.kernel.db import LOST
from feira.kernel.errors import Refused
from feira.kernel.migrate import MigrationError

DATABASE_FAILED: tuple[type[BaseException], ...] = (*LOST, asyncpg.PostgresError)

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
app.command()(up)
app.add_typer(goods.app, name="import")
app.command()(export)
app.command()(migrate)
app.add_typer(staff.app, name="staff")
app.add_typer(events.app, name="events")
app.command()(config)
app.command()(doctor)
app.command()(openapi)
app.command()(envoy)


def main() -> None:
    """Run a command; a failure that is not a bug is told in one sentence."""
    try:
        app(prog_name="feira")
    except BrokenPipeError:
        # Whoever read our output has enough of it; what is still to be flushed must not fail either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)
    except (HostError, MigrationError) as failure:
        _fail(str(failure))
    except Refused as refusal:
        _fail(refusal.detail)
    except DATABASE_FAILED as failure:
        _fail(f"the database does not do what is asked ({type(failure).__name__}): {failure}")
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(128 + signal.SIGINT)


def _fail(sentence: str) -> None:
    notes.print("[red]feira:[/red]", end=" ")
    notes.print(" ".join(sentence.split()), markup=False, soft_wrap=True)
    sys.exit(1)
