"""What runs a command, and turns what may go wrong into one sentence and an exit status."""

import os
import signal
import sys

import typer

from feira.cli.up import up
from feira.host.errors import HostError


def main() -> None:
    """Run a command; a failure that is not a bug is told in one sentence."""
    app = typer.Typer(
        name="feira",
        help="""A street market in a box: an e-commerce platform that starts with one command.

        [bold]feira up --demo[/bold] opens a shop with sample goods on http://127.0.0.1:8000; its data goes to ./.feira.

        Every other command works on the same data: beside the running shop, or without it.""",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        callback=lambda: None,  # Else `up` would not have to be said where it is the only one.
    )
    app.command()(up)
    try:
        if sys.argv[1:2] == ["up"]:
            app(prog_name="feira")  # A shop opens without waiting for what the other commands import.
        else:
            from feira.cli.commands import run_any

            run_any(app)
    except BrokenPipeError:
        # Whoever read our output has enough of it; what is still to be flushed must not fail either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)
    except HostError as failure:
        _fail(str(failure))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _fail(sentence: str) -> None:
    from feira.cli.output import notes

    notes.print("[red]feira:[/red]", end=" ")
    notes.print(" ".join(sentence.split()), markup=False, soft_wrap=True)
    sys.exit(1)
