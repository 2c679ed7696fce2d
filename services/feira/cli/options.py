"""Options that many commands have."""

from pathlib import Path
from typing import Annotated, TypeAlias

from typer import Option

HERE = Path(".feira")

Data: TypeAlias = Annotated[
    Path, Option("--data", envvar="FEIRA_DATA", help="The shop's data directory. DATABASE_URL goes before it.")
]
Json: TypeAlias = Annotated[bool, Option("--json", help="Speak JSON, for programs.")]
