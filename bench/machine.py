"""What the run ran on."""

import os
import platform
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
SYNCS: Final = 200
PAGE: Final = b"\0" * 8192


def fdatasync_us(folder: Path) -> float:
    """How long one page written and synced takes, the median of some."""
    taken = []
    path = folder / "fdatasync"
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.pwrite(file, PAGE * SYNCS, 0)  # Written over afterwards, as PostgreSQL writes over its recycled log.
        os.fsync(file)
        for position in range(SYNCS):
            began = time.perf_counter()
            os.pwrite(file, PAGE, position * len(PAGE))
            os.fdatasync(file)
            taken.append(time.perf_counter() - began)
    finally:
        os.close(file)
        path.unlink()
    return round(statistics.median(taken) * 1e6, 1)


def cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def commit() -> str:
    """The commit that is measured, with a plus if files differ from it."""

    def git(*words: str) -> str:
        done = subprocess.run(["/usr/bin/env", "git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")


def facts(folder: Path, postgres_version: str) -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "cpu": cpu_model(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "postgresql": postgres_version,
        "fdatasync_us": fdatasync_us(folder),
        "load_average_before": round(os.getloadavg()[0], 2),
        "commit": commit(),
    }
