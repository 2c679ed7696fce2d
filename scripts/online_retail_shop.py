"""The shop as the replay sees it: HTTP with patience, staff and customers signed in, and a shop of its own if wanted."""

import asyncio
import json
import os
import re
import secrets
import shutil
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

TRIES_MAX: Final = 40
RETRY_S: Final = 0.25
RETRY_MAX_S: Final = 30.0
TIMEOUT_S: Final = 120
TOKEN_S: Final = 480  # Access tokens live for 600 s; they are changed before.
START_TIMEOUT_S: Final = 120
STOP_TIMEOUT_S: Final = 60
AGAIN: Final = frozenset(("in_progress", "rate_limited", "overloaded", "unavailable"))
STAFF_EMAIL: Final = "replay@staff.example"


class UnexpectedAnswer(Exception):  # noqa: N818 - what it says.
    """The shop answered otherwise than its contract lets one expect."""

    def __init__(self, method: str, path: str, status: int, body: bytes) -> None:
        super().__init__(f"{method} {path}: {status} {body[:600].decode('utf-8', 'replace')}")
        self.status = status
        try:
            self.code = str(json.loads(body).get("code", ""))
        except (ValueError, AttributeError):
            self.code = ""


class Client:
    """Requests that are sent again when the shop asks for it or the connection breaks; so they must bear repetition.

    `url_of` tells where a path is answered, for shops in several pieces.
    """

    def __init__(self, http: aiohttp.ClientSession, url_of: Callable[[str], str]) -> None:
        self._http = http
        self._url_of = url_of
        self.retries = 0

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        bearer: str | None = None,
        key: str | None = None,
        address: str | None = None,
        content_type: str = "application/json",
    ) -> Any:
        """The decoded answer. `address` is where the request says it comes from, for shops that believe us."""
        headers = {"content-type": content_type} if body is not None else {}
        if bearer:
            headers["authorization"] = f"Bearer {bearer}"
        if key:
            headers["idempotency-key"] = key
        if address:
            headers["x-forwarded-for"] = address
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        for tries in range(1, TRIES_MAX + 1):
            try:
                async with self._http.request(method, self._url_of(path), data=data, headers=headers) as answer:
                    read = await answer.read()
            except (aiohttp.ClientConnectionError, TimeoutError):
                if tries == TRIES_MAX:
                    raise
                self.retries += 1
                await asyncio.sleep(min(RETRY_MAX_S, RETRY_S * tries))
                continue
            if answer.status < 400:
                return json.loads(read) if read else None
            failure = UnexpectedAnswer(method, path, answer.status, read)
            if failure.code not in AGAIN or tries == TRIES_MAX:
                raise failure
            self.retries += 1
            await asyncio.sleep(min(RETRY_MAX_S, float(answer.headers.get("retry-after", RETRY_S))))
        raise AssertionError("the loop answers or raises")

    async def pages(self, path: str, **asked: Any) -> AsyncIterator[Any]:
        """The items of a list, page by page."""
        bearer = asked.pop("staff", None)
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        cursor = ""
        while True:
            token = await bearer.token() if bearer else None
            page = await self.ask("GET", f"{path}?limit=100&{query}{cursor}", bearer=token)
            for item in page["items"]:
                yield item
            if not page["next"]:
                return
            cursor = f"&cursor={page['next']}"

    async def text(self, url: str) -> str:
        async with self._http.get(url) as answer:
            answer.raise_for_status()
            return await answer.text()


@dataclass
class Login:
    """Somebody with an account: an access token that is always fresh."""

    client: Client
    email: str
    password: str
    address: str | None = None
    access: str = ""
    refresh: str = ""
    until: float = 0.0

    async def register(self, name: str) -> None:
        body = {"email": self.email, "password": self.password, "name": name}
        await self.client.ask("POST", "/v1/users", body, address=self.address)

    async def token(self) -> str:
        if time.monotonic() < self.until:
            return self.access
        if self.refresh:
            path, body = "/v1/sessions/refresh", {"refresh_token": self.refresh}
        else:
            path, body = "/v1/sessions", {"email": self.email, "password": self.password}
        tokens = await self.client.ask("POST", path, body, address=self.address)
        self.access, self.refresh = tokens["access_token"], tokens["refresh_token"]
        self.until = time.monotonic() + TOKEN_S
        return self.access


