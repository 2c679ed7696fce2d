"""Makes the settings of a shop out of what was asked for, and refuses what cannot be meant.

What a flag or an environment variable says comes first, then what the last `feira up` on this data directory was told,
then the default. A new `up` takes over only what the goods and orders in the database depend on.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgspec

from feira.contracts.money import DECIMALS
from feira.contracts.places import COUNTRIES
from feira.host.datadir import SECRET_BYTES, DataDir
from feira.host.errors import HostError
from feira.kernel.config import Settings

WORKERS_MAX = 256
DB_CONNECTIONS_MAX = 10_000
SERVICES = ("users", "catalog", "carts", "orders", "payments", "notifications", "live")
KEEPING_NOTHING = ("live",)  # Those without data of their own.
OF_THE_GOODS = ("currency", "country")
REMEMBERED = (
    *OF_THE_GOODS,
    "shop_name", "host", "port", "internal_port", "grpc_port", "public_url", "production", "workers", "db_connections",
    "run", "addresses", "trusted_proxies", "hosts", "mail_from",
)  # fmt: skip
PLAIN = (
    "host", "port", "internal_port", "grpc_port", "public_url", "currency", "country", "shop_name", "production",
    "workers", "db_connections", "bus", "run", "trusted_proxies", "hosts", "smtp_url", "mail_from",
)  # fmt: skip
LISTS = ("run", "trusted_proxies", "hosts")
POSTGRES = ("postgres", "postgresql")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
ANY = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound.
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):(\d{1,5})")


def settle(given: Mapping[str, Any], data: DataDir, *, starting: bool, secret: str | None = None) -> Settings:
    """`given` has a value, or None, for the names of Settings; `starting` is true for `feira up`, false for a command.

    The master secret is made if there is none, unless one is given.
    """
    kept = data.remembered()
    names = OF_THE_GOODS if starting else REMEMBERED
    merged = {name: kept[name] for name in names if name in kept}
    merged |= _from_environment()
    merged |= {name: value for name, value in given.items() if value is not None}
    for name in LISTS:
        if isinstance(text := merged.get(name), str):
            merged[name] = list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    merged |= {"data": str(data.path), "secret": secret or _secret(data)}
    try:
        settings = msgspec.convert(merged, Settings, strict=False)
    except msgspec.ValidationError as failure:
        raise HostError(f"the settings cannot be read: {failure}") from failure
    settings = _with_public_url(settings)
    _check_words(settings)
    _check_numbers(settings)
    _check_addresses(settings)
    return settings


def _from_environment() -> dict[str, Any]:
    names = {name: f"FEIRA_{name.upper()}" for name in PLAIN}
    names |= {"database_url": "DATABASE_URL", "webhook_secret_given": "FEIRA_WEBHOOK_SECRET"}
    found: dict[str, Any] = {name: text for name, key in names.items() if (text := os.environ.get(key))}
    for name, ending in (("databases", "DATABASE_URL"), ("addresses", "ADDR")):
        keys = {service: f"FEIRA_{service.upper()}_{ending}" for service in SERVICES}
        if each := {service: text for service, key in keys.items() if (text := os.environ.get(key))}:
            found[name] = each
    return found


def remember(settings: Settings, data: DataDir, *, embedded: bool) -> None:
    """Note what a shop was started with, for the commands beside it. No secret is among it."""
    plain = msgspec.to_builtins(settings)
    given = "FEIRA_SECRET" in os.environ
    data.remember({"embedded": embedded, "secret_given": given} | {name: plain[name] for name in REMEMBERED})


def is_embedded(settings: Settings) -> bool:
    """Whether anything that runs here needs a PostgreSQL of our own."""
    if settings.database_url:
        return False
    alone = [name for name in settings.run or SERVICES if name not in (*settings.databases, *KEEPING_NOTHING)]
    return bool(alone) or settings.bus in {"", "postgres:"}


def check_parts(settings: Settings) -> list[str]:
    """Parts of a shop must meet on one bus, and none can meet on a PostgreSQL that only one of them sees; answers what the
    operator should mind.
    """
    whole = not settings.run or set(settings.run) == set(SERVICES)
    if not whole and is_embedded(settings) and settings.bus in {"", "postgres:"}:
        raise HostError(
            "the parts of a shop need one bus: give each the same --bus postgresql://…, or all the same DATABASE_URL"
        )
    if not whole and "FEIRA_SECRET" not in os.environ:
        return ["the parts of a shop should share one FEIRA_SECRET, or links in mails will open nothing"]
    return []


def check_production(settings: Settings, *, demo: bool) -> list[str]:
    """Refuse what would endanger customers; answers what the operator should mind."""
    url = urlsplit(settings.url)
    if url.scheme != "https" and url.hostname not in LOOPBACK:
        raise HostError("in production --public-url must begin with https://: passwords and cookies travel there")
    if any(ipaddress.ip_network(proxy, strict=False).prefixlen == 0 for proxy in settings.trusted_proxies):
        raise HostError("in production --trusted-proxies must name the proxies, not the whole internet")
    warnings = []
    if not settings.public_url:
        warnings.append(f"links in mails point to {settings.url}: give --public-url")
    if not settings.smtp_url:
        warnings.append("mails wait until there is a server for them: give --smtp-url")
    if demo:
        warnings.append("--demo fills an empty shop with sample goods and makes a staff login")
    return warnings


def _secret(data: DataDir) -> str:
    secret = os.environ.get("FEIRA_SECRET")
    if secret is None:
        if data.remembered().get("secret_given"):
            raise HostError(f"the shop on {data.path} was opened with FEIRA_SECRET: give it here too")
        return data.secret()
    if not re.fullmatch(rf"[0-9a-fA-F]{{{2 * SECRET_BYTES}}}", secret):
        raise HostError(f"FEIRA_SECRET must be {2 * SECRET_BYTES} hexadecimal digits")
    return secret


def _with_public_url(settings: Settings) -> Settings:
    """A shop on every address needs one to write into links; IPv6 addresses stand in brackets there."""
    if settings.public_url:
        return settings
    host = "localhost" if settings.host in ANY else settings.host
    if host == settings.host and ":" not in host:
        return settings
    shown = f"[{host}]" if ":" in host else host
    return msgspec.structs.replace(settings, public_url=f"http://{shown}:{settings.port}")


def _check_words(settings: Settings) -> None:
    if settings.currency not in DECIMALS:
        raise HostError(f"{settings.currency} is not a currency of ISO 4217, such as BRL")
    if settings.country not in COUNTRIES:
        raise HostError(f"{settings.country} is not a country of ISO 3166-1, such as BR")
    if not settings.shop_name.strip():
        raise HostError("--shop-name must not be empty")
    if "@" not in settings.mail_from:
        raise HostError(f"--mail-from must be an e-mail address, and {settings.mail_from!r} is none")
    for name in settings.run:
        if name not in SERVICES:
            raise HostError(f"there is no service {name}; there are {', '.join(SERVICES)}")
    for proxy in settings.trusted_proxies:
        try:
            ipaddress.ip_network(proxy, strict=False)
        except ValueError:
            raise HostError(f"--trusted-proxies takes addresses such as 10.0.0.0/8, and {proxy!r} is none") from None


def _check_numbers(settings: Settings) -> None:
    if not 1 <= settings.workers <= WORKERS_MAX:
        raise HostError(f"--workers goes from 1 to {WORKERS_MAX}")
    if not 1 <= settings.db_connections <= DB_CONNECTIONS_MAX:
        raise HostError(f"--db-connections goes from 1 to {DB_CONNECTIONS_MAX}")
    internal = range(settings.internal_port, settings.internal_port + settings.workers)
    grpc = settings.grpc_port
    if settings.port in internal or (grpc is not None and (grpc in internal or grpc == settings.port)):
        raise HostError("--port, --grpc-port and --internal-port (one for each worker, counting up) must all differ")
    for port in (settings.port, internal[0], internal[-1], 1 if grpc is None else grpc):
        if not 0 < port < 65_536:
            raise HostError(f"{port} is no port: they go from 1 to 65535")


def _check_addresses(settings: Settings) -> None:
    for service, address in settings.addresses.items():
        found = _ADDRESS.fullmatch(address)
        if not found or not 0 < int(found[2]) < 65_536:
            raise HostError(f"--{service}-addr must be HOST:PORT, and {address!r} is not")
    public = _split(settings.url, "--public-url")
    if public.scheme not in {"http", "https"} or not public.hostname or public.query or public.fragment:
        raise HostError(f"--public-url must be like https://shop.example, and {settings.public_url!r} is not")
    if settings.smtp_url:
        mail = _split(settings.smtp_url, "--smtp-url")
        if mail.scheme not in {"smtp", "smtps"} or not mail.hostname:
            raise HostError("--smtp-url must be like smtp://user:password@mail.example:587 or smtps://mail.example")
    databases = {f"FEIRA_{name.upper()}_DATABASE_URL": url for name, url in settings.databases.items()}
    if settings.bus != "postgres:":
        databases["--bus"] = settings.bus
    for name, url in ({"DATABASE_URL": settings.database_url} | databases).items():
        if url and _split(url, name).scheme not in POSTGRES:
            raise HostError(f"{name} must begin with postgresql://")


def _split(url: str, name: str) -> SplitResult:
    try:
        split = urlsplit(url)
        _ = split.port  # Read only when asked for.
    except ValueError as failure:
        raise HostError(f"{name} cannot be read: {failure}") from failure
    return split
