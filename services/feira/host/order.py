"""What the processes of a shop tell each other."""

import os
import sys
import tempfile
from typing import Literal

import msgspec

from feira.kernel.config import Settings


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What `feira up` was asked for. It goes from the command to the supervisor and on to the workers, as JSON."""

    settings: Settings
    embedded: bool  # PostgreSQL is ours to run; the supervisor then fills in `settings.database_url`.
    prepare: bool = False  # Bring the database up to date before serving: the first worker's, at its first start.
    demo: bool = False
    web: bool = False  # Start the front end; the supervisor then fills in `settings.web`.
    json: bool = False  # Say where the shop is in one line of JSON.
    warnings: tuple[str, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One line from a worker to the supervisor."""

    kind: Literal["prepared", "ready", "failed", "said", "staff"]
    text: str = ""


def become_supervisor(order: Order) -> None:
    """Turn this process into the supervisor: the command that it was has imported much that is not needed any more."""
    with tempfile.TemporaryFile() as file:
        file.write(msgspec.json.encode(order))
        file.seek(0)
        os.set_inheritable(file.fileno(), True)
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, "-P", "-m", "feira.host.supervisor", str(file.fileno())])  # noqa: S606 - no shell wanted.
