"""All commands but `feira up`."""

import asyncio

import asyncpg
import typer

from feira.cli import events, goods, staff
from feira.cli.config import config
from feira.cli.doctor import doctor
from feira.cli.envoy import envoy
from feira.cli.export import export
from feira.cli.migrate import migrate
from feira.cli.openapi import openapi
from feira.host.errors import HostError
from feira.kernel.db import LOST
from feira.kernel.errors import Refused
from feira.kernel.migrate import MigrationError

DATABASE_FAILED: tuple[type[BaseException], ...] = (*LOST, asyncpg.PostgresError)


def run_any(app: typer.Typer) -> None:
    """Run the command that was typed; what may go wrong becomes a HostError."""
    app.add_typer(goods.app, name="import")
    app.command()(export)
    app.command()(migrate)
    app.add_typer(staff.app, name="staff")
    app.add_typer(events.app, name="events")
    app.command()(config)
    app.command()(doctor)
    app.command()(openapi)
    app.command()(envoy)
    try:
        app(prog_name="feira")
    except BrokenPipeError:
        raise  # It is the reader of our output that has gone, not the database.
    except MigrationError as failure:
        raise HostError(str(failure)) from failure
    except Refused as refusal:
        raise HostError(refusal.detail) from refusal
    except DATABASE_FAILED as failure:
        raise HostError(f"the database does not do what is asked ({type(failure).__name__}): {failure}") from failure
    except asyncio.CancelledError as interrupted:
        raise KeyboardInterrupt from interrupted
