"""Contracts on the wire: protobuf files derived from the contracts' modules, and the code between structs and bytes.

Both sides of a call derive the same from the same contract. `docs/proto` shows what they derive, and the check of it in CI
keeps numbers, types and names as they are.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from types import ModuleType, NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto

from feira.kernel.errors import Refused
from feira.kernel.message import Message, Number, Remote
from feira.transport.problems import rebuild

POOL = descriptor_pool.DescriptorPool()
EXTRA_BYTES_MAX = 32 * 1024  # A unary refusal travels in metadata, of which gRPC takes little.
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_MESSAGE, _BYTES = FieldDescriptorProto.TYPE_MESSAGE, FieldDescriptorProto.TYPE_BYTES
_INT, _STRING = FieldDescriptorProto.TYPE_INT64, FieldDescriptorProto.TYPE_STRING
_ONE, _MANY = FieldDescriptorProto.LABEL_OPTIONAL, FieldDescriptorProto.LABEL_REPEATED

# Python's type -> protobuf's, the expression that writes a value, the one that reads it, and protobuf's zero.
_SCALARS: Mapping[Any, tuple[FieldDescriptorProto.Type.ValueType, str, str, object]] = {
    str: (_STRING, "{}", "{}", ""),
    bytes: (_BYTES, "{}", "{}", b""),
    bool: (FieldDescriptorProto.TYPE_BOOL, "{}", "{}", False),
    int: (_INT, "{}", "{}", 0),
    float: (FieldDescriptorProto.TYPE_DOUBLE, "{}", "{}", 0.0),
    UUID: (_BYTES, "{}.bytes", "UUID(bytes={})", None),
    datetime: (_INT, "micros({})", "moment({})", None),
}
_Write = Callable[[Any], dict[str, Any]]  # A value to the arguments of its protobuf message.
_Read = Callable[[Any], Any]  # A protobuf message to the value.


class WireError(ValueError):
    """Bytes that are not what the contract says."""


class Refusal(Message, frozen=True, kw_only=True):
    """How a refusal travels. `extra_json` holds the further members of the problem document."""

    code: str
    detail: str
    extra_json: str


class Field(msgspec.Struct, frozen=True):
    """A field of a message. `kind` is the type of one value; a `maybe` may be absent and then means `default`."""

    name: str
    number: int
    kind: Any
    shape: Literal["one", "maybe", "many", "map"]
    default: Any = None


@dataclass(frozen=True)
class Wire:
    """A value's way to bytes and back; `decode` raises `WireError`."""

    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]


@dataclass(frozen=True)
class Method:
    """A contract's method, ready for either end of a call; a batch's ask and answer are sequences."""

    name: str
    path: str
    batch: bool
    remote: Remote
    ask: Wire
    answer: Wire


def fields(kind: type[Message]) -> list[Field]:
    """A message's fields in the order of their declaration, those of its bases first."""
    hints, marked = get_type_hints(kind), get_type_hints(kind, include_extras=True)
    infos = msgspec.structs.fields(kind)
    own = {i.name: m.value for i in infos for m in getattr(marked[i.name], "__metadata__", ()) if isinstance(m, Number)}
    numbers = iter(n for n in range(1, 2 * len(infos) + 1) if n not in own.values())
    if len(set(own.values())) < len(own):
        raise TypeError(f"{kind.__name__} has two fields of one number: {own}")
    return [_field(info, hints[info.name], own.get(info.name) or next(numbers)) for info in infos]


