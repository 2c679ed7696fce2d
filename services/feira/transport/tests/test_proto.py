import importlib
import importlib.util
import pkgutil
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType, NoneType
from typing import Annotated, Any, Literal, Protocol, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feira import contracts
from feira.contracts.catalog import Catalog, Held, Hold, OutOfStock, Released
from feira.contracts.goods import Line, PricedLine
from feira.contracts.payments import Authorized, Payments, Waiting
from feira.contracts.users import KeysAsk
from feira.kernel.errors import Refused
from feira.kernel.message import Message, Number
from feira.transport import proto
from feira.transport.proto import WireError

ROOT = Path(__file__).resolve().parents[4]
MODULES = [importlib.import_module(f"feira.contracts.{m.name}") for m in pkgutil.iter_modules(contracts.__path__)]
MESSAGES = [message for module in MODULES for message in proto.declared(module)[0]]


class Inner(Message, frozen=True, kw_only=True):
    note: str | None = None


class All(Message, frozen=True, kw_only=True):
    """One of each."""

    text: str
    raw: bytes
    flag: bool
    count: int
    ratio: float
    id: UUID
    at: datetime
    state: Literal["on", "off"]
    inner: Inner
    words: tuple[str, ...]
    ids: tuple[UUID, ...]
    moments: tuple[datetime, ...]
    states: tuple[Literal["a", "b"], ...]
    inners: tuple[Inner, ...]
    labels: dict[str, str]
    maybe_text: str | None
    maybe_id: UUID | None = None
    maybe_at: datetime | None = None
    maybe_state: Literal["on", "off"] | None = None
    maybe_inner: Inner | None = None
    kind: str = "standard"
    start: datetime = datetime(2020, 1, 1, tzinfo=UTC)
    mode: Literal["slow", "fast"] = "fast"
    whole: Inner = Inner(note="none")
    more: dict[str, str] = msgspec.field(default_factory=dict)


class Base(Message, frozen=True, kw_only=True):
    first: str = ""
    late: Annotated[str, Number(3)] = ""


