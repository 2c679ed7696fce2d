"""Which route a path is: a dictionary for whole paths, a tree of segments for those with parameters."""

from collections.abc import Iterable, Mapping
from typing import Final, Generic, TypeVar

SEGMENTS_MAX: Final = 16
PARAMETER_MAX: Final = 255

T = TypeVar("T")


class _Node(Generic[T]):
    __slots__ = ("literals", "methods", "wild")

    def __init__(self) -> None:
        self.literals: dict[str, _Node[T]] = {}
        self.wild: _Node[T] | None = None
        self.methods: dict[str, tuple[tuple[str, ...], T]] = {}


class Table(Generic[T]):
    """Paths such as `/v1/orders/{order_id}` with what each method leads to. A literal segment goes before a parameter."""

    def __init__(self, entries: Iterable[tuple[str, str, T]]) -> None:
        self._root: _Node[T] = _Node()
        self._whole: dict[str, _Node[T]] = {}
        for method, path, target in entries:
            self._add(method, path, target)

    def _add(self, method: str, path: str, target: T) -> None:
        node, names = self._root, []
        for segment in path.removeprefix("/").split("/"):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.wild = node = node.wild or _Node()
            else:
                node = node.literals.setdefault(segment, _Node())
        if method in node.methods:
            raise ValueError(f"Two routes answer {method} {path}")
        node.methods[method] = tuple(names), target
        if not names:
            self._whole[path] = node

    def find(self, path: str) -> tuple[Mapping[str, tuple[tuple[str, ...], T]], list[str]] | None:
        """What the path's methods lead to, with the names of its parameters, and their values; None if nothing does.

        The path is already percent-decoded, once. A slash that came encoded is a slash like any other: what it leads
        to is checked there as always, so there is nothing to get around.
        """
        node = self._whole.get(path)
        if node is not None:
            return node.methods, []
        segments = path.split("/")
        if segments[0] or len(segments) > SEGMENTS_MAX:
            return None
        values: list[str] = []
        found = _descend(self._root, segments, 1, values)
        if found is None or not all(_possible(value) for value in values):
            return None
        return found.methods, values


def _descend(node: _Node[T], segments: list[str], at: int, values: list[str]) -> _Node[T] | None:
    if at == len(segments):
        return node if node.methods else None
    literal = node.literals.get(segments[at])
    if literal is not None:
        found = _descend(literal, segments, at + 1, values)
        if found is not None:
            return found
    if node.wild is None or not segments[at]:
        return None
    values.append(segments[at])
    found = _descend(node.wild, segments, at + 1, values)
    if found is None:
        values.pop()
    return found


def _possible(value: str) -> bool:
    # U+FFFD is what stands for bytes that are not UTF-8.
    return len(value) <= PARAMETER_MAX and value.isprintable() and "\ufffd" not in value
