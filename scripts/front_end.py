"""Builds the front end, if its sources have changed: `python scripts/front_end.py`.

A build is made beside its place and renamed when it is whole, so that what was interrupted is never served; two that are
started at once make one. It needs Node.js and nothing else that is not in the repository: `--has-node` tells whether there
is one. With `--try` a failure is told, and no more: the shop's API opens without pages too.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "frontend" / "web"
sys.path.insert(0, str(ROOT / "services"))

from feira.host.node import MISSING, find_node  # noqa: E402 - the package need not be installed.

BUILDS = WEB / ".build"
CURRENT = BUILDS / "current"
RECIPE = "1"  # To be raised with whatever here changes what a build is.
NO_PART = frozenset(
    {"node_modules", ".next", ".build", "test-results", "playwright-report", "e2e", "tests", "coverage"}
)
NO_NAMES = ("*.test.ts", "*.test.tsx", "*.md", "*.tsbuildinfo", "next-env.d.ts", ".gitignore", ".prettier*", "eslint.*")
WAIT_S = 900.0
WHOLE = ("server.js", ".next/BUILD_ID", ".next/static")


class Failed(Exception):  # noqa: N818 - reads as the sentence that it is.
    """The build came to nothing; the message is a sentence."""


def sources() -> list[Path]:
    found: list[Path] = []
    for folder, folders, files in os.walk(WEB):
        folders[:] = sorted(name for name in folders if name not in NO_PART)
        paths = [Path(folder) / name for name in sorted(files)]
        found += [path for path in paths if not any(path.match(pattern) for pattern in NO_NAMES)]
    return found


def digest() -> str:
    """What the build is made of."""
    summed = hashlib.sha256(RECIPE.encode())
    for path in sources():
        data = path.read_bytes()
        summed.update(f"{path.relative_to(WEB)}\0{len(data)}\0".encode())
        summed.update(data)
    return summed.hexdigest()[:16]


def is_current(name: str) -> bool:
    return CURRENT.is_symlink() and CURRENT.resolve() == (BUILDS / name).resolve() and is_whole(name)


def is_whole(name: str) -> bool:
    return all((BUILDS / name / part).exists() for part in WHOLE)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """One at a time; the kernel lets go of the lock when its holder ends, however it ends."""
    BUILDS.mkdir(exist_ok=True)
    with (BUILDS / "lock").open("w") as lock:
        until = time.monotonic() + WAIT_S
        said = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise Failed("another build of the front end does not end") from None
                if not said:
                    print("Another build of the front end is running; waiting for it.", flush=True)
                    said = True
                time.sleep(0.2)
        yield


def run(node: Path, *command: str | Path) -> None:
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PATH": path, "NEXT_TELEMETRY_DISABLED": "1", "CI": "1"}
    done = subprocess.run(  # noqa: S603 - the commands are below.
        command, cwd=WEB, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        print(done.stdout[-4_000:], file=sys.stderr)
        raise Failed(f"`{' '.join(map(str, command))}` failed with exit status {done.returncode}")


def install(node: Path) -> None:
    """Install what is locked, unless it is there: by a note that npm writes at the end, so what was interrupted has none."""
    note, lock = WEB / "node_modules" / ".package-lock.json", WEB / "package-lock.json"
    if note.exists() and note.stat().st_mtime >= lock.stat().st_mtime:
        return
    beside = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"  # As Node.js itself is packed.
    npm = shutil.which("npm")
    if not beside.exists() and npm is None:
        raise Failed(f"there is no npm beside {node}")
    command = [node, beside] if beside.exists() else [str(npm)]
    run(node, *command, "ci", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error")
    note.touch()


def build(node: Path, name: str) -> None:
    install(node)
    run(node, node, "node_modules/next/dist/bin/next", "build")
    made = WEB / ".next"
    new = BUILDS / f"new-{os.getpid()}"
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(made / "standalone", new, symlinks=True)
    shutil.copytree(made / "static", new / ".next" / "static")
    if (WEB / "public").is_dir():
        shutil.copytree(WEB / "public", new / "public")
    run(node, node, "scripts/pack.mjs", new / ".next" / "static")
    if missing := [part for part in WHOLE if not (new / part).exists()]:
        raise Failed(f"the build lacks {', '.join(missing)}")
    place = BUILDS / name
    shutil.rmtree(place, ignore_errors=True)
    new.rename(place)


def point_to(name: str) -> None:
    """From now on this build is the one; a shop may still run on the one before."""
    before = CURRENT.resolve() if CURRENT.is_symlink() else None
    link = BUILDS / f"link-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    link.replace(CURRENT)
    for old in BUILDS.iterdir():
        if old.is_dir() and not old.is_symlink() and old not in {BUILDS / name, before}:
            shutil.rmtree(old, ignore_errors=True)


def build_if_needed(node: Path | None, name: str) -> None:
    if node is None:
        raise Failed(MISSING)
    with alone():
        if is_current(name):
            return
        if not is_whole(name):
            began = time.monotonic()
            print("Building the front end: a minute or two, once.", flush=True)
            build(node, name)
            print(f"The front end is built ({time.monotonic() - began:.0f} s).", flush=True)
        point_to(name)


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the front end, if its sources have changed.")
    parser.add_argument("--try", action="store_true", dest="tries", help="tell of a failure, and answer success")
    parser.add_argument("--has-node", action="store_true", help="only tell whether there is a Node.js")
    asked = parser.parse_args()
    packages = next((ROOT / ".venv" / "lib").glob("python3.*/site-packages"), None)
    node = find_node(packages)
    if asked.has_node:
        return 0 if node else 1
    name = digest()
    if is_current(name):
        return 0
    try:
        build_if_needed(node, name)
    except (Failed, OSError) as failure:
        print(f"The front end was not built: {failure}.", file=sys.stderr)
        return 0 if asked.tries else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