def _field(info: msgspec.structs.FieldInfo, hint: Any, number: int) -> Field:
    name, origin, args = info.name, get_origin(hint), get_args(hint)
    default = info.default if info.default_factory is msgspec.NODEFAULT else info.default_factory()
    if origin is dict and args == (str, str) and default in ({}, msgspec.NODEFAULT):
        return Field(name, number, str, "map")
    if origin is tuple and args[1:] == (...,) and default in ((), msgspec.NODEFAULT):
        return Field(name, number, _one(name, args[0]), "many")
    if origin in {Union, UnionType} and len(args) == 2 and args[1] is NoneType and default in (None, msgspec.NODEFAULT):
        return Field(name, number, _one(name, args[0]), "maybe")
    kind = _one(name, hint)
    if default is msgspec.NODEFAULT or (kind in _SCALARS and default == _SCALARS[kind][3]):
        return Field(name, number, kind, "one")
    return Field(name, number, kind, "maybe", default)


def _one(name: str, kind: Any) -> Any:
    texts = get_origin(kind) is Literal and all(isinstance(text, str) for text in get_args(kind))
    if not (texts or kind in _SCALARS or _is_message(kind)):
        raise TypeError(f"{name}: {kind} has no place in a contract; see feira.kernel.message.Message for what has")
    return kind


def _is_message(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Message)


def short(module: str) -> str:
    """`feira.contracts.catalog` is `catalog.proto` and speaks `feira.catalog.v1`."""
    return "kernel" if module == __name__ else module.rpartition(".")[2]


def full_name(kind: type) -> str:
    return f"feira.{short(kind.__module__)}.v1.{kind.__name__}"


def declared(module: ModuleType) -> tuple[list[type[Message]], list[type]]:
    """The messages and the contracts that a module declares, in order; names with an underscore are its own affair."""
    own = [
        v for k, v in vars(module).items() if isinstance(v, type) and v.__module__ == module.__name__ and k[0] != "_"
    ]
    return [v for v in own if issubclass(v, Message)], [v for v in own if getattr(v, "_is_protocol", False)]


def describe(module: ModuleType) -> tuple[FileDescriptorProto, set[str]]:
    """The protobuf file of a contract's module, and the names of the modules whose files it imports."""
    name, needs = short(module.__name__), set()
    file = FileDescriptorProto(name=f"{name}.proto", package=f"feira.{name}.v1", syntax="proto3")
    messages, contracts = declared(module)
    for message in messages:
        described = file.message_type.add(name=message.__name__)
        for field in fields(message):
            _describe_field(described, field)
            needs |= {field.kind.__module__} if _is_message(field.kind) else set()
    for contract in contracts:
        service = file.service.add(name=contract.__name__)
        for call, batch, ask, kinds in _signatures(contract):
            needs |= {kind.__module__ for kind in (ask, *kinds)}
            asked, answered = full_name(ask), full_name(kinds[0])
            if batch:
                needs.add(__name__)
                asked, answered = _describe_batch(file, _title(call), asked, kinds)
            service.method.add(name=_title(call), input_type=f".{asked}", output_type=f".{answered}")
    names = [message.name for message in file.message_type]
    if len(set(names)) < len(names):
        raise TypeError(f"{file.name} would have two messages of one name among {names}")
    needs.discard(module.__name__)
    file.dependency.extend(sorted(f"{short(need)}.proto" for need in needs))
    return file, needs


def _describe_field(message: DescriptorProto, field: Field) -> None:
    described = message.field.add(name=field.name, number=field.number, type=_MESSAGE, label=_ONE)
    if field.shape == "map":
        entry = message.nested_type.add(name=f"{_title(field.name)}Entry")
        entry.options.map_entry = True
        for number, name in enumerate(("key", "value"), 1):
            entry.field.add(name=name, number=number, type=_STRING, label=_ONE)
        described.type_name = entry.name
    elif _is_message(field.kind):
        described.type_name = f".{full_name(field.kind)}"
    else:
        described.type = _SCALARS[field.kind][0] if field.kind in _SCALARS else _STRING
    if field.shape in {"many", "map"}:
        described.label = _MANY
    elif field.shape == "maybe" and not described.type_name:
        described.proto3_optional = True
        described.oneof_index = len(message.oneof_decl)
        message.oneof_decl.add(name=f"_{field.name}")


