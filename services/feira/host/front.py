"""The front end's Node.js: found, started, watched and ended.

It is a child in a session of its own that dies with us, listens on loopback alone, and is told nothing but where the API is:
it has no cookie, no secret and no database. Whoever asks for pages asks the workers, which keep them.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from feira.host import launch
from feira.host.datadir import DataDir, shorten
from feira.host.node import MISSING, NODE_MIN, find_node
from feira.host.settings import ANY, LOOPBACK
from feira.kernel.config import Settings

HEAP_MB = 128  # Of JavaScript's own; with Node's code and buffers it stays below RSS_MAX.
RSS_MAX = 250 << 20  # What has grown beyond is ended, and started again.
LOOK_EVERY_S = 15.0
POLL_S = 0.1
STOP_TIMEOUT_S = 5.0
KILLED_S = 5.0
BACKOFF_S = 0.2  # Doubled with every start that did not last.
BACKOFF_MAX_S = 10.0
LASTED_S = 10.0
PORTS_MAX = 200  # So many are tried.
PARTS = ("server.js", ".next/BUILD_ID", ".next/static")
# Why there are no pages: for the log and the operator in English, for who comes to the shop in her own language.
NOT_BUILT = {
    "fault": "its front end has not been built, which `make web` does",
    "fault_pt-BR": "ela ainda não foi compilada; `make web` faz isso",
}
NO_NODE = {
    "fault": MISSING,
    "fault_pt-BR": f"não há Node.js da versão {NODE_MIN} ou mais nova nesta máquina; instale um ou acrescente-o com "
    "`uv sync --inexact --extra node`",
}


def build_home() -> Path:
    """Where the build is: FEIRA_WEB_HOME, or in the checkout that this program is of."""
    given = os.environ.get("FEIRA_WEB_HOME")
    return Path(given) if given else Path(__file__).parents[3] / "frontend" / "web" / ".build" / "current"


class Front:
    """`web` is what the workers are told: where Next.js is, or why there is none."""

    def __init__(self, settings: Settings, data: DataDir, *, demo: bool, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._demo = demo
        self._say = say
        self._log = data.web_log
        self._process: subprocess.Popen[bytes] | None = None
        self._home = build_home().resolve()  # A newer build takes the name; ours stays where it is.
        self._node = find_node()
        self._port = 0
        if not all((self._home / part).exists() for part in PARTS):
            self.web = NOT_BUILT
        elif self._node is None:
            self.web = NO_NODE
        else:
            self._port = _free_port(settings)
            self.web = {"address": f"127.0.0.1:{self._port}", "home": str(self._home)}
        if fault := self.web.get("fault"):
            say(f"The shop opens without pages: {fault}.")

    async def keep(self) -> None:
        """See to it that it runs, until cancelled."""
        short = 0
        while self._node is not None and "address" in self.web:
            began = time.monotonic()
            try:
                self._process = self._spawn(self._node)
                how = await self._ended(self._process)
            except OSError as failure:
                how = failure.strerror or str(failure)
            short = 0 if time.monotonic() - began > LASTED_S else short + 1
            if short in {0, 1, 5}:
                self._say(f"The front end ended with {how}; it is started again. Its log: {self._log}")
            await asyncio.sleep(min(BACKOFF_MAX_S, BACKOFF_S * 2 ** min(short, 10)))

    async def stop(self) -> None:
        """End it; twice is once."""
        if (process := self._process) is None:
            return
        for number, patience_s in ((signal.SIGTERM, STOP_TIMEOUT_S), (signal.SIGKILL, KILLED_S)):
            until = time.monotonic() + patience_s
            if process.poll() is None:
                process.send_signal(number)
            while process.poll() is None and time.monotonic() < until:
                await asyncio.sleep(POLL_S)

    async def _ended(self, process: "subprocess.Popen[bytes]") -> str:
        looked_at = time.monotonic()
        while process.poll() is None:
            await asyncio.sleep(POLL_S)
            if time.monotonic() - looked_at > LOOK_EVERY_S:
                looked_at = time.monotonic()
                shorten(self._log)
                if _resident(process.pid) > RSS_MAX:
                    self._say("The front end takes too much memory; it is started again.")
                    await self.stop()
        code = process.returncode
        return f"signal {-code}" if code < 0 else f"exit status {code}"

    def _spawn(self, node: Path) -> "subprocess.Popen[bytes]":
        shorten(self._log)
        log = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        prefix = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), str(int(signal.SIGKILL)), "-1", "-1"]
        flags = [f"--max-old-space-size={HEAP_MB}", "--max-semi-space-size=8"]
        try:
            return subprocess.Popen(
                [*prefix, str(node), *flags, str(self._home / "server.js")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._home,
                env=self._environment(),
                start_new_session=True,
            )
        finally:
            os.close(log)

    def _environment(self) -> dict[str, str]:
        settings = self._settings
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "NODE_ENV": "production",
            "NEXT_TELEMETRY_DISABLED": "1",
            "MALLOC_ARENA_MAX": "2",
            "TZ": "UTC",
            "HOSTNAME": "127.0.0.1",
            "PORT": str(self._port),
            "KEEP_ALIVE_TIMEOUT": "75000",
            "FEIRA_API_URL": os.environ.get("FEIRA_API_URL") or _api_url(settings),
            "FEIRA_PUBLIC_URL": settings.url,
            "FEIRA_SHOP_NAME": settings.shop_name,
            "FEIRA_DEMO": "1" if self._demo else "",
            "FEIRA_PRODUCTION": "1" if settings.production else "",
        }


def _api_url(settings: Settings) -> str:
    """Where this machine reaches the shop: never by its public address, which may lead around half the world."""
    host = "127.0.0.1" if settings.host in {*ANY, *LOOPBACK} and ":" not in settings.host else settings.host
    if ":" in host:
        host = "[::1]" if host in ANY else f"[{host}]"
    return f"http://{host}:{settings.port}"


def _free_port(settings: Settings) -> int:
    """One that nothing listens on, behind our own, so that no outgoing connection can be in its way later."""
    first = settings.internal_port + settings.workers
    for port in range(first, first + PORTS_MAX):
        if port not in {settings.port, settings.grpc_port} and port < 65_536:
            with suppress(OSError), socket.socket() as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind(("127.0.0.1", port))
                return port
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def _resident(pid: int) -> int:
    """Bytes of memory that the process holds; 0 where that cannot be told."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
