"""`feira doctor`: whether the shop can do its work here, and if not, why."""

import os

import typer

from feira.cli import checks_machine as machine
from feira.cli.checks import Check, bad, mind
from feira.cli.options import HERE, Data, Json
from feira.cli.output import people, say_json
from feira.cli.shop import connected, run
from feira.host.datadir import DataDir
from feira.host.errors import HostError
from feira.host.settings import settle

MARKS = {"good": "[green]✓[/green]", "mind": "[yellow]![/yellow]", "bad": "[red]✗[/red]"}


def doctor(data: Data = HERE, json: Json = False) -> None:
    """Check everything that the shop needs, beside the running shop or without it. Ends with 1 if something is wrong.

    [bold]Example[/bold]

    feira doctor --json | jq 'select(.state != "good")'
    """
    path = data.expanduser().absolute()
    if path.exists() or os.environ.get("DATABASE_URL"):
        checks = run(_checks(DataDir.open(path)))
    else:
        checks = [machine.check_program(), machine.check_files()]
        checks.append(mind("Shop", f"there is none in {path}: `feira up` makes one, --data says where another is"))
    for check in checks:
        if json:
            say_json(check)
            continue
        people.print(f"{MARKS[check.state]} [bold]{check.name:<16}[/bold]", end=" ")
        people.print(check.text, markup=False, soft_wrap=True)
    if any(check.state == "bad" for check in checks):
        raise typer.Exit(1)


async def _checks(data: DataDir) -> list[Check]:
    settings = settle({}, data, starting=False)
    found = [machine.check_program(), machine.check_files(), machine.check_data(data), machine.check_disk(data)]
    found += [machine.check_settings(settings), machine.check_database_place(settings)]
    running = machine.check_running(data)
    found.append(running)
    found.append(
        await machine.check_answers(settings) if running.state == "good" else machine.check_own_ports(settings)
    )
    found.append(await machine.check_mail(settings))
    try:
        found += await _database_checks(data)
    except HostError as failure:
        found.append(bad("PostgreSQL", str(failure)))
    return found


async def _database_checks(data: DataDir) -> list[Check]:
    from feira.app import CARDS  # Here, because it imports the whole program.
    from feira.cli.checks_database import check_databases

    async with connected(data.path) as settings:
        return await check_databases(settings, {name: card.home for name, card in CARDS.items()})
