"""`feira openapi`: the contract that the shop keeps over HTTP."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from typer import Option

from feira import __version__
from feira.cli.output import people, say_json
from feira.cli.shop import run
from feira.host.errors import HostError


def openapi(
    output: Annotated[Path | None, Option("--output", "-o", help="A file to write; else stdout.")] = None,
    check: Annotated[Path | None, Option(help="A file that must say the same; ends with 1 if it does not.")] = None,
    json: Annotated[bool, Option("--json", help="On one line, for programs.")] = False,
) -> None:
    """Print the OpenAPI 3.1 document of the shop's HTTP interface. It needs neither data nor a running shop.

    [bold]Example[/bold]

    feira openapi | npx openapi-typescript -o shop.ts
    """
    document = run(_document())
    text = _pretty(document)
    if check is not None:
        try:
            same = check.read_text(encoding="utf-8") == text
        except OSError as failure:
            raise HostError(f"{check} cannot be read: {failure.strerror}") from failure
        if not same:
            raise HostError(f"{check} is not what the code says: run `make openapi`")
    elif output is not None:
        output.write_text(text, encoding="utf-8")
        people.print(f"{output} is written.", markup=False)
    elif json:
        say_json(document)
    else:
        typer.echo(text, nl=False)


async def _document() -> Any:
    from feira.app import sketched  # Here, because it imports the whole program.
    from feira.transport.openapi import openapi as describe

    shop = sketched()
    return describe(shop.routes(), title=shop.settings.shop_name, version=__version__)


def _pretty(document: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