def _describe_batch(file: FileDescriptorProto, title: str, ask: str, kinds: Sequence[type[Message]]) -> tuple[str, str]:
    one = file.message_type.add(name=f"{title}Answer")
    one.oneof_decl.add(name="answer")
    for number, (name, of) in enumerate(_choices(kinds), 1):
        one.field.add(name=name, number=number, type=_MESSAGE, type_name=f".{full_name(of)}", label=_ONE, oneof_index=0)
    batch, answers = file.message_type.add(name=f"{title}Batch"), file.message_type.add(name=f"{title}Answers")
    batch.field.add(name="asks", number=1, type=_MESSAGE, type_name=f".{ask}", label=_MANY)
    each = f".{file.package}.{one.name}"
    answers.field.add(name="answers", number=1, type=_MESSAGE, type_name=each, label=_MANY)
    return f"{file.package}.{batch.name}", f"{file.package}.{answers.name}"


def _choices(answers: Sequence[type[Message]]) -> list[tuple[str, type[Message]]]:
    """What an item of a batch may be answered with, as the fields of one message."""
    first, *others = answers
    return [("ok", first), ("refusal", Refusal), *((kind.__name__.lower(), kind) for kind in others)]


def _title(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _signatures(contract: type) -> Iterator[tuple[str, bool, type[Message], tuple[type[Message], ...]]]:
    """Name, whether it takes a batch, and the types of ask and answers of each method."""
    for name, method in vars(contract).items():
        if name.startswith("_") or not callable(method):
            continue
        hints = get_type_hints(method)
        answer = hints.pop("return")
        (ask,) = hints.values()
        batch = get_origin(ask) is Sequence
        if batch:
            (ask,), (answer,) = get_args(ask), get_args(answer)
            *answers, refused = get_args(answer)
            if refused is not Refused:
                raise TypeError(f"{contract.__name__}.{name} must answer with Sequence[Answer | Refused]")
        yield name, batch, ask, tuple(answers) if batch else (answer,)


@cache
def register(module: str) -> None:
    """Make a module's protobuf messages known to POOL, and those that they need."""
    file, needs = describe(sys.modules[module])
    for need in sorted(needs):
        register(need)
    POOL.AddSerializedFile(file.SerializeToString())


@cache
def codec(kind: type[Message]) -> tuple[_Write, _Read]:
    """How a struct becomes the arguments of its protobuf message, and how that message becomes the struct.

    Both are compiled from the fields, once: checkout sends thousands of lines a second this way. Nested messages are
    dictionaries, which protobuf takes as they are, whereas it would copy ready messages.
    """
    names: dict[str, Any] = {"Struct": kind, "UUID": UUID, "micros": _micros, "moment": _moment, "present": _present}
    writes, reads = [], []
    for field in fields(kind):
        name = field.name
        write, read = _expressions(field, names)
        given, found = write.format(f"s.{name}"), read.format(f"m.{name}")
        if field.shape == "map":
            found = f"dict(m.{name})"
        elif field.shape == "many":
            given = given if write == "{}" else f"[{write.format('x')} for x in s.{name}]"
            found = f"tuple([{read.format('x')} for x in m.{name}])"
        elif field.shape == "maybe":
            names[f"default_{name}"] = field.default
            given = given if write == "{}" else f"None if s.{name} is None else {given}"
            found = f"{found} if m.HasField({name!r}) else default_{name}"
        elif _is_message(field.kind):
            found = read.format(f"present(m, {name!r})")
        writes.append(f"{name!r}: {given}")
        reads.append(f"{name}={found}")
    sources = f"lambda s: {{{', '.join(writes)}}}", f"lambda m: Struct({', '.join(reads)})"
    encode, decode = (eval(source, names) for source in sources)  # noqa: S307 - made of a contract's field names.
    return encode, decode


def _expressions(field: Field, names: dict[str, Any]) -> tuple[str, str]:
    if field.kind in _SCALARS:
        return _SCALARS[field.kind][1:3]
    if _is_message(field.kind):
        names[f"write_{field.name}"], names[f"read_{field.name}"] = codec(field.kind)
        return f"write_{field.name}({{}})", f"read_{field.name}({{}})"
    names[f"known_{field.name}"] = {text: text for text in get_args(field.kind)}
    return "{}", f"known_{field.name}[{{}}]"


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def _present(message: Any, name: str) -> Any:
    if not message.HasField(name):
        raise WireError(f"{name} is missing")
    return getattr(message, name)


@cache
def wire(kind: type[Message]) -> Wire:
    register(kind.__module__)
    return _wire(full_name(kind), *codec(kind))


def _wire(name: str, write: _Write, read: _Read) -> Wire:
    message_class: Any = message_factory.GetMessageClass(POOL.FindMessageTypeByName(name))

    def encode(value: Any) -> bytes:
        data: bytes = message_class(**write(value)).SerializeToString()
        return data

    def decode(data: bytes) -> Any:
        try:
            return read(message_class.FromString(data))
        except Exception as failure:
            raise WireError(f"not a {name}: {failure!r}"[:300]) from failure

    return Wire(encode, decode)


def methods(contract: type) -> list[Method]:
    """A contract's methods, in order."""
    register(contract.__module__)
    found = []
    for name, batch, ask, kinds in _signatures(contract):
        if batch:
            home = full_name(contract).removesuffix(contract.__name__) + _title(name)
            asks = _wire(f"{home}Batch", *_many("asks", *codec(ask)))
            answers = _wire(f"{home}Answers", *_many("answers", *_either(kinds)))
        else:
            asks, answers = wire(ask), wire(kinds[0])
        remote = getattr(getattr(contract, name), "remote", Remote())
        found.append(Method(name, f"/{full_name(contract)}/{_title(name)}", batch, remote, asks, answers))
    return found


def _many(name: str, write: _Write, read: _Read) -> tuple[_Write, _Read]:
    def write_all(values: Iterable[Any]) -> dict[str, Any]:
        return {name: [write(value) for value in values]}

    return write_all, lambda message: [read(one) for one in getattr(message, name)]


def _either(kinds: Sequence[type[Message]]) -> tuple[_Write, _Read]:
    choices = {kind: (name, *codec(kind)) for name, kind in _choices(kinds)}
    readers = {name: read for name, _, read in choices.values()}
    _, write_refusal, _ = choices[Refusal]

    def write_answer(value: Any) -> dict[str, Any]:
        if isinstance(value, Refused):
            return {"refusal": write_refusal(_refusal(value))}
        name, write, _ = choices[type(value)]
        return {name: write(value)}

    def read_answer(message: Any) -> Any:
        name = message.WhichOneof("answer") or "refusal"
        found = readers[name](_present(message, name))
        return _refused(found) if name == "refusal" else found

    return write_answer, read_answer


def _refusal(refused: Refused) -> Refusal:
    extra = msgspec.json.encode(refused.extra, enc_hook=str).decode()
    return Refusal(code=refused.code, detail=refused.detail, extra_json=extra)


def _refused(refusal: Refusal) -> Refused:
    return rebuild(refusal.code, refusal.detail, msgspec.json.decode(refusal.extra_json or "{}", type=dict[str, Any]))


def encode_refusal(refused: Refused) -> bytes:
    """A unary method's refusal, for metadata; an `extra` that is too big for that is left out."""
    refusal = _refusal(refused)
    if len(refusal.extra_json) + len(refusal.detail) > EXTRA_BYTES_MAX:
        refusal = Refusal(code=refusal.code, detail=refusal.detail[:1000], extra_json="")
    return wire(Refusal).encode(refusal)


def decode_refusal(data: bytes) -> Refused:
    return _refused(wire(Refusal).decode(data))
