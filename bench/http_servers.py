"""What an HTTP server costs by itself: `python -m bench.http_servers`, or with the name of one server, to be that server.

Each serves the same 2 KB to a GET, and to a POST of 600 bytes that it reads whole, on one core, with wrk on the other, and
writes no log. Told is the server's CPU time a request, which other programs on the machine disturb less than requests a
second. The servers that the shop does not use are installed for the occasion: granian, starlette, uvicorn.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any, Final

SERVERS: Final = ("ours", "ours-kept", "granian-rsgi", "granian-asgi", "granian-starlette", "uvicorn-asgi")
BODY: Final = b'{"x":"' + b"a" * 2_000 + b'"}'
HEADERS: Final = [
    ("content-type", "application/json"),
    ("etag", '"1"'),
    ("cache-control", "no-store"),
    ("server", "feira"),
]
RAW: Final = [(name.encode(), value.encode()) for name, value in HEADERS]
SECONDS: Final = 4
POST: Final = 'wrk.method = "POST" wrk.headers["content-type"] = "application/json" wrk.body = string.rep("a", 600)'


class Bare:
    """An RSGI application, or ours, that does nothing else."""

    def __init__(self, *, kept: bool = False) -> None:
        self._kept = kept

    def at_once(self, asked: Any) -> bool:
        if self._kept and asked.method == "GET":
            asked.response_bytes(200, HEADERS, BODY)
            return True
        return False

    async def __rsgi__(self, scope: Any, wire: Any) -> None:
        if scope.method == "POST":
            await wire()
        wire.response_bytes(200, HEADERS, BODY)


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    while scope["method"] == "POST" and (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": RAW})
    await send({"type": "http.response.body", "body": BODY})


async def serve(name: str, port: int) -> None:
    if name.startswith("ours"):
        served: Any = Bare(kept=name.endswith("kept"))
        await import_module("feira.transport.serve").HttpServer(served, "127.0.0.1", port).start()
        await asyncio.Event().wait()
    target: Any = asgi
    if name.endswith("starlette"):
        reply = import_module("starlette.responses").Response

        async def answer(request: Any) -> Any:
            await request.body()
            return reply(BODY, headers=dict(HEADERS))

        route = import_module("starlette.routing").Route("/{name}", answer, methods=["GET", "POST"])
        target = import_module("starlette.applications").Starlette(routes=[route])
    if name.startswith("granian"):
        server = import_module("granian.server.embed").Server
        app, kind = (Bare(), "rsgi") if name.endswith("rsgi") else (target, "asginl")
        names = import_module("granian.constants")
        await server(
            app, "127.0.0.1", port, interface=names.Interfaces(kind), http=names.HTTPModes.http1, websockets=False
        ).serve()
    else:
        uvicorn = import_module("uvicorn")
        await uvicorn.Server(uvicorn.Config(target, port=port, log_level="error", access_log=False)).serve()


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(name: str, port: int, script: Path) -> str:
    command = ["taskset", "-c", "0", sys.executable, "-m", "bench.http_servers", name, str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            time.sleep(4)
            told = [name]
            for more in ((), ("-s", str(script))):
                began = cpu_s(server.pid)
                load = [
                    "taskset",
                    "-c",
                    "1",
                    "wrk",
                    "-t1",
                    "-c64",
                    f"-d{SECONDS}s",
                    *more,
                    f"http://127.0.0.1:{port}/x",
                ]
                text = subprocess.run(load, capture_output=True, text=True, check=True).stdout
                number = int(re.findall(r"(\d+) requests in", text)[0])
                told.append(f"{(cpu_s(server.pid) - began) / number * 1e6:.1f} µs")
        finally:
            server.kill()
    return " | ".join(told)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(sys.argv[1], int(sys.argv[2])))
    with tempfile.TemporaryDirectory() as folder:
        lua = Path(folder) / "post.lua"
        lua.write_text(POST)
        print("server | GET | POST")
        for number, each in enumerate(SERVERS):
            print(measure(each, 24_100 + number, lua), flush=True)
