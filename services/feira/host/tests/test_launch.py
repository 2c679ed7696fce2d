import os
import signal
import subprocess
import sys

import pytest

from feira.host import launch


def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-I", "-S", launch.__file__, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


def test_it_becomes_the_program() -> None:
    done = run(os.getpid(), int(signal.SIGTERM), -1, -1, "/bin/sh", "-c", "umask; echo $0", "name")
    assert done.stdout.split() == ["0077", "name"]


def test_a_program_that_is_not_there() -> None:
    assert run(os.getpid(), 15, -1, -1, "/none").stderr == "/none: No such file or directory\n"


def test_an_orphan_does_not_begin() -> None:
    done = run(1, 15, -1, -1, "/bin/echo", "begun")
    assert (done.returncode, done.stdout) == (1, "")


def test_the_order_of_what_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account is changed first: the kernel forgets the tie to the parent when it changes."""
    did: list[tuple[object, ...]] = []
    for name in ("setgroups", "setgid", "setuid", "umask", "_exit", "execv"):
        monkeypatch.setattr(os, name, lambda *arguments, name=name: did.append((name, *arguments)))
    launch.main([str(os.getppid()), "0", "12", "34", "/bin/x", "y"])
    expected = [
        ("setgroups", []),
        ("setgid", 34),
        ("setuid", 12),
        ("umask", 0o077),
        ("execv", "/bin/x", ["/bin/x", "y"]),
    ]
    assert did == expected
    did.clear()
    launch.main(["-5", "0", "-1", "-1", "/bin/x"])
    assert did == [("umask", 0o077), ("_exit", 1), ("execv", "/bin/x", ["/bin/x"])]

    def refuse(_program: str, _command: list[str]) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(os, "execv", refuse)
    with pytest.raises(SystemExit, match="/bin/x: No such file"):
        launch.main([str(os.getppid()), "0", "-1", "-1", "/bin/x"])
