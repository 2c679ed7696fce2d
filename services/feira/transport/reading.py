"""From bytes that anybody may send to values that a handler may trust, or to a refusal that names the field."""

import json
import re
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote_plus

import msgspec

from feira.kernel.errors import FieldError, Invalid, Malformed
from feira.kernel.http import INT_MAX, Query

PARAMETERS_MAX: Final = 64
ERRORS_MAX: Final = 20
FIELD_MAX: Final = 200  # How much of a field's name is said again in an error.

_AT = re.compile(r"(.*?)(?: - at `(?:key` in `)?(\$.*)`)?", re.DOTALL)
_NAMED = re.compile(r"Object (contains unknown|missing required) field `(.*)`", re.DOTALL)
_INDEX = re.compile(r"\[(\d+|\.\.\.)\]")
# What needs a closer look: an escaped NUL or surrogate, and more digits than 64 bits have. Most bodies have none.
_SUSPECT_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_SUSPECT_NUMBER = b"0" * 19  # With all digits made zeros: a search for bytes costs a tenth of one for a pattern.
_ZEROED = bytes(48 if 48 <= byte <= 57 else byte for byte in range(256))
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SURROGATE = re.compile("[\ud800-\udfff]")


def decode(raw: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    """The body as the decoder's type. Refuses with Malformed if it is no JSON, with Invalid if it breaks a rule."""
    try:
        if not raw.isascii():
            raw.decode()
        if (b"\\u" in raw and _SUSPECT_ESCAPE.search(raw)) or _SUSPECT_NUMBER in raw.translate(_ZEROED):
            _look_closer(raw)
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        _parse(raw)  # msgspec stops at the first broken rule; what follows may not even be JSON.
        raise invalid(error) from error
    except UnicodeDecodeError as error:
        raise Malformed("The body is not UTF-8") from error
    except RecursionError as error:
        raise Malformed("The body is nested too deeply") from error
    except msgspec.DecodeError as error:
        raise Malformed(f"The body is not JSON: {error}") from error


def _parse(raw: bytes) -> None:
    try:
        msgspec.json.decode(raw)
    except msgspec.ValidationError:
        return  # Well-formed, though no value of ours: a number beyond all bounds.
    except RecursionError as error:
        raise Malformed("The body is nested too deeply") from error
    except msgspec.DecodeError as error:
        raise Malformed(f"The body is not JSON: {error}") from error


def invalid(error: msgspec.ValidationError, prefix: str = "") -> Invalid:
    """The refusal that names the field which broke a rule, as `lines.0.quantity`."""
    found = _AT.fullmatch(str(error))
    message, at = (found[1], found[2] or "$") if found else (str(error), "$")
    path = _INDEX.sub(lambda index: "" if index[1] == "..." else f".{index[1]}", at).removeprefix("$")
    named = _NAMED.fullmatch(message)
    if named:
        path = f"{path}.{named[2]}"
        message = "is not known here" if named[1] == "contains unknown" else "is required"
    field = _sayable(f"{prefix}{path}".strip("."))
    return Invalid(f"{field}: {message}" if field else message, errors=(FieldError(field, message),))


def _sayable(field: str) -> str:
    return field[:FIELD_MAX].replace("\0", "\\u0000").encode("utf-8", "backslashreplace").decode()


def _look_closer(raw: bytes) -> None:
    """Refuse what a database cannot hold, whatever field it is in."""
    try:
        whole = json.loads(raw)
    except ValueError:
        return  # The decoder says what is wrong.
    errors: list[FieldError] = []
    todo: list[tuple[str, Any]] = [("", whole)]
    while todo and len(errors) < ERRORS_MAX:
        path, value = todo.pop()
        if isinstance(value, dict):
            for key, item in value.items():
                inside = f"{path}.{key}" if path else key
                todo += [(inside, item)] if not wrong(key) else [(inside, key)]
        elif isinstance(value, list):
            todo += [(f"{path}.{index}" if path else str(index), item) for index, item in enumerate(value)]
        elif message := wrong(value):
            errors.append(FieldError(_sayable(path), message))
    if errors:
        errors.sort(key=lambda error: error.field)
        raise Invalid(f"{errors[0].field}: {errors[0].message}", errors=errors)


def wrong(value: Any) -> str | None:
    """Why a text, number or time cannot be stored, or None if it can."""
    if isinstance(value, str):
        if "\0" in value:
            return "must not contain a NUL character"
        return "must not contain a lone surrogate" if _SURROGATE.search(value) else None
    if isinstance(value, int) and not -INT_MAX <= value <= INT_MAX:
        return "is too large a number"
    if isinstance(value, datetime):
        try:
            value.astimezone(UTC)
        except OverflowError:  # The first and the last hours that there are, told from far east or west.
            return "is too early or too late a time"
    return None


def parameters(text: str) -> dict[str, str]:
    """A query string's parameters, each once."""
    found: dict[str, str] = {}
    parts = text.split("&", PARAMETERS_MAX)
    if len(parts) > PARAMETERS_MAX:
        raise Malformed("The query string has too many parameters")
    for part in parts:
        if not part:
            continue
        name, _, value = part.partition("=")
        if _BAD_ESCAPE.search(part):
            raise Malformed("The query string has a broken percent-encoding")
        try:
            name, value = unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")
        except UnicodeDecodeError as error:
            raise Malformed("The query string is not UTF-8") from error
        if name in found:
            raise Invalid.field(_sayable(name), "is given more than once")
        if message := wrong(value) or wrong(name):
            raise Invalid.field(_sayable(name), message)
        found[name] = value
    return found


def read_query(found: dict[str, str], kind: type[Query] | None) -> Query | None:
    """The parameters as the route's type; a parameter that the route does not know is refused."""
    if kind is None:
        for name in found:
            raise Invalid.field(_sayable(name), "is not known here")
        return None
    try:
        query = msgspec.convert(found, kind, strict=False)
    except msgspec.ValidationError as error:
        raise invalid(error) from error
    for name, said in zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True):
        if message := wrong(getattr(query, name)):
            raise Invalid.field(said, message)
    return query
