"""The front end beside a shop: found, started, killed, missing. What stands for Node.js here is a program of our own."""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import front_end
import pytest

from feira.host import front
from feira.host.datadir import DataDir
from feira.host.front import Front
from feira.host.node import find_node
from feira.kernel.config import Settings

from .test_up import Up, data, gone, open_up, until

__all__ = ["data", "open_up"]

# It renders what the API says, as the true one does, and dies when it is told to.
NODE = f"""#!{sys.executable}
import http.server, json, os, sys, urllib.request
if sys.argv[1:] == ["--version"]:
    sys.exit(print(os.environ.get("NODE_SAYS", "v22.1.0")))
if "build" in sys.argv:
    from pathlib import Path
    Path(".next").mkdir(exist_ok=True)
    Path(".next/built").open("a").write("x")
    if Path("broken").exists():
        sys.exit("a.tsx: no such thing")
    for name in ("standalone/server.js", "standalone/.next/BUILD_ID", "static/a.js"):
        Path(".next", name).parent.mkdir(parents=True, exist_ok=True)
        Path(".next", name).write_text("made")
    sys.exit()
if any("pack.mjs" in word for word in sys.argv):
    sys.exit()
class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        status, text = 200, json.dumps({{name: value for name, value in os.environ.items() if name != "PATH"}})
        if "/products/" in self.path:
            with urllib.request.urlopen(os.environ["FEIRA_API_URL"] + "/v1" + self.path[3:]) as answer:
                text = f"<b>{{json.load(answer)['price']['amount']}}</b>"
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())
print("ready", flush=True)
http.server.ThreadingHTTPServer((os.environ["HOSTNAME"], int(os.environ["PORT"])), Page).serve_forever()
"""


