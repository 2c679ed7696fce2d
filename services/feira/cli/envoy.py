"""`feira envoy`: the front of a shop whose services run apart."""

from typing import Annotated

import msgspec
import typer
from typer import Option

from feira.cli.shop import run
from feira.host.errors import HostError


def envoy(
    service: Annotated[
        list[str],
        Option("--service", metavar="NAME=HOST:PORT", help="Where a service's HTTP is; once for each service."),
    ],
    host: Annotated[str, Option(help="The address that Envoy listens on.")] = "127.0.0.1",
    port: Annotated[int, Option(help="The port that Envoy listens on.", min=1, max=65535)] = 8000,
) -> None:
    """Print an Envoy configuration that leads each path to the service that answers it.

    [bold]Example[/bold]

    feira envoy --service users=127.0.0.1:8101 --service orders=127.0.0.1:8104 > envoy.json

    envoy -c envoy.json
    """
    from feira.envoy import config  # Here, because the next import is the whole program.
    from feira.live.http import PATH as LIVE

    places: dict[str, str] = {}
    for one in service:
        name, equals, address = one.partition("=")
        if not equals or not address.rpartition(":")[2].isdecimal():
            raise HostError(f"--service {one} is not NAME=HOST:PORT")
        places[name] = address
    paths = run(_paths())
    if unknown := sorted(places.keys() - paths.keys()):
        raise HostError(f"there is no service {', '.join(unknown)}; there are {', '.join(paths)}")
    text = msgspec.json.format(
        msgspec.json.encode(config(places, paths, host=host, port=port, sockets=(LIVE,))), indent=2
    )
    typer.echo(text.decode())


async def _paths() -> dict[str, list[str]]:
    """The paths that each service answers."""
    from feira.app import sketched

    shop = sketched()
    return {card.name: [route.path for route in shop.routes([card.name])] for card in shop.cards}
