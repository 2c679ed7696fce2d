"""`feira events`: dead letters. An event that a handler could not cope with is set aside, and its followers behind it."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from feira.cli.options import HERE, Data, Json
from feira.cli.output import people, say_json, show_table
from feira.cli.shop import connected, run, service, services_of
from feira.host.errors import HostError
from feira.host.settings import SERVICES
from feira.parked.store import Parked, drop_parked, list_parked, read_parked

ERROR_SHOWN = 100  # Characters of an error in the list.

app = typer.Typer(
    no_args_is_help=True,
    help="""Events that could not be handled. They wait, each before the later ones of its key; other keys go on.

    Find out why with [bold]list[/bold] and [bold]show[/bold], put it right, then [bold]replay[/bold]; or
    [bold]drop[/bold] what shall never be handled.""",
)

Name = Annotated[str, typer.Argument(help="As the list names it: SERVICE:NUMBER.", metavar="EVENT")]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    event: str
    topic: str
    key: str
    handler: str
    parked_at: str
    error: str


@app.command("list")
def list_events(data: Data = HERE, json: Json = False) -> None:
    """List what waits, oldest first in each service: an event before those behind it.

    [bold]Example[/bold]

    feira events list --json | jq -r .event
    """

    async def work() -> list[Listed]:
        found: list[Listed] = []
        async with connected(data) as settings:
            for name in services_of(settings):
                async with service(settings, name) as shop, shop.dbs[name].read() as tx:
                    found += [_listed(name, parked) for parked in await list_parked(tx)]
        return found

    found = run(work())
    if json:
        for one in found:
            say_json(one)
    elif found:
        columns = ("Event", "Topic", "Key", "Handler", "Since", "Error")
        show_table(columns, [(*msgspec.structs.astuple(one)[:5], one.error[:ERROR_SHOWN]) for one in found])
    else:
        people.print("No event waits.")


@app.command()
def show(event: Name, data: Data = HERE, json: Json = False) -> None:
    """Show one event whole, with what it says; secrets in it are masked.

    [bold]Example[/bold]

    feira events show orders:17
    """
    from feira.kernel.logs import masked  # Here, because it takes long to import.

    name, number = _named(event)

    async def work() -> Parked | None:
        async with connected(data) as settings, service(settings, name) as shop, shop.dbs[name].read() as tx:
            return await read_parked(tx, number)

    parked = run(work())
    if parked is None:
        raise HostError(f"no event {event} waits")
    told = msgspec.to_builtins(parked) | {"payload": masked(msgspec.json.decode(parked.payload))}
    if json:
        say_json(told)
        return
    for key, value in told.items():
        if key == "payload":
            people.print("[bold]payload[/bold]")
            people.print_json(msgspec.json.encode(value).decode())
        else:
            people.print(f"[bold]{key:<10}[/bold]", end=" ")
            people.print(str(value), markup=False)


@app.command()
def replay(
    events: Annotated[list[str] | None, typer.Argument(help="SERVICE:NUMBER …", metavar="[EVENT]…")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that wait, in order.")] = False,
    data: Data = HERE,
    json: Json = False,
) -> None:
    """Handle events again, in order. Where one fails again the later ones of its key wait on; ends with 1 then.

    [bold]Examples[/bold]

    feira events replay orders:17 orders:18

    feira events replay --all
    """
    if bool(events) == every:
        raise typer.BadParameter("name events, or give --all")
    outcomes = run(_replay([_named(event) for event in events or ()], data))
    for outcome in outcomes:
        if json:
            say_json(outcome)
        else:
            mark = f"[red]failed:[/red] {escape(outcome['error'])}" if outcome["error"] else "[green]done[/green]"
            people.print(f"{outcome['event']:<20} {mark}")
    if not outcomes and not json:
        people.print("No event waits.")
    if any(outcome["error"] for outcome in outcomes):
        raise typer.Exit(1)


async def _replay(named: Sequence[tuple[str, int]], data: Any) -> list[dict[str, Any]]:
    """These events, or all; a key whose event failed is left alone."""
    outcomes: list[dict[str, Any]] = []
    async with connected(data) as settings:
        for name in services_of(settings):
            numbers = [number for service_name, number in named if service_name == name]
            if named and not numbers:
                continue
            async with service(settings, name) as shop:
                outcomes += await _replay_service(shop, name, sorted(numbers))
    return outcomes


async def _replay_service(shop: Any, name: str, numbers: Sequence[int]) -> list[dict[str, Any]]:
    outcomes: list[dict[str, Any]] = []
    failed: set[tuple[str, str]] = set()
    after = 0
    db = shop.dbs[name]
    while page := await _page(db, numbers, after):
        for number, parked in page:
            after = number
            if parked is not None and (parked.handler, parked.key) in failed:
                continue
            error = None
            try:
                await shop.consumers[name].replay(number)
            except Exception as failure:  # noqa: BLE001 - whatever the handler raises is told, and the next one is tried.
                error = f"{type(failure).__name__}: {failure}"
                if parked is not None:
                    failed.add((parked.handler, parked.key))
            outcomes.append({"event": f"{name}:{number}", "error": error})
    return outcomes


async def _page(db: Any, numbers: Sequence[int], after: int) -> list[tuple[int, Parked | None]]:
    async with db.read() as tx:
        if numbers:
            return [(number, await read_parked(tx, number)) for number in numbers if number > after]
        return [(parked.number, parked) for parked in await list_parked(tx, after)]


@app.command()
def drop(
    event: Name,
    reason: Annotated[str, typer.Option(help="Why it shall never be handled; kept with it.", prompt=True)],
    data: Data = HERE,
    json: Json = False,
) -> None:
    """Never handle an event. It is kept with the reason; what waits behind it can be replayed then.

    [bold]Example[/bold]

    feira events drop notifications:3 --reason "the address was a test"
    """
    if not reason.strip():
        raise typer.BadParameter("a reason is needed", param_hint="--reason")
    name, number = _named(event)

    async def work() -> bool:
        async with connected(data) as settings, service(settings, name) as shop, shop.dbs[name].tx() as tx:
            return await drop_parked(tx, number, reason.strip())

    if not run(work()):
        raise HostError(f"no event {event} waits")
    if json:
        say_json({"event": event, "dropped": True})
    else:
        people.print(f"{event} is dropped.", markup=False)


def _named(event: str) -> tuple[str, int]:
    name, _, number = event.partition(":")
    if name not in SERVICES or not number.isdecimal() or int(number) >= 2**63:
        raise typer.BadParameter(f"{event} is not SERVICE:NUMBER, such as orders:17", param_hint="EVENT")
    return name, int(number)


def _listed(name: str, parked: Parked) -> Listed:
    return Listed(
        event=f"{name}:{parked.number}",
        topic=parked.topic,
        key=parked.key,
        handler=parked.handler,
        parked_at=parked.parked_at.isoformat(timespec="seconds"),
        error=parked.error,
    )