@pytest.fixture
def node(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "node"
    program.write_text(NODE)
    program.chmod(0o755)
    npm = folder / "npm"
    npm.write_text(
        "#!/bin/sh\nmkdir -p node_modules\necho x >> node_modules/installed\ntouch node_modules/.package-lock.json\n"
    )
    npm.chmod(0o755)
    return program


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "build"
    (folder / ".next" / "static").mkdir(parents=True)
    for name in ("server.js", ".next/BUILD_ID", ".next/static/a.js"):
        (folder / name).write_text("a")
    return folder


def get(up: Up, path: str, token: str = "", body: dict[str, Any] | None = None, method: str = "GET") -> tuple[int, str]:
    asked = Request(f"http://127.0.0.1:{up.port}{path}", method=method)
    if token:
        asked.add_header("Authorization", f"Bearer {token}")
    if body is not None:
        asked.add_header("Content-Type", "application/json")
        asked.data = json.dumps(body).encode()
    try:
        with urlopen(asked, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_pages_of_a_shop(open_up: Callable[..., Up], node: Path, home: Path, data: Path) -> None:
    """They are there once the shop is ready, show what changed in every worker, and outlive the one who renders them."""
    path = f"{node.parent}{os.pathsep}{os.environ['PATH']}"
    up = open_up("--demo", "--web", "--workers", "2", "--db-connections", "24", PATH=path, FEIRA_WEB_HOME=str(home),
                 FEIRA_SECRET="cd" * 32)  # fmt: skip
    told = up.wait_open()
    until(up.ready)
    assert told["admin"] == f"http://127.0.0.1:{up.port}/admin"
    status, page = get(up, "/en")
    environment = json.loads(page)
    assert status == 200
    assert environment["FEIRA_API_URL"] == environment["FEIRA_PUBLIC_URL"] == f"http://127.0.0.1:{up.port}"
    assert (environment["FEIRA_DEMO"], environment["FEIRA_PRODUCTION"]) == ("1", "")
    assert "FEIRA_SECRET" not in environment
    assert get(up, "/_next/static/a.js")[0] == 200

    email, password = told["staff"].split()
    signed_in = get(up, "/v1/sessions", body={"email": email, "password": password}, method="POST")[1]
    token = json.loads(signed_in)["access_token"]
    goods = json.loads(get(up, "/v1/admin/products?limit=1", token)[1])["items"][0]
    shown = f"/en/products/{goods['slug']}"
    product = json.loads(get(up, f"/v1/admin/products/{goods['id']}", token)[1])
    for _ in range(16):
        assert get(up, shown)[0] == 200
    skus = [{"sku": one["sku"], "price": {"amount": 123_457, "currency": "BRL"}} for one in product["variants"]]
    change = {"variants": skus}
    status, said = get(up, f"/v1/admin/products/{goods['id']}", token, change, "PATCH")
    assert status == 200, said
    until(lambda: all(get(up, shown) == (200, "<b>123457</b>") for _ in range(16)))

    [front_end_pid] = up.children_named("server.js")
    os.kill(front_end_pid, signal.SIGKILL)
    assert {get(up, shown) for _ in range(16)} == {(200, "<b>123457</b>")}
    until(lambda: up.children_named("server.js") not in ([], [front_end_pid]))
    until(lambda: get(up, "/pt-BR")[0] == 200)
    assert (data / "logs" / "web.log").read_text().count("ready") >= 2
    children = up.children()
    status, sentence = up.stop()
    assert (status, sentence.splitlines()[-1]) == (0, "Feira has stopped.")
    assert "The front end ended with signal 9" in sentence
    assert gone(children)


def a_front(data: Path, **changed: Any) -> tuple[Front, list[str]]:
    said: list[str] = []
    settings = Settings(secret="ab" * 32, data=str(data), **changed)
    return Front(settings, DataDir.open(data), demo=False, say=said.append), said


async def test_a_front_end_that_cannot_be(node: Path, home: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEIRA_WEB_HOME", str(home))
    monkeypatch.setenv("PATH", str(home))
    monkeypatch.setattr(front, "find_node", lambda: find_node(home))
    none, said = a_front(data)
    assert none.web["fault"].startswith("there is no Node.js of version 20 or newer")
    assert none.web["fault_pt-BR"].startswith("não há Node.js da versão 20 ou mais nova")
    assert said == [f"The shop opens without pages: {none.web['fault']}."]
    await none.keep()
    await none.stop()
    monkeypatch.setenv("PATH", str(node.parent))
    monkeypatch.setenv("NODE_SAYS", "v18.20.0")
    assert "fault" in a_front(data)[0].web
    monkeypatch.setenv("NODE_SAYS", "it is not well")
    assert "fault" in a_front(data)[0].web
    monkeypatch.setenv("NODE_SAYS", "v20.9.0")
    found, _ = a_front(data)
    assert found.web["home"] == str(home)
    (home / "server.js").unlink()
    broken, _ = a_front(data)
    assert all("`make web`" in broken.web[name] for name in ("fault", "fault_pt-BR"))
    monkeypatch.delenv("FEIRA_WEB_HOME")
    assert front.build_home().parts[-4:] == ("frontend", "web", ".build", "current")


async def test_a_front_end_that_fails(node: Path, home: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that dies at once, one that grows, and one that cannot be started at all: each is tried again, more and more seldom."""
    monkeypatch.setenv("FEIRA_WEB_HOME", str(home))
    monkeypatch.setenv("PATH", f"{node.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(front, "BACKOFF_S", 0.001)
    node.write_text(f"#!{sys.executable}\nimport sys\nprint('v20.9.0')\nsys.exit(7 if len(sys.argv) > 2 else 0)\n")
    dying, said = a_front(data)
    keeping = asyncio.create_task(dying.keep())
    while len(said) < 2:
        await asyncio.sleep(0.01)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await dying.stop()
    assert said[0].startswith("The front end ended with exit status 7; it is started again. Its log: ")
    node.write_text(NODE)
    monkeypatch.setattr(front, "RSS_MAX", 1)
    monkeypatch.setattr(front, "LOOK_EVERY_S", 0.0)
    growing, said = a_front(data, port=1, host="::")
    assert growing._environment()["FEIRA_API_URL"] == "http://[::1]:1"
    assert a_front(data, port=2, host="10.0.0.1")[0]._environment()["FEIRA_API_URL"] == "http://10.0.0.1:2"
    keeping = asyncio.create_task(growing.keep())
    while not any("too much memory" in text for text in said):
        await asyncio.sleep(0.01)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await growing.stop()
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    lost, said = a_front(data)
    keeping = asyncio.create_task(lost.keep())
    while not said:
        await asyncio.sleep(0.01)
    keeping.cancel()
    await lost.stop()
    assert "No such file" in said[0]


def test_a_build_is_whole_or_none(
    node: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is made once for all that ask at the same time, again when a source changes, and never seen half made."""
    web = tmp_path / "frontend"
    (web / "src").mkdir(parents=True)
    (web / "package-lock.json").write_text("{}")
    (web / "src" / "page.tsx").write_text("one")
    builds = web / ".build"
    monkeypatch.setenv("PATH", f"{node.parent}{os.pathsep}{os.environ['PATH']}")
    for name, value in (("WEB", web), ("BUILDS", builds), ("CURRENT", builds / "current")):
        monkeypatch.setattr(front_end, name, value)
    monkeypatch.setattr(sys, "argv", ["front_end.py"])
    answers: list[int] = []
    both = [threading.Thread(target=lambda: answers.append(front_end.main())) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert answers == [0, 0]
    notes = web / ".next" / "built", web / "node_modules" / "installed"
    assert [note.read_text() for note in notes] == ["x", "x\n"]
    first = (builds / "current").resolve()
    (web / "src" / "page.test.tsx").write_text("no part of it")
    assert front_end.main() == 0
    assert (builds / "current").resolve() == first
    assert [note.read_text() for note in notes] == ["x", "x\n"]
    (web / "src" / "page.tsx").write_text("two")
    (web / "broken").write_text("")
    capsys.readouterr()
    assert front_end.main() == 1
    assert "a.tsx: no such thing" in capsys.readouterr().err
    assert (builds / "current").resolve() == first  # The one before is as good as it was.
    monkeypatch.setattr(sys, "argv", ["front_end.py", "--try"])
    assert front_end.main() == 0
    (web / "broken").unlink()
    assert front_end.main() == 0
    second = (builds / "current").resolve()
    assert second != first
    assert {path.name for path in builds.iterdir()} >= {first.name, second.name, "current", "lock"}
    (web / "src" / "page.tsx").write_text("one")
    assert front_end.main() == 0
    assert (builds / "current").resolve() == first
    (web / "src" / "page.tsx").write_text("two")
    assert notes[0].read_text() == "xxxx"  # What was built already is not built again.
    (second / "server.js").unlink()  # As if a disk had lost it.
    assert front_end.main() == 0
    assert (second / "server.js").exists()
    monkeypatch.setattr(sys, "argv", ["front_end.py", "--has-node"])
    assert front_end.main() == 0
