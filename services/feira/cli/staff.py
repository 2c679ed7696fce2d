"""`feira staff`: who may work in the back office."""

import sys
from typing import Annotated, Literal

import typer

from feira.cli.options import HERE, Data, Json
from feira.cli.output import people, say_json
from feira.cli.shop import connected, run, service

PASSWORD_MAX = 4_096  # Characters read from stdin; what a password may be is decided elsewhere.

app = typer.Typer(no_args_is_help=True, help="Who may work in the back office.")


@app.callback()
def _group() -> None:
    """Keeps `add` a word of its own while it is the only command."""


@app.command()
def add(
    email: Annotated[str, typer.Argument(help="Where mails to this person go; it is taken as proven.")],
    role: Annotated[
        Literal["staff", "admin"], typer.Option(help="An admin also changes who may do what, and gives events up.")
    ] = "staff",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from stdin, up to the first line's end.")
    ] = False,
    data: Data = HERE,
    json: Json = False,
) -> None:
    """Give somebody an account, or another role. Twice is the same as once.

    [bold]Examples[/bold]

    feira staff add ana@shop.example --role admin                  [dim]asks for the password[/dim]

    echo "$PASSWORD" | feira staff add ana@shop.example --role admin --password-stdin
    """
    password: str | None = None
    if password_stdin:
        password = sys.stdin.readline(PASSWORD_MAX).rstrip("\r\n")
    elif sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)

    async def work() -> bool:
        async with connected(data, makes=True) as settings, service(settings, "users") as shop:
            new: bool = await shop.services["users"].add_staff(email, role, password)
            return new

    new = run(work())
    if json:
        say_json({"email": email, "role": role, "new": new})
        return
    people.print(f"{email} {'is now' if new else 'was here before, and is now'} {role}.", markup=False)
    if new and password is None:
        people.print("There is no password yet: it is set through the shop's password reset.")