@dataclass(frozen=True)
class Opened:
    """Where a shop is, and its staff's login."""

    url: str
    metrics: tuple[str, ...]
    email: str
    password: str


def program() -> str:
    """The built `feira` command: the one beside this Python, or the one on the path."""
    beside = Path(sys.executable).with_name("feira")
    found = str(beside) if beside.exists() else shutil.which("feira")
    if not found:
        raise SystemExit("there is no feira command: run make setup, or give --base-url")
    return found


def free_ports(number: int) -> int:
    """The first of so many neighbouring ports that are free now."""
    for _ in range(100):
        first = secrets.randbelow(20_000) + 30_000
        sockets = []
        try:
            for port in range(first, first + number):
                one = socket.socket()
                sockets.append(one)
                one.bind(("127.0.0.1", port))
        except OSError:
            continue
        else:
            return first
        finally:
            for one in sockets:
                one.close()
    raise SystemExit("no free ports were found")


@asynccontextmanager
async def own_shop(data: Path, currency: str, country: str, workers: int) -> AsyncIterator[Opened]:
    """A shop of our own in this data directory, with a member of staff, for as long as the block lasts."""
    port = free_ports(1 + workers)
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    arguments = [
        *("up", "--host", "127.0.0.1", "--port", str(port), "--internal-port", str(port + 1), "--data", str(data)),
        *("--currency", currency, "--country", country, "--workers", str(workers)),
        # Each customer comes from an address of their own, as they do in life, and the rate limits count by address.
        *("--trusted-proxies", "127.0.0.1"),
    ]
    with (data / "shop.log").open("wb") as log:
        shop = await asyncio.create_subprocess_exec(
            program(), *arguments, stdout=log, stderr=log, stdin=asyncio.subprocess.DEVNULL, env=environment
        )
        try:
            url = f"http://127.0.0.1:{port}"
            await _until_ready(shop, url, data / "shop.log")
            password = secrets.token_urlsafe(16)
            await _hire(data, password, environment)
            metrics = tuple(f"http://127.0.0.1:{port + 1 + worker}/metrics" for worker in range(workers))
            yield Opened(url, metrics, STAFF_EMAIL, password)
        finally:
            if shop.returncode is None:
                shop.send_signal(signal.SIGTERM)
                try:
                    await asyncio.wait_for(shop.wait(), STOP_TIMEOUT_S)
                except TimeoutError:
                    shop.kill()
                    await shop.wait()


async def _until_ready(shop: asyncio.subprocess.Process, url: str, log: Path) -> None:
    async with aiohttp.ClientSession() as http, asyncio.timeout(START_TIMEOUT_S):
        while True:
            if shop.returncode is not None:
                told = await asyncio.to_thread(log.read_text)
                raise SystemExit(f"feira up ended with {shop.returncode}:\n{told[-3000:]}")
            try:
                async with http.get(f"{url}/readyz") as answer:
                    if answer.status == 200:
                        return
            except (aiohttp.ClientError, OSError):
                pass
            await asyncio.sleep(0.1)


async def _hire(data: Path, password: str, environment: dict[str, str]) -> None:
    arguments = ["staff", "add", STAFF_EMAIL, "--role", "admin", "--password-stdin", "--data", str(data)]
    process = await asyncio.create_subprocess_exec(
        program(),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
    )
    told, _ = await process.communicate(password.encode())
    if process.returncode != 0:
        raise SystemExit(f"feira staff add failed:\n{told.decode()}")


_SAMPLE = re.compile(r"^(?P<name>[a-z_]+)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)$", re.MULTILINE)


async def samples(client: Client, urls: tuple[str, ...]) -> dict[tuple[str, str], float]:
    """(Name, labels) -> value of all metrics; of the workers' numbers for one thing, the largest."""
    found: dict[tuple[str, str], float] = {}
    for url in urls:
        for match in _SAMPLE.finditer(await client.text(url)):
            key = (match["name"], match["labels"] or "")
            found[key] = max(found.get(key, 0.0), float(match["value"]))
    return found
