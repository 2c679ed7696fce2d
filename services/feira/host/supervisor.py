"""What `feira up` becomes (see `order.become_supervisor`): it starts PostgreSQL and the workers, sees to it that they live, and ends them.

It does nothing else, so that nothing in the shop can take it down, and imports little, for it stays in memory.
"""

import asyncio
import errno
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from typing import TextIO

import msgspec

from feira.host.banner import banner
from feira.host.child import Child
from feira.host.datadir import DataDir
from feira.host.errors import HostError
from feira.host.order import Order
from feira.host.postgres import Postgres
from feira.host.sharing import owned

FAILURES_MAX = 5  # So many starts in a row come to nothing before we give up.
BACKOFF_S = 0.1  # Doubled with every start that did not last.
BACKOFF_MAX_S = 5.0
LASTED_S = 10.0
STOP_TIMEOUT_S = 15.0
LOG_EVERY_S = 30.0


class Supervisor:
    """Everything it runs is a task of its own; a signal cancels them, and each takes what it started with it."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.data = DataDir.open(order.settings.data_path)
        self._hurry = asyncio.Event()  # Set by a second signal: the workers are killed.
        self._stopping = False
        self._postgres_up = asyncio.Event()
        self._prepared = asyncio.Event()
        self._ready: set[int] = set()
        self._all_ready = asyncio.Event()
        self._staff = ""

    async def run(self) -> None:
        """From the first check to the last goodbye; raises HostError for what the operator must hear."""
        me: asyncio.Task[None] | None = asyncio.current_task()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # Started with nohup: it shall outlive its terminal.
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal, me)
        try:
            await self._run()
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            say("Feira has stopped.")
        except BaseExceptionGroup as group:
            raise _first(group) from group

    def _on_signal(self, me: "asyncio.Task[None] | None") -> None:
        if self._stopping:
            self._hurry.set()
            return
        self._stopping = True
        say("Stopping; once more to stop at once.")
        if me:
            me.cancel()

    async def _run(self) -> None:
        lock = self.data.lock_up()
        try:
            check_ports(self.order)
            first = Child()  # It imports the program while PostgreSQL starts.
            try:
                async with self._front(), self._database() as postgres, asyncio.TaskGroup() as group:
                    if postgres:
                        group.create_task(self._keep_postgres(postgres))
                        group.create_task(_keep_log_short(postgres))
                    group.create_task(self._keep_worker(0, first))
                    for number in range(1, self.order.settings.workers):
                        group.create_task(self._keep_worker(number))
                    group.create_task(self._welcome())
            finally:
                await first.end(0, self._hurry)  # Long ended, unless there was no database for it.
        finally:
            lock.release()

    @asynccontextmanager
    async def _database(self) -> AsyncIterator[Postgres | None]:
        if not self.order.embedded:
            self._postgres_up.set()
            yield None
            return
        async with owned(self.data, self.order.settings.db_connections, say) as postgres:
            settings = msgspec.structs.replace(self.order.settings, database_url=postgres.url())
            self.order = msgspec.structs.replace(self.order, settings=settings)
            self._postgres_up.set()
            yield postgres

    @asynccontextmanager
    async def _front(self) -> AsyncIterator[None]:
        """The front end begins beside the database, and ends after the workers: what they have begun may need a page."""
        if not self.order.web:
            yield
            return
        from feira.host.front import Front  # noqa: PLC0415 - a shop without pages knows nothing of it.

        front = Front(self.order.settings, self.data, demo=self.order.demo, say=say)
        settings = msgspec.structs.replace(self.order.settings, web=front.web)
        self.order = msgspec.structs.replace(self.order, settings=settings)
        keeping = asyncio.create_task(front.keep())
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await front.stop()

    async def _keep_worker(self, number: int, child: Child | None = None) -> None:
        """The first worker, which has begun already, prepares the database; the others begin when that is done."""
        settings = msgspec.structs.replace(self.order.settings, worker=number)
        order = msgspec.structs.replace(self.order, settings=settings)
        in_vain = short = 0
        if child is None:
            await self._prepared.wait()
        while True:
            await self._postgres_up.wait()
            began = time.monotonic()
            child = child or Child()
            try:
                child.give(msgspec.structs.replace(order, prepare=not self._prepared.is_set()))
                served, failure = await self._listen(child, number)
            finally:
                how = await child.end(STOP_TIMEOUT_S, self._hurry)
            if not self._prepared.is_set():
                raise HostError(failure or f"the database could not be prepared ({how})")
            in_vain = 0 if served or not self._postgres_up.is_set() else in_vain + 1
            if in_vain == FAILURES_MAX:
                raise HostError(failure or f"the shop could not be started: worker {number} ended with {how}")
            short = 0 if time.monotonic() - began > LASTED_S else short + 1
            say(f"Worker {number} (process {child.pid}) ended with {how}; another is started. {failure}".rstrip())
            await asyncio.sleep(min(BACKOFF_MAX_S, BACKOFF_S * 2 ** min(short, 10)))
            child = None

    async def _listen(self, child: Child, number: int) -> tuple[bool, str]:
        """Act on what a worker reports until it ends; answers whether it served, and the sentence of its failure."""
        served, failure = False, ""
        async with aclosing(child.reports()) as reports:
            async for report in reports:
                if report.kind == "said":
                    say(report.text)
                elif report.kind == "staff":
                    self._staff = report.text
                elif report.kind == "prepared":
                    self._prepared.set()
                elif report.kind == "ready":
                    served = True
                    self._is_ready(number)
                else:
                    failure = report.text
        return served, failure

    async def _keep_postgres(self, postgres: Postgres) -> None:
        while True:
            await postgres.wait_dead()
            self._postgres_up.clear()
            say("PostgreSQL ended unexpectedly; it is started again.")
            for attempt in range(1, FAILURES_MAX + 1):
                await asyncio.sleep(BACKOFF_S * 2**attempt)
                try:
                    await postgres.start()
                    break
                except HostError:
                    if attempt == FAILURES_MAX:
                        raise
            self._postgres_up.set()

    def _is_ready(self, number: int) -> None:
        self._ready.add(number)
        if len(self._ready) == self.order.settings.workers:
            self._all_ready.set()

    async def _welcome(self) -> None:
        await self._all_ready.wait()
        logs = {
            "PostgreSQL's log": str(self.data.postgres_log) if self.order.embedded else "",
            "The pages' log": str(self.data.web_log) if "address" in self.order.settings.web else "",
        }
        _write(sys.stdout, banner(self.order, self._staff, logs, colour=sys.stdout.isatty()))


async def _keep_log_short(postgres: Postgres) -> None:
    while True:
        await asyncio.sleep(LOG_EVERY_S)
        postgres.trim_log()


def check_ports(order: Order) -> None:
    """Raise HostError if one of our ports is taken. The workers share theirs, which would hide it from them."""
    settings = order.settings
    wanted = [("--port", settings.host, settings.port)]
    wanted += [("--internal-port", "127.0.0.1", settings.internal_port + number) for number in range(settings.workers)]
    if settings.grpc_port is not None:
        wanted.append(("--grpc-port", settings.host, settings.grpc_port))
    for flag, host, port in wanted:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind(address)
        except OSError as failure:
            raise HostError(_about_port(failure, host, port, flag)) from failure


def _about_port(failure: OSError, host: str, port: int, flag: str) -> str:
    if failure.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use by another program: choose another with {flag}"
    if failure.errno == errno.EACCES:
        return f"port {port} is reserved for root: choose one from 1024 up with {flag}"
    return f"cannot listen on {host}, port {port}: {failure.strerror or failure}"


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of all that went wrong together, the sentence for the operator if there is one."""
    leaves: list[BaseException] = [group]
    for leaf in leaves:
        if isinstance(leaf, BaseExceptionGroup):
            leaves.extend(leaf.exceptions)
    return next((leaf for leaf in leaves if isinstance(leaf, HostError)), group)


def say(text: str) -> None:
    """Tell the operator; the shop's own output is its log."""
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> None:
    """A terminal that is closed, or a pipe that nobody reads any more, is no reason to close the shop."""
    with suppress(OSError, ValueError):
        stream.write(f"{text}\n")
        stream.flush()


def main(arguments: Sequence[str]) -> int:
    """`python -m feira.host.supervisor FILE`, the number of an open file with the order."""
    with os.fdopen(int(arguments[0]), "rb") as file:
        order = msgspec.json.decode(file.read(), type=Order)
    try:
        asyncio.run(Supervisor(order).run())
    except HostError as failure:
        say(f"feira: {' '.join(str(failure).split())}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
