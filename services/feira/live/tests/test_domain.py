"""Topics, who watches what, what is remembered, and what staff are shown: no I/O, no clock."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from feira.live import domain, domain_told
from feira.live.domain import Ask, Board, Watched, read_topic
from feira.live.domain_told import Desk, Happened, Memory, Repeats, Takings
from feira.live.tests.conftest import placed

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ORDER = "0190b6a0-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("products/açaí-400", "nothing"), (f"orders/{ORDER}", "order"), ("me", "customer"), ("admin/orders", "staff"),
        ("admin/metrics", "staff"), ("products/", None), ("products/a b", None), ("products/a/b", None), ("orders/1", None),
        (f"orders/{ORDER.upper()}", None), ("", None), ("me/", None), ("admin", None), ("products/" + "x" * 201, None),
    ],
)  # fmt: skip
def test_topics_say_what_they_ask_for(text: str, need: str | None) -> None:
    topic = read_topic(text)
    assert (topic.need if topic else None) == need


def test_messages_are_bounded() -> None:
    assert Ask(subscribe=["me"] * domain.TOPICS_MAX).wrong == ""
    for wrong in (
        Ask(subscribe=["me"] * (domain.TOPICS_MAX + 1)),
        Ask(unsubscribe=["x" * (domain.TOPIC_LENGTH_MAX + 1)]),
        Ask(token="x" * (domain.TOKEN_LENGTH_MAX + 1)),
        Ask(since="1" * (domain.CURSOR_LENGTH_MAX + 1)),
    ):
        assert wrong.wrong
    assert [Ask(since=text).cursor for text in ("12", "", "x", "-1", "\u0661")] == [12, None, None, None, None]


def watched(text: str, user: UUID | None = None) -> Watched:
    topic = read_topic(text)
    assert topic
    return Watched(topic, topic.channel(user), by_identity=False)


def test_the_board_knows_who_watches_what() -> None:
    board: Board[str] = Board()
    ana, eva = uuid4(), uuid4()
    board.watch("a", watched("me", ana))
    board.watch("b", watched("me", eva))
    board.watch("a", watched("products/x"))
    board.watch("b", watched("products/x"))
    board.watch("b", watched("products/x"))
    assert list(board.watchers(f"me/{ana}")) == ["a"]
    assert sorted(board.watchers("products/x")) == ["a", "b"]
    assert set(board.clients()) == {"a", "b"}
    assert board.leave("a", "products/y") is None
    assert [one.channel for one in board.drop("b")] == [f"me/{eva}", "products/x"]
    assert sorted(board.channels()) == sorted([f"me/{ana}", "products/x"])
    board.leave("a", "products/x")
    assert "products/x" not in board
    for number in range(domain.TOPICS_MAX - 1):
        board.watch("a", watched(f"products/{number}"))
    assert not board.has_room("a", "products/new")
    assert board.has_room("a", "products/1")
    assert board.has_room("z", "me")


def happened(number: int, *channels: str) -> Happened:
    return Happened(number, channels, "order.placed", msgspec.Raw(b"{}"), NOW)


def test_what_was_missed_is_remembered_as_long_as_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    assert memory.since(5, {"a"}) is None
    memory.forget(10)
    memory.add(happened(12, "a", "b"))
    memory.add(happened(14, "b"))
    assert memory.since(9, {"a"}) is None
    assert memory.since(None, {"a"}) is None
    assert [(channel, one.number) for channel, one in memory.since(10, {"b"}) or ()] == [("b", 12), ("b", 14)]
    assert [(channel, one.number) for channel, one in memory.since(12, {"a", "b"}) or ()] == [("b", 14)]
    monkeypatch.setattr(domain_told, "REMEMBERED_MAX", 2)
    memory.add(happened(15, "a"))
    assert memory.since(11, {"a"}) is None
    assert list(memory.since(12, {"a"}) or ()) == [("a", happened(15, "a"))]
    monkeypatch.setattr(domain_told, "REMEMBERED_BYTES_MAX", 1)
    memory.add(happened(16, "a"))
    assert list(memory.since(16, {"a"}) or ("none",)) == []


def test_staff_are_shown_the_latest_and_told_how_many_more() -> None:
    desk = Desk()
    assert desk.take() is None
    events = [placed(number=f"F-{n}") for n in range(domain_told.DESK_ORDERS_MAX + 3)]
    for number, event in enumerate(events, 7):
        desk.add(number, event)
    assert desk.first == 7
    data = desk.take()
    assert data
    assert [one.number for one in data.orders] == [event.number for event in events[3:]]
    assert (data.more, data.orders[0].type, desk.take()) == (3, "order.placed", None)
    assert desk.first is None


def test_repetitions_are_told_from_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain_told, "REPEATS_MAX", 2)
    repeats = Repeats()
    a, b, c = uuid4(), uuid4(), uuid4()
    assert [repeats.again(one) for one in (a, b, a, c, c, a)] == [False, False, True, False, True, False]


def test_takings_are_what_was_counted_and_what_was_heard_of_since() -> None:
    takings = Takings()
    takings.add(NOW, 5)
    assert takings.orders == 0  # Nobody has counted yet.
    takings.count(NOW, 10, 1_000)
    takings.add(NOW - timedelta(seconds=1), 7)  # It was counted.
    takings.add(NOW + timedelta(seconds=1), 20)
    takings.add(NOW + timedelta(seconds=3), 40)
    assert (takings.orders, takings.sales_minor) == (12, 1_060)
    takings.count(NOW + timedelta(seconds=2), 11, 1_020)
    assert (takings.orders, takings.sales_minor) == (12, 1_060)
