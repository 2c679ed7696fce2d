"""`feira config`: what the shop is set to."""

from typing import Annotated, Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
from typer import Option

from feira.cli.options import HERE, Data, Json
from feira.cli.output import people, say_json, show_table
from feira.host.datadir import DataDir
from feira.host.settings import settle
from feira.kernel.config import Settings

MASK = "[masked]"
SECRET = ("secret", "webhook_secret_given")
HIDDEN = ("worker",)  # Which of the workers it is: no setting of the shop.


def config(
    all: Annotated[bool, Option("--all", help="Also what is as it is by default.")] = False,
    show_webhook_secret: Annotated[
        bool, Option("--show-webhook-secret", help="Only the secret that the test gateway signs its webhooks with.")
    ] = False,
    data: Data = HERE,
    json: Json = False,
) -> None:
    """Show what differs from the defaults, by environment variables or by the last `feira up`. Secrets are masked.

    [bold]Example[/bold]

    openssl dgst -sha256 -hmac "$(feira config --show-webhook-secret)"
    """
    path = data.expanduser().absolute()
    directory = DataDir.open(path) if show_webhook_secret or path.exists() else DataDir(path)
    settings = settle({}, directory, starting=False, secret=None if directory.path.exists() else "00" * 32)
    if show_webhook_secret:
        if json:
            say_json({"webhook_secret": settings.webhook_secret})
        else:
            people.print(settings.webhook_secret, markup=False, soft_wrap=True)
        return
    shown = {name: value for name, value in _masked(settings).items() if all or value != _default(name)}
    if json:
        say_json(shown)
        return
    columns = ("Setting", "Value", "Default")
    show_table(columns, [(name, _text(value), _text(_default(name))) for name, value in shown.items()])
    if not settings.production:
        people.print("The test gateway's secret for webhooks: feira config --show-webhook-secret", markup=False)


def _masked(settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in msgspec.to_builtins(settings).items():
        if name in HIDDEN:
            continue
        if isinstance(value, tuple):
            found[name] = list(value)
        elif name in SECRET:
            found[name] = MASK if value else value
        elif isinstance(value, dict):
            found[name] = {key: _without_password(text) for key, text in value.items()}
        else:
            found[name] = _without_password(value) if isinstance(value, str) else value
    return found


def _without_password(text: str) -> str:
    split = urlsplit(text)
    if split.password is None:
        return text
    user, _, host = split.netloc.rpartition("@")
    return urlunsplit(split._replace(netloc=f"{user.partition(':')[0]}:{MASK}@{host}"))


def _default(name: str) -> Any:
    field = next(field for field in msgspec.structs.fields(Settings) if field.name == name)
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    default = None if field.default is msgspec.NODEFAULT else field.default
    return list(default) if isinstance(default, tuple) else default


def _text(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, dict):
        return ", ".join(f"{key}={text}" for key, text in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)
