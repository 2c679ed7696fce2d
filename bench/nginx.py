"""nginx with the very same bytes as files: what a machine gives who only hands out what is there."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.errors import BenchError
from bench.processes import Program, cpu_us, descendants, free_ports, installed, start

START_TIMEOUT_S: Final = 10.0
# One worker, as it stands on one core; all else as Debian has it, with its access log, but without the limit that closes a
# connection after 1,000 requests: the shop has none.
CONFIG: Final = """
daemon off;
pid {home}/nginx.pid;
error_log {home}/nginx-error.log;
worker_processes 1;
events {{ worker_connections 4096; }}
http {{
    default_type application/json;
    access_log {home}/nginx-access.log;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    client_body_temp_path {home}/nginx-temp;
    proxy_temp_path {home}/nginx-temp;
    fastcgi_temp_path {home}/nginx-temp;
    uwsgi_temp_path {home}/nginx-temp;
    scgi_temp_path {home}/nginx-temp;
    server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


@dataclass(frozen=True)
class Handing:
    """An nginx that runs."""

    url: str
    program: Program

    def cpu_us(self) -> int:
        return sum(cpu_us(pid) for pid in descendants(self.program.pid))


def lay_out(root: Path, pages: Mapping[str, bytes]) -> None:
    """Write each page where nginx finds it by its path; a page of a query has a name without its characters."""
    for path, body in pages.items():
        file = root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    for place in (root, *root.rglob("*")):
        place.chmod(0o755 if place.is_dir() else 0o644)


@asynccontextmanager
async def nginx(home: Path, root: Path, core: int) -> AsyncIterator[Handing]:
    """Hands out the files below `root`, kept on this core."""
    [port] = free_ports(1)
    config = home / "nginx.conf"
    config.write_text(("user root;" if os.geteuid() == 0 else "") + CONFIG.format(home=home, port=port, root=root))
    pinned: list[str | Path] = [installed("taskset", "util-linux"), "-c", str(core)]
    command: list[str | Path] = [*pinned, installed("nginx", "nginx-light"), "-c", config, "-e", "stderr"]
    server = await start("nginx", command, home / "nginx.log")
    try:
        await _until_open(server, port)
        yield Handing(f"http://127.0.0.1:{port}", server)
    finally:
        await server.stop()
        (home / "nginx-access.log").unlink(missing_ok=True)


async def _until_open(server: Program, port: int) -> None:
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until:
        server.check()
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.02)
    raise BenchError(f"nginx does not listen:\n{server.said()}")
