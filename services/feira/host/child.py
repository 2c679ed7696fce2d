"""A Python process of ours: its order comes on stdin, and its reports go through a pipe."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import suppress

import msgspec

from feira.host.order import Order, Report

POLL_S = 0.02
REPORT_MAX = 64 * 1024
KILLED_S = 10.0


class Child:
    """Begins at once, so that it imports the program before there is anything to do, and waits for its order.

    It has a session of its own so that Ctrl-C does not reach it, and dies with us.
    """

    def __init__(self) -> None:
        reading, writing = os.pipe()
        self._pipe = os.fdopen(reading, "rb", buffering=0)
        self._silent = False  # It has closed its end of the pipe, and is about to go.
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "feira.host.worker", str(os.getpid()), str(writing)],
                stdin=subprocess.PIPE,
                pass_fds=(writing,),
                start_new_session=True,
            )
        except BaseException:
            self._pipe.close()
            raise
        finally:
            os.close(writing)

    def give(self, order: Order) -> None:
        """What it shall do; to be said once. An order is far smaller than what a pipe holds, so nobody waits here."""
        assert self._process.stdin is not None  # noqa: S101 - it was asked for.
        with suppress(BrokenPipeError), self._process.stdin as stdin:  # If it is gone, its reports tell of that.
            stdin.write(msgspec.json.encode(order))

    @property
    def pid(self) -> int:
        return self._process.pid

    async def reports(self) -> AsyncGenerator[Report, None]:
        """What it says, until it ends: nobody else holds the other end of the pipe."""
        reader = asyncio.StreamReader(limit=REPORT_MAX)
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, self._pipe)
        try:
            while line := await reader.readline():
                yield msgspec.json.decode(line, type=Report)
            self._silent = True
        finally:
            transport.close()

    async def end(self, patience_s: float, hurry: asyncio.Event) -> str:
        """Ask it to end, then make it, at once if `hurry` is set; answers how it ended, in words."""
        for number, wait_s in (
            (0, patience_s if self._silent else 0.0),
            (signal.SIGTERM, patience_s),
            (signal.SIGKILL, KILLED_S),
        ):
            until = time.monotonic() + wait_s
            if self._process.poll() is None:
                self._process.send_signal(number)
            while self._process.poll() is None and time.monotonic() < until:
                if hurry.is_set() and number != signal.SIGKILL:
                    break
                await asyncio.sleep(POLL_S)
        self._pipe.close()
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        code = self._process.returncode
        return f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"
