"""Checks of the machine, the data directory and the settings."""

import asyncio
import os
import platform
import resource
import shutil
from importlib.metadata import version
from urllib.parse import urlsplit

from feira.cli.checks import Check, bad, good, mind
from feira.host.datadir import BusyError, DataDir
from feira.host.errors import HostError
from feira.host.order import Order
from feira.host.settings import check_production, is_embedded
from feira.host.supervisor import check_ports
from feira.kernel.config import Settings

DISK_MIN = 200 << 20
DISK_FAIR = 2 << 30
FILES_FAIR = 8_192
SMTP_TIMEOUT_S = 5.0
HTTP_TIMEOUT_S = 5.0


def check_program() -> Check:
    return good("Program", f"Feira {version('feira')} on Python {platform.python_version()}, {platform.platform()}")


def check_files() -> Check:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES_FAIR:
        return mind("Open files", f"at most {hard}, which is as many connections: raise the limit (ulimit -Hn)")
    return good("Open files", "no limit" if hard == resource.RLIM_INFINITY else f"up to {hard}")


def check_disk(data: DataDir) -> Check:
    usage = shutil.disk_usage(data.path)
    text = f"{usage.free / 2**30:.1f} GB free for {data.path}"
    if usage.free < DISK_MIN:
        return bad("Disk", f"{text}: PostgreSQL stops when it is full")
    return good("Disk", text) if usage.free > DISK_FAIR else mind("Disk", f"{text}: that will not last")


def check_data(data: DataDir) -> Check:
    exposed = [
        name for name in ("", "secrets.json") if (path := data.path / name).exists() and path.stat().st_mode & 0o077
    ]
    if exposed:
        return mind("Data directory", f"{data.path} can be read by others: chmod -R go= {data.path}")
    whose = "" if data.path.stat().st_uid == os.geteuid() else ", which belongs to another account"
    return good("Data directory", f"{data.path}{whose}")


def check_running(data: DataDir) -> Check:
    try:
        data.lock_up().release()
    except BusyError as busy:
        return good("Shop", f"it runs{f', as process {busy.pid}' if busy.pid else ''}")
    return mind("Shop", "it does not run")


def check_own_ports(settings: Settings) -> Check:
    """Only of a shop that does not run: else they are its own."""
    try:
        check_ports(Order(settings=settings, embedded=False))
    except HostError as failure:
        return bad("Ports", str(failure))
    return good("Ports", f"{settings.port} and {settings.internal_port} are free")


def check_settings(settings: Settings) -> Check:
    if not settings.production:
        return mind(
            "Settings", "not in production: the test gateway and /dev are on; `feira up --production` is for real"
        )
    try:
        warnings = check_production(settings, demo=False)
    except HostError as failure:
        return bad("Settings", str(failure))
    return mind("Settings", "; ".join(warnings)) if warnings else good("Settings", "fit for production")


def check_database_place(settings: Settings) -> Check:
    if is_embedded(settings):
        return good(
            "Database", "the embedded PostgreSQL, for one machine: copy the data directory while the shop is closed"
        )
    return good("Database", "a PostgreSQL of its own")


async def check_answers(settings: Settings) -> Check:
    """Whether the running shop says that it can serve. It is asked on loopback unless it listens on one address only."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound.
    try:
        async with asyncio.timeout(HTTP_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(host, settings.port)
            named = f"[{host}]" if ":" in host else host
            writer.write(f"GET /readyz HTTP/1.1\r\nhost: {named}:{settings.port}\r\nconnection: close\r\n\r\n".encode())
            status = (await reader.readline()).split()
            writer.close()
    except (OSError, TimeoutError) as failure:
        return bad("Answers", f"nobody on port {settings.port} of {host}: {failure or 'no answer in time'}")
    if len(status) < 2 or status[1] != b"200":
        return bad("Answers", f"/readyz says {b' '.join(status).decode(errors='replace')}")
    return good("Answers", f"{settings.url} is ready")


async def check_mail(settings: Settings) -> Check:
    if not settings.smtp_url:
        if settings.production:
            return bad("Mail", "there is no --smtp-url: mails wait")
        return good("Mail", f"kept in {settings.url}/dev/inbox")
    split = urlsplit(settings.smtp_url)
    port = split.port or (465 if split.scheme == "smtps" else 25)
    try:
        async with asyncio.timeout(SMTP_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(split.hostname, port, ssl=split.scheme == "smtps" or None)
            greeting = await reader.readline()
            writer.close()
    except (OSError, TimeoutError) as failure:
        return bad("Mail", f"{split.hostname}, port {port}, cannot be reached: {failure or 'no answer in time'}")
    if not greeting.startswith(b"220"):
        return bad("Mail", f"{split.hostname}, port {port}, is no mail server that takes mail")
    return good("Mail", f"{split.hostname}, port {port}, takes mail")