class Heir(Base, frozen=True, kw_only=True):
    second: str = ""
    fourth: str = ""


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a contract's type."""
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(st.characters(exclude_categories=["Cs"])),
        bytes: st.binary(),
        bool: st.booleans(),
        int: st.integers(-(2**63), 2**63 - 1),
        float: st.floats(allow_nan=False),
        UUID: st.uuids(),
        datetime: st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3))])),
        NoneType: st.none(),
    }
    if kind in plain:
        return plain[kind]
    if isinstance(kind, type) and issubclass(kind, Message):
        return st.builds(kind, **{name: values(hint) for name, hint in fields_of(kind).items()})
    origin, args = get_origin(kind), get_args(kind)
    if origin is Literal:
        return st.sampled_from(args)
    if origin is tuple:
        return st.lists(values(args[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(values(str), values(str), max_size=3)
    return st.one_of([values(arg) for arg in args])


def fields_of(kind: type[Message]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in msgspec.structs.fields(kind)}


@pytest.mark.parametrize("kind", [*MESSAGES, All, Inner, Heir], ids=lambda kind: kind.__name__)
def test_every_message_comes_back_as_it_went(kind: type[Message]) -> None:
    wire = proto.wire(kind)

    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(values(kind))
    def goes_and_comes(message: Message) -> None:
        assert wire.decode(wire.encode(message)) == message

    goes_and_comes()


@settings(max_examples=25, deadline=None, database=None)
@given(st.lists(values(Held), max_size=4))
def test_every_batch_comes_back_as_it_went(helds: list[Held]) -> None:
    hold = proto.methods(Catalog)[0]
    assert hold.answer.decode(hold.answer.encode(helds)) == helds


def test_a_batch_keeps_refusals_in_their_places() -> None:
    hold, release, *_ = proto.methods(Catalog)
    assert (hold.path, hold.batch, hold.remote.idempotent) == ("/feira.catalog.v1.Catalog/Hold", True, True)
    refused = OutOfStock("too few", skus=[{"sku": "A", "available": 1}], at=UUID(int=1))
    first, answer = release.answer.decode(release.answer.encode([refused, Released(done=False)]))
    assert type(first) is OutOfStock
    assert first.extra == {"skus": [{"sku": "A", "available": 1}], "at": str(UUID(int=1))}
    assert answer == Released(done=False)


def test_an_item_may_be_answered_in_more_than_one_way() -> None:
    authorize = proto.methods(Payments)[0]
    paid = Authorized(payment_id=UUID(int=1), status="authorized", amount_minor=7, currency="BRL")
    answers = [paid, Waiting(payment_id=UUID(int=2)), paid]
    assert authorize.answer.decode(authorize.answer.encode(answers)) == answers


def test_an_absent_field_means_its_default() -> None:
    found = proto.wire(PricedLine).decode(b"")
    assert (found.tax_class, found.weight_g, found.sku) == ("standard", 0, "")
    zero = PricedLine(sku="A", quantity=0, name="", unit_price_minor=0, tax_class="")
    assert proto.wire(PricedLine).decode(proto.wire(PricedLine).encode(zero)) == zero
    assert proto.wire(KeysAsk).decode(b"") == KeysAsk()


@pytest.mark.parametrize(
    ("kind", "data", "why"),
    [
        (Line, b"\xff\xff", "not a feira.goods.v1.Line"),
        (Hold, b"", "not a 16-char string"),
        (Authorized, b"\x0a\x10" + b"x" * 16 + b"\x12\x04gone", "gone"),
        (All, b"\x32\x10" + b"x" * 16 + b"\x42\x02on", "inner is missing"),
        (Line, b"\x0a\x01\xff", "not a feira.goods.v1.Line"),
    ],
)
def test_bytes_that_are_no_such_message_are_refused(kind: type[Message], data: bytes, why: str) -> None:
    with pytest.raises(WireError, match=why):
        proto.wire(kind).decode(data)


def test_an_answer_must_be_one_or_the_other() -> None:
    with pytest.raises(WireError, match="refusal is missing"):
        proto.methods(Catalog)[0].answer.decode(b"\x0a\x00")


def test_a_naive_time_is_a_bug() -> None:
    held = Held(hold_id=uuid4(), lines=(), currency="BRL", expires_at=datetime(2026, 1, 1))  # noqa: DTZ001 - the bug.
    with pytest.raises(TypeError):
        proto.wire(Held).encode(held)


def test_numbers_follow_the_order_of_declaration_unless_given() -> None:
    assert [(field.name, field.number) for field in proto.fields(Heir)] == [
        ("first", 1),
        ("late", 3),
        ("second", 2),
        ("fourth", 4),
    ]

    class Twice(Message, frozen=True, kw_only=True):
        one: Annotated[str, Number(2)]
        two: Annotated[str, Number(2)]

    with pytest.raises(TypeError, match="two fields of one number"):
        proto.fields(Twice)


@pytest.mark.parametrize(
    ("hint", "default"),
    [
        (list[int], msgspec.NODEFAULT),
        (dict[str, int], msgspec.NODEFAULT),
        (tuple[int, str], msgspec.NODEFAULT),
        (tuple[int | None, ...], msgspec.NODEFAULT),
        (tuple[str, ...], ("a",)),
        (str | int, msgspec.NODEFAULT),
        (str | None, "a"),
        (Literal[1, 2], msgspec.NODEFAULT),
        (Any, msgspec.NODEFAULT),
    ],
)
def test_other_types_have_no_place_in_a_contract(hint: Any, default: Any) -> None:
    field = ("odd", hint) if default is msgspec.NODEFAULT else ("odd", hint, default)
    odd: Any = msgspec.defstruct("Odd", [field], bases=(Message,), frozen=True, kw_only=True)
    with pytest.raises(TypeError, match="has no place in a contract"):
        proto.fields(odd)


def test_contracts_that_cannot_be_spoken_are_bugs() -> None:
    class HoldBatch(Message, frozen=True, kw_only=True):
        text: str

    class Clash(Protocol):
        async def hold(self, asks: Sequence[Line]) -> Sequence[Line | Refused]: ...

    class Loose(Protocol):
        async def hold(self, asks: Sequence[Line]) -> Sequence[Line | None]: ...

    def describe(*members: type) -> None:
        module = ModuleType(__name__)
        vars(module).update({member.__name__: member for member in members})
        proto.describe(module)

    with pytest.raises(TypeError, match="two messages of one name"):
        describe(HoldBatch, Clash)
    with pytest.raises(TypeError, match="must answer with"):
        describe(Loose)


# What `scripts/proto.py` guards.


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("feira_scripts_proto", ROOT / "scripts" / "proto.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(script: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["proto.py", *arguments])
    status: int = script.main()
    return status


def test_the_written_files_are_those_of_the_code(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(script, monkeypatch, "--check") == 0


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("string digest = 2;", "string digest = 9;", "message Hold 9: was `string digest`, would be `gone`"),
        ("string digest = 2;", "string checksum = 2;", "message Hold 2: was `string checksum`"),
        ("string digest = 2;", "bytes digest = 2;", "message Hold 2: was `bytes digest`, would be `string digest`"),
        ("repeated feira.goods.v1.Line lines", "feira.goods.v1.Line lines", "was `feira.goods.v1.Line lines`"),
        ("message Released {", "message Given {", "message Given : was `there`, would be `gone`"),
        ("rpc Hold(", "rpc Keep(", "service Catalog Keep: was `rpc Keep("),
        ("service Catalog {", "service Goods {", "service Goods"),
    ],
)
def test_a_change_that_breaks_others_is_refused(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    old: str, new: str, why: str,
) -> None:  # fmt: skip
    home = tmp_path / "proto"
    shutil.copytree(ROOT / "docs" / "proto", home)
    written = (home / "catalog.proto").read_text()
    assert old in written
    (home / "catalog.proto").write_text(written.replace(old, new))
    for arguments in (["--check"], []):
        assert run(script, monkeypatch, "--home", str(home), *arguments) == 1
        assert why in capsys.readouterr().err
    assert (home / "catalog.proto").read_text() == written.replace(old, new)


def test_a_change_that_only_adds_must_be_written_down(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    home = tmp_path / "proto"
    assert run(script, monkeypatch, "--home", str(home)) == 0
    written = (home / "catalog.proto").read_text()
    (home / "catalog.proto").write_text(written.replace("  string locale = 4;\n", ""))
    assert run(script, monkeypatch, "--home", str(home), "--check") == 1
    assert "Stale" in capsys.readouterr().err
    assert run(script, monkeypatch, "--home", str(home)) == 0
    assert (home / "catalog.proto").read_text() == written
    assert run(script, monkeypatch, "--home", str(home), "--check") == 0


def test_a_contract_that_vanishes_is_refused(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "gone.proto").write_text("message Gone {\n  string text = 1;\n}\n")
    assert run(script, monkeypatch, "--home", str(tmp_path)) == 1
