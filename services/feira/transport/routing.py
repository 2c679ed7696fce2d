"""Which route a path is: a tree of segments."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Generic, TypeVar

SEGMENTS_MAX: Final = 16
PARAMETER_MAX: Final = 255
_WILD, _METHODS = object(), object()  # Keys in a node beside its literal segments, which no path can name.

T = TypeVar("T")
Methods = Mapping[str, tuple[tuple[str, ...], T]]


class Table(Generic[T]):
    """Paths such as `/v1/orders/{order_id}` with what each method leads to. A literal segment goes before a parameter."""

    def __init__(self, entries: Iterable[tuple[str, str, T]]) -> None:
        self._root: dict[Any, Any] = {}
        self._plain: dict[str, Any] = {}  # Paths without parameters, which are found at once.
        for method, path, target in entries:
            node = self._root
            for segment in path.split("/")[1:]:
                node = node.setdefault(_WILD if segment.startswith("{") else segment, {})
            methods = node.setdefault(_METHODS, {})
            if method in methods:
                raise ValueError(f"Two routes answer {method} {path}")
            if "{" not in path:
                self._plain[path] = methods
            methods[method] = tuple(part[1:-1] for part in path.split("/") if part.startswith("{")), target

    def find(self, path: str) -> tuple[Methods[T], list[str]] | None:
        """What the path's methods lead to, with the names of its parameters, and their values; None if nothing does.

        The path is already percent-decoded, once. A slash that came encoded is a slash like any other: what it leads
        to is checked there as always, so there is nothing to get around.
        """
        if (plain := self._plain.get(path)) is not None:
            return plain, []
        segments = path.split("/")
        values: list[str] = []
        if segments[0] or len(segments) > SEGMENTS_MAX:
            return None
        methods = _descend(self._root, segments, 1, values)
        return (methods, values) if methods and all(map(_possible, values)) else None


def _descend(node: dict[Any, Any], segments: list[str], at: int, values: list[str]) -> Any:
    if at == len(segments):
        return node.get(_METHODS)
    segment = segments[at]
    if segment in node and (found := _descend(node[segment], segments, at + 1, values)):
        return found
    if segment and _WILD in node:
        values.append(segment)
        if found := _descend(node[_WILD], segments, at + 1, values):
            return found
        values.pop()
    return None


def _possible(value: str) -> bool:
    # U+FFFD is what stands for bytes that are not UTF-8.
    return len(value) <= PARAMETER_MAX and value.isprintable() and "\ufffd" not in value
