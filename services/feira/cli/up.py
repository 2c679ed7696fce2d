"""`feira up`: opens the shop."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
from typer import Option

from feira.host.datadir import DataDir
from feira.host.order import Order, become_supervisor
from feira.host.settings import SERVICES, check_parts, check_production, is_embedded, remember, settle

NETWORK = "Network"
SHOP = "The shop"
PARTS = "Separate services"


def _address(service: str) -> Any:
    return Option(
        envvar=f"FEIRA_{service.upper()}_ADDR",
        metavar="HOST:PORT",
        help=f"Where {service} answers gRPC, if not here.",
        show_default=False,
        rich_help_panel=PARTS,
    )


def up(
    host: Annotated[
        str | None, Option(envvar="FEIRA_HOST", help="Address to listen on.", show_default="127.0.0.1")
    ] = None,
    port: Annotated[int | None, Option(envvar="FEIRA_PORT", min=1, max=65_535, show_default="8000")] = None,
    data: Annotated[Path, Option(envvar="FEIRA_DATA", help="Where the shop keeps its data.")] = Path(".feira"),
    demo: Annotated[bool, Option("--demo", envvar="FEIRA_DEMO", help="Fill an empty shop with sample goods.")] = False,
    web: Annotated[
        bool, Option("--web", envvar="FEIRA_WEB", help="Show pages: the storefront and the back office.")
    ] = False,
    workers: Annotated[
        int | None, Option(envvar="FEIRA_WORKERS", min=1, help="Processes that answer requests.", show_default="1")
    ] = None,
    db_connections: Annotated[
        int | None,
        Option(envvar="FEIRA_DB_CONNECTIONS", min=1, help="To PostgreSQL, of all processes.", show_default="40"),
    ] = None,
    json: Annotated[bool, Option("--json", help="Say where the shop is in one line of JSON.")] = False,
    currency: Annotated[
        str | None,
        Option(envvar="FEIRA_CURRENCY", help="ISO 4217; kept once given.", show_default="BRL", rich_help_panel=SHOP),
    ] = None,
    country: Annotated[
        str | None,
        Option(envvar="FEIRA_COUNTRY", help="ISO 3166-1; kept once given.", show_default="BR", rich_help_panel=SHOP),
    ] = None,
    shop_name: Annotated[
        str | None, Option(envvar="FEIRA_SHOP_NAME", show_default="Feira", rich_help_panel=SHOP)
    ] = None,
    production: Annotated[
        bool,
        Option("--production", envvar="FEIRA_PRODUCTION", help="No test gateway, no /dev.", rich_help_panel=SHOP),
    ] = False,
    smtp_url: Annotated[
        str | None,
        Option(
            envvar="FEIRA_SMTP_URL",
            help="Where mails go, as smtp://user:password@host:587 or smtps://…; without it to /dev/inbox.",
            show_default=False,
            rich_help_panel=SHOP,
        ),
    ] = None,
    mail_from: Annotated[
        str | None, Option(envvar="FEIRA_MAIL_FROM", show_default="shop@localhost", rich_help_panel=SHOP)
    ] = None,
    public_url: Annotated[
        str | None,
        Option(
            envvar="FEIRA_PUBLIC_URL",
            help="How customers reach the shop: links and mails are built from it.",
            show_default="http://HOST:PORT",
            rich_help_panel=NETWORK,
        ),
    ] = None,
    hosts: Annotated[
        str | None,
        Option(
            envvar="FEIRA_HOSTS",
            help="Further host names to answer to, separated by commas.",
            show_default=False,
            rich_help_panel=NETWORK,
        ),
    ] = None,
    trusted_proxies: Annotated[
        str | None,
        Option(
            envvar="FEIRA_TRUSTED_PROXIES",
            help="Addresses whose X-Forwarded-For is believed, such as 10.0.0.0/8, separated by commas.",
            show_default=False,
            rich_help_panel=NETWORK,
        ),
    ] = None,
    internal_port: Annotated[
        int | None,
        Option(
            envvar="FEIRA_INTERNAL_PORT",
            min=1,
            max=65_535,
            help="Metrics, on loopback; each further worker has the next one.",
            show_default="PORT + 1",
            rich_help_panel=NETWORK,
        ),
    ] = None,
    run: Annotated[
        str | None,
        Option(
            envvar="FEIRA_RUN",
            help=f"The services to run here, separated by commas: {', '.join(SERVICES)}.",
            show_default="all",
            rich_help_panel=PARTS,
        ),
    ] = None,
    grpc_port: Annotated[
        int | None,
        Option(
            envvar="FEIRA_GRPC_PORT",
            min=1,
            max=65_535,
            help="Where services elsewhere reach those here.",
            show_default=False,
            rich_help_panel=PARTS,
        ),
    ] = None,
    bus: Annotated[
        str | None,
        Option(
            envvar="FEIRA_BUS",
            help="The database that events cross: postgresql://…, or postgres: for the shop's own.",
            show_default="postgres:",
            rich_help_panel=PARTS,
        ),
    ] = None,
    users_addr: Annotated[str | None, _address("users")] = None,
    catalog_addr: Annotated[str | None, _address("catalog")] = None,
    carts_addr: Annotated[str | None, _address("carts")] = None,
    orders_addr: Annotated[str | None, _address("orders")] = None,
    payments_addr: Annotated[str | None, _address("payments")] = None,
    notifications_addr: Annotated[str | None, _address("notifications")] = None,
) -> None:
    """Open the shop: PostgreSQL, migrations, and the shop itself, until Ctrl-C.

    [bold]Examples[/bold]

    feira up --demo --web                             [dim]a market to try things with[/dim]

    feira up --workers 4 --data /srv/shop             [dim]more processes, data elsewhere[/dim]

    DATABASE_URL=postgresql://shop@db/shop feira up   [dim]a PostgreSQL of your own, from version 15 on[/dim]

    feira up --run catalog --grpc-port 9001 --bus postgresql://shop@db/bus    [dim]one service of many[/dim]
    """
    addresses = {
        "users": users_addr,
        "catalog": catalog_addr,
        "carts": carts_addr,
        "orders": orders_addr,
        "payments": payments_addr,
        "notifications": notifications_addr,
    }
    directory = DataDir.open(data)
    settings = settle(
        {
            "host": host,
            "port": port,
            "internal_port": internal_port or (port + 1 if port else None),
            "grpc_port": grpc_port,
            "public_url": public_url,
            "hosts": hosts,
            "trusted_proxies": trusted_proxies,
            "workers": workers,
            "db_connections": db_connections,
            "currency": currency,
            "country": country,
            "shop_name": shop_name,
            "production": production or None,
            "smtp_url": smtp_url,
            "mail_from": mail_from,
            "run": run,
            "bus": bus,
            "addresses": {service: address for service, address in addresses.items() if address} or None,
        },
        directory,
        starting=True,
    )
    settings = msgspec.structs.replace(settings, demo=demo)
    warnings = check_parts(settings)
    if settings.production:
        warnings += check_production(settings, demo=demo)
    embedded = is_embedded(settings)
    directory.lock_up().release()  # The supervisor takes it for good; what is noted now must not be another shop's.
    remember(settings, directory, embedded=embedded)
    become_supervisor(
        Order(settings=settings, embedded=embedded, demo=demo, web=web, json=json, warnings=tuple(warnings))
    )
