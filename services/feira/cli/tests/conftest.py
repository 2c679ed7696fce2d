"""Commands as they are typed, run in this process on a database of their own."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog

from feira.cli.main import main


@dataclass
class Done:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.out)

    @property
    def lines(self) -> list[Any]:
        return [msgspec.json.decode(line) for line in self.out.splitlines()]


Feira = Callable[..., Done]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Feira:
    """Runs a command and tells what it said; `stdin` is what it reads."""

    def run(*arguments: object, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "argv", ["feira", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        status = 0
        try:
            main()
        except SystemExit as exit_:
            status = exit_.code if isinstance(exit_.code, int) else 1
        finally:
            structlog.reset_defaults()
        out, err = capsys.readouterr()
        return Done(status, out, err)

    return run


@pytest.fixture
def feira(bare: Feira, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Feira:
    """The same, with an empty database and data directory."""
    monkeypatch.setenv("DATABASE_URL", dsn)
    monkeypatch.setenv("FEIRA_DATA", str(tmp_path / "data"))
    return bare
