"""The shop's own OpenAPI document, walked: every route, every text in every body."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.shop import Shop

METHODS = ("get", "post", "patch", "put", "delete")
DEPTH_MAX = 8

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Operation:
    """One route: its body's schema and example, and the parameters that its query may have."""

    method: str
    template: str
    body: Mapping[str, Any] | None
    body_required: bool
    example: Mapping[str, Any] | None
    query: Mapping[str, Mapping[str, Any]]
    schemas: Mapping[str, Any] = field(repr=False)

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def path(self) -> str:
        """A path of it, to something that does not exist."""
        return re.sub(r"\{[^}]+\}", str(uuid4()), self.template)

    def resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema itself: a reference followed, and of several the one that is not null."""
        while True:
            if "$ref" in schema:
                schema = self.schemas[schema["$ref"].rpartition("/")[2]]
            elif "anyOf" in schema:
                schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
            else:
                return schema

    def whole(self) -> Any:
        """A body with every field that there can be; its values are of the right kind, not always allowed."""
        assert self.body is not None
        return self._value(self.body, 0)

    def _value(self, schema: Mapping[str, Any], depth: int) -> Any:
        schema = self.resolve(schema)
        if depth > DEPTH_MAX:
            return None
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type"):
            case "object":
                found = {name: self._value(one, depth + 1) for name, one in schema.get("properties", {}).items()}
                if isinstance(inner := schema.get("additionalProperties"), Mapping):
                    found["x"] = self._value(inner, depth + 1)
                return found
            case "array":
                return [self._value(schema.get("items", {}), depth + 1)]
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return True
            case _:
                return "x"

    def closed_objects(self) -> Iterator[tuple[Path, str, set[str]]]:
        """Where the example has objects whose fields are all known, what errors call the place, and which these are.

        The keys of maps, such as languages, are not told in errors.
        """
        if self.body is not None and self.example is not None:
            yield from self._closed(self.body, self.example, (), ())

    def _closed(
        self, schema: Mapping[str, Any], value: Any, at: Path, told: Path
    ) -> Iterator[tuple[Path, str, set[str]]]:
        schema = self.resolve(schema)
        if isinstance(value, Mapping):
            known, others = schema.get("properties", {}), schema.get("additionalProperties")
            if others is False:
                yield at, "".join(f"{step}." for step in told), set(known)
            for name, inner in value.items():
                if name in known:
                    yield from self._closed(known[name], inner, (*at, name), (*told, name))
                elif isinstance(others, Mapping):
                    yield from self._closed(others, inner, (*at, name), told)
        elif isinstance(value, list) and "items" in schema:
            for number, inner in enumerate(value):
                yield from self._closed(schema["items"], inner, (*at, number), (*told, number))


async def operations(shop: Shop) -> list[Operation]:
    """All routes of the shop, whichever of its processes serves them."""
    found: dict[str, Operation] = {}
    for process in shop.processes.values():
        async with shop.http.get(f"{process.url}/openapi.json") as reply:
            document = await reply.json()
        for template, methods in document["paths"].items():
            for method in METHODS & methods.keys():
                one = methods[method]
                media = one.get("requestBody", {}).get("content", {}).get("application/json", {})
                body = media.get("schema")
                parameters = one.get("parameters", [])
                made = Operation(
                    method.upper(),
                    template,
                    body if body and "$ref" in body else None,
                    one.get("requestBody", {}).get("required", False),
                    media.get("example"),
                    {item["name"]: item.get("schema", {}) for item in parameters if item["in"] == "query"},
                    document["components"]["schemas"],
                )
                found[str(made)] = made
    return [found[name] for name in sorted(found)]


def texts(value: Any, at: Path = ()) -> Iterator[Path]:
    """Where a body has texts."""
    if isinstance(value, str):
        yield at
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from texts(inner, (*at, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from texts(inner, (*at, number))


def changed(value: Any, at: Path, new: Any) -> Any:
    """A copy with something else in one place."""
    if not at:
        return new
    copy = json.loads(json.dumps(value))
    inner = copy
    for step in at[:-1]:
        inner = inner[step]
    inner[at[-1]] = new
    return copy


def name_of(at: Path) -> str:
    return ".".join(map(str, at))
