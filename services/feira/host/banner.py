"""What `feira up` says when the shop is open."""

import msgspec

from feira.host.order import Order


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """The same for programs."""

    url: str
    docs: str
    internal: str
    data: str
    inbox: str | None
    staff: str | None
    postgres_log: str | None


def banner(order: Order, staff: str, log: str, *, colour: bool) -> str:
    """`staff` is the sample login if there is one, `log` PostgreSQL's."""
    settings = order.settings
    inbox = f"{settings.url}/dev/inbox" if not settings.production and not settings.smtp_url else ""
    internal = f"http://127.0.0.1:{settings.internal_port}/metrics"
    docs = f"{settings.url}/docs"
    if order.json:
        told = Open(
            url=settings.url,
            docs=docs,
            internal=internal,
            data=settings.data,
            inbox=inbox or None,
            staff=staff or None,
            postgres_log=log or None,
        )
        return msgspec.json.encode(told).decode()
    bold, plain = ("\033[1m", "\033[0m") if colour else ("", "")
    lines = {
        "The shop": f"{bold}{settings.url}{plain}",
        "Its API": docs,
        "Its mails": inbox,
        "Staff login": staff,
        "Metrics": internal,
        "Data": settings.data,
        "PostgreSQL's log": log,
        "Services": ", ".join(settings.run),
    }
    listed = [f"  {name:<18}{text}" for name, text in lines.items() if text]
    warned = [f"  Mind: {warning}" for warning in order.warnings]
    return "\n".join(
        ["", f"{bold}{settings.shop_name} is open.{plain}", "", *listed, *warned, "", "  Ctrl-C closes it.", ""]
    )
