"""What the program was started with. Addresses are here, modes are not: see the composition root."""

import hashlib
import hmac
from pathlib import Path

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One value for the whole process tree; the supervisor hands it to its workers as JSON."""

    secret: str  # The master secret, in hexadecimal; each purpose derives a key of its own.
    data: str  # The data directory.
    host: str = "127.0.0.1"
    port: int = 8000
    internal_port: int = 8001
    grpc_port: int | None = None
    public_url: str = ""
    currency: str = "BRL"
    country: str = "BR"
    shop_name: str = "Feira"
    production: bool = False
    demo: bool = False  # The shop is one to be tried.
    workers: int = 1
    worker: int = 0  # Which of the workers this is, from 0.
    db_connections: int = 40  # For the whole process tree.
    database_url: str = ""  # Where a service without an entry in `databases` keeps its schema.
    databases: dict[str, str] = {}  # Service -> URL of its own database.
    bus: str = ""  # `postgres:` is the shop's own database; `postgres://…` another one.
    run: tuple[str, ...] = ()  # The services to run here; empty means all.
    addresses: dict[str, str] = {}  # Service -> host:port of its gRPC, for those that run elsewhere.
    trusted_proxies: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()  # Further host names that the shop answers to.
    web: dict[str, str] = {}  # With pages: where Next.js is (`address`, `home`), or the `fault` why not.
    smtp_url: str = ""
    mail_from: str = "shop@localhost"
    webhook_secret_given: str = ""

    @property
    def url(self) -> str:
        """What links, canonicals and mails are built from, without a slash at its end."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def webhook_secret(self) -> str:
        """What the test gateway signs its webhooks with."""
        return self.webhook_secret_given or self.derive("webhook").hex()

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose: to learn one tells nothing of the others."""
        return hmac.digest(bytes.fromhex(self.secret), purpose.encode(), hashlib.sha256)

    def database_of(self, service: str) -> str:
        return self.databases.get(service) or self.database_url

    @property
    def bus_url(self) -> str:
        """The database of the bus."""
        return self.database_url if self.bus in {"", "postgres:"} else self.bus

    @property
    def data_path(self) -> Path:
        return Path(self.data)
