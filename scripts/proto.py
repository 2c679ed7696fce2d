"""Writes the contracts as .proto files into docs/proto; with --check it only compares.

Either way it fails if a message, a field's number, type or name, or a call that was written before would change: others may
speak it. A contract that nobody has used yet may be written anew after its file is deleted.
"""

import argparse
import importlib
import pkgutil
import re
import sys
from datetime import datetime
from pathlib import Path
from textwrap import indent, wrap
from types import ModuleType
from typing import get_args
from uuid import UUID

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto

from feira import contracts
from feira.transport import proto

HOME = Path(__file__).resolve().parent.parent / "docs" / "proto"
_NOTES = {UUID: "The 16 bytes of a UUID.", datetime: "Microseconds since 1970, UTC."}
_FIELD = re.compile(r"\s+(?:optional )?((?:repeated )?[\w.<>, ]+ \w+) = (\d+);")
_CALL = re.compile(r"\s+(rpc (\w+)\(.*);")
_BLOCK = re.compile(r"((?:message|service) \w+) \{")


def comment(text: str | None) -> str:
    paragraphs = [" ".join(part.split()) for part in (text or "").split("\n\n")]
    return "".join(f"// {line}\n" for part in paragraphs if part for line in wrap(part, 117))


def field_line(message: DescriptorProto, field: FieldDescriptorProto, kinds: dict[str, object]) -> str:
    kind = field.type_name.lstrip(".") or FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    if any(entry.name == kind and entry.options.map_entry for entry in message.nested_type):
        kind = "map<string, string>"
    elif field.label == FieldDescriptorProto.LABEL_REPEATED:
        kind = f"repeated {kind}"
    elif field.proto3_optional:
        kind = f"optional {kind}"
    of = kinds.get(field.name)
    note = _NOTES.get(of) if isinstance(of, type) else " | ".join(map(str, get_args(of)))
    return f"{kind} {field.name} = {field.number};{f'  // {note}' if note else ''}\n"


def text(file: FileDescriptorProto, module: ModuleType) -> str:
    """The file in protobuf's language, with the docstrings of what it was derived from."""
    told = comment(module.__doc__)
    parts = [f'{told}\n// Derived by scripts/proto.py: do not edit.\nsyntax = "proto3";\n\npackage {file.package};\n']
    if file.dependency:
        parts.append("".join(f'import "{name}";\n' for name in file.dependency))
    for message in file.message_type:
        of = getattr(module, message.name, None)
        kinds: dict[str, object] = {field.name: field.kind for field in proto.fields(of)} if of else {}
        lines = [indent(field_line(message, field, kinds), "  ") for field in message.field]
        if any(field.HasField("oneof_index") and not field.proto3_optional for field in message.field):
            lines = ["  oneof answer {\n", *[indent(line, "  ") for line in lines], "  }\n"]
        told = comment(of.__doc__ if of else None)
        parts.append(f"{told}message {message.name} {{\n{''.join(lines)}}}\n".replace("{\n}", "{}"))
    for service in file.service:
        of = getattr(module, service.name)
        calls = [
            comment(next(m.__doc__ for n, m in vars(of).items() if n.replace("_", "") == call.name.lower()))
            + f"rpc {call.name}({call.input_type.lstrip('.')}) returns ({call.output_type.lstrip('.')});\n"
            for call in service.method
        ]
        told = comment(of.__doc__)
        parts.append(f"{told}service {service.name} {{\n{indent(chr(10).join(calls), '  ')}}}\n")
    return "\n".join(parts)


def emitted() -> dict[str, str]:
    """File name -> text, of all contracts."""
    names = [f"{contracts.__name__}.{entry.name}" for entry in pkgutil.iter_modules(contracts.__path__)]
    modules = [proto, *(importlib.import_module(name) for name in names)]
    return {
        f"{proto.short(module.__name__)}.proto": text(proto.describe(module)[0], module)
        for module in modules
        if any(proto.declared(module))
    }


def facts(source: str) -> dict[tuple[str, str], str]:
    """What a peer relies on: message and number -> type and name; service and call -> its types; what there is."""
    found, block = {}, ""
    for line in source.splitlines():
        if opened := _BLOCK.match(line):
            block = opened[1]
            found[block, ""] = "there"
        elif field := _FIELD.match(line):
            found[block, field[2]] = field[1]
        elif call := _CALL.match(line):
            found[block, call[2]] = call[1]
    return found


def broken(old: str, new: str) -> list[str]:
    """What was promised in the old text and is not kept in the new one."""
    now = facts(new)
    return [
        f"{block} {key}: was `{value}`, would be `{now.get((block, key), 'gone')}`"
        for (block, key), value in facts(old).items()
        if now.get((block, key)) != value
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the files are stale")
    parser.add_argument("--home", type=Path, default=HOME, help="where the files are")
    asked = parser.parse_args()
    fresh = emitted()
    kept = {path.name: path.read_text() for path in sorted(asked.home.glob("*.proto"))}
    faults = [f"{name}: {fault}" for name, old in kept.items() for fault in broken(old, fresh.get(name, ""))]
    stale = [name for name in sorted(fresh.keys() | kept.keys()) if fresh.get(name) != kept.get(name)]
    if faults:
        print("These changes would break those who speak the contracts already:", *faults, sep="\n  ", file=sys.stderr)
    elif asked.check and stale:
        print("Stale, run scripts/proto.py:", *stale, file=sys.stderr)
    elif not asked.check:
        asked.home.mkdir(parents=True, exist_ok=True)
        for name, content in fresh.items():
            (asked.home / name).write_text(content)
    return 1 if faults or (asked.check and stale) else 0


if __name__ == "__main__":
    sys.exit(main())
