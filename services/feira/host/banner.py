"""What `feira up` says when the shop is open."""

from collections.abc import Mapping

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
    admin: str | None
    web_log: str | None


def banner(order: Order, staff: str, logs: Mapping[str, str], *, colour: bool) -> str:
    """`staff` is the sample login if there is one; `logs` are the files of programs that are not ours, by their names."""
    settings = order.settings
    inbox = f"{settings.url}/dev/inbox" if not settings.production and not settings.smtp_url else ""
    internal = f"http://127.0.0.1:{settings.internal_port}/metrics"
    docs = f"{settings.url}/docs"
    admin = f"{settings.url}/admin" if "address" in settings.web else ""
    if order.json:
        told = Open(
            url=settings.url,
            docs=docs,
            internal=internal,
            data=settings.data,
            inbox=inbox or None,
            staff=staff or None,
            postgres_log=logs["PostgreSQL's log"] or None,
            admin=admin or None,
            web_log=logs["The pages' log"] or None,
        )
        return msgspec.json.encode(told).decode()
    bold, plain = ("\033[1m", "\033[0m") if colour else ("", "")
    lines = {
        "The shop": f"{bold}{settings.url}{plain}",
        "Its back office": admin,
        "Its API": docs,
        "Its mails": inbox,
        "Staff login": staff,
        "Metrics": internal,
        "Data": settings.data,
        **logs,
        "Services": ", ".join(settings.run),
    }
    listed = [f"  {name:<18}{text}" for name, text in lines.items() if text]
    warned = [f"  Mind: {warning}" for warning in order.warnings]
    return "\n".join(
        ["", f"{bold}{settings.shop_name} is open.{plain}", "", *listed, *warned, "", "  Ctrl-C closes it.", ""]
    )
