import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from feira.kernel import metrics, trace
from feira.kernel.errors import Overloaded, Refused, Unavailable
from feira.transport import rpc
from feira.transport.rpc import RemoteFault, RpcServer
from feira.transport.tests.rpc_echo import Echo, Heard, Nobody, Parrot, Said

SAY = "/feira.rpc_echo.v1.Echo/Say"


class House:
    """A server in this process, and a client of it."""

    def __init__(self, impl: Parrot) -> None:
        self.impl = impl
        self.server = RpcServer("127.0.0.1:0")
        rpc.serve(self.server, Echo, impl)

    async def open(self) -> None:
        self.port = await self.server.start()
        self.channel = rpc.channel(f"127.0.0.1:{self.port}")
        self.echo: Echo = rpc.connect(Echo, self.channel)

    async def close(self) -> None:
        await self.channel.close()
        await self.server.stop(1.0)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House(Parrot())
    await house.open()
    yield house
    await house.close()


@contextmanager
def process(port: int = 0) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The echo as an operating system's process; `port` 0 chooses one."""
    code = f"from feira.transport.tests import rpc_echo; rpc_echo.run('127.0.0.1:{port}')"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            yield running, int(running.stdout.readline())
        finally:
            running.kill()


@asynccontextmanager
async def stranger(house: House) -> AsyncIterator[Any]:
    """A channel that knows nothing of us: bytes in, bytes out."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{house.port}") as way:
        yield way


async def test_the_answer_and_the_ids_of_the_request(house: House) -> None:
    here = trace.begin("req-7")
    trace.bind(order_id="o-7")
    heard = await house.echo.say(Said(text="hello"))
    assert heard.text == "hello"
    there = heard.ids
    assert (there["x-request-id"], there["x-order-id"]) == ("req-7", "o-7")
    assert there["traceparent"].split("-")[1] == here.trace_id
    assert there["traceparent"].split("-")[2] != here.span_id
    assert 9 <= heard.left_s + 5 <= 10.1  # A first try has half of the method's deadline.


async def test_a_refusal_comes_back_as_the_class_that_left(house: House) -> None:
    with pytest.raises(Nobody, match="nobody is there") as refused:
        await house.echo.say(Said(text="refuse"))
    assert refused.value.extra == {"who": "00000000-0000-0000-0000-000000000007", "pad": ""}
    with pytest.raises(Nobody) as refused:
        await house.echo.say(Said(text="refuse", size=30_000))
    assert len(refused.value.extra["pad"]) == 30_000
    with pytest.raises(Nobody) as refused:
        await house.echo.say(Said(text="refuse", size=1_000_000))
    assert refused.value.extra == {}
    assert house.impl.heard == ["refuse"] * 3


async def test_refusals_of_a_batch_touch_no_neighbour(house: House) -> None:
    answers = await house.echo.each([Said(text="a"), Said(text="refuse"), Said(text="b")])
    first, refused, last = answers
    assert isinstance(first, Heard)
    assert isinstance(last, Heard)
    assert (first.text, last.text) == ("a", "b")
    assert isinstance(refused, Nobody)
    assert refused.status == 404
    assert await house.echo.each([]) == []


async def test_large_batches_pass(house: House) -> None:
    answers = await house.echo.each([Said(text=str(n), size=1_000) for n in range(2_000)])
    assert [a.text for a in answers if isinstance(a, Heard)] == [str(n) for n in range(2_000)]


async def test_a_fault_of_the_other_side_tells_nothing_and_is_not_repeated(house: House) -> None:
    with pytest.raises(RemoteFault) as fault:
        await house.echo.say(Said(text="bug"))
    assert "hunter2" not in str(fault.value)
    with pytest.raises(RemoteFault):
        await house.echo.each([Said(text="fine"), Said(text="bug")])
    assert house.impl.heard == ["bug", "fine", "bug"]
    with pytest.raises(RemoteFault, match="answered 0 of 1"):
        await house.echo.each([Said(text="forget")])


async def test_a_database_that_is_busy_over_there_is_unavailable(house: House) -> None:
    with pytest.raises(Unavailable):
        await house.echo.say(Said(text="locked"))
    assert house.impl.heard == ["locked"] * rpc.TRIES_MAX


async def test_what_is_too_slow_is_unavailable_by_its_deadline(house: House) -> None:
    async with asyncio.timeout(15):
        with pytest.raises(Unavailable):
            await house.echo.hurry(Said(text="slow", sleep_s=30))
        assert 2 <= len(house.impl.heard) <= rpc.TRIES_MAX
        while len(house.impl.dropped) < len(house.impl.heard):
            await asyncio.sleep(0.02)


async def test_a_deadline_holds_for_what_is_called_on_its_behalf(house: House) -> None:
    outer = House(Parrot(beyond=house.echo))
    await outer.open()
    heard = await outer.echo.hurry(Said(text="beyond"))
    assert 0 < heard.left_s < 0.2  # Half of a half of 0.4 s, and not of the 10 s that `say` has.
    await outer.close()


async def test_work_that_outlives_its_caller_has_its_own_deadline(house: House) -> None:
    rpc._ends.set(time.monotonic() - 1)
    assert (await house.echo.say(Said(text="late"))).left_s > 4


async def test_a_caller_that_hangs_up_is_dropped(house: House) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await house.echo.say(Said(text="long", sleep_s=30))
    async with asyncio.timeout(10):
        while not house.impl.dropped:
            await asyncio.sleep(0.02)
    assert house.impl.dropped == ["long"]


async def test_a_killed_and_restarted_server_is_found_again() -> None:
    with process() as (first, port):
        way = rpc.channel(f"127.0.0.1:{port}")
        echo: Echo = rpc.connect(Echo, way)
        assert (await echo.say(Said(text="a"))).pid == first.pid
        under_way = asyncio.ensure_future(echo.say(Said(text="b", sleep_s=0.5)))
        await asyncio.sleep(0.2)
        first.kill()
        first.wait()
    with process(port) as (second, _):
        assert (await under_way).pid == second.pid
        assert (await echo.say(Said(text="c"))).pid == second.pid
    await way.close()


async def test_what_may_not_be_repeated_is_tried_once() -> None:
    with process() as (first, port):
        way = rpc.channel(f"127.0.0.1:{port}")
        echo: Echo = rpc.connect(Echo, way)
        under_way = asyncio.ensure_future(echo.once(Said(text="pay", sleep_s=3)))
        await asyncio.sleep(0.3)
        first.kill()
        async with asyncio.timeout(4):  # Less than its deadline.
            with pytest.raises(Unavailable):
                await under_way
    await way.close()


async def test_an_outage_is_told_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "RECONNECT_S", 0.3)
    echo: Echo = rpc.connect(Echo, "127.0.0.1:1")
    async with asyncio.timeout(8):  # Less than its deadline.
        with pytest.raises(Unavailable):
            await echo.say(Said(text="anybody?"))


async def test_a_server_takes_only_so_many_calls_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "CALLS_MAX", 2)
    house = House(Parrot())
    await house.open()
    asks = [house.echo.say(Said(text=str(n), sleep_s=0.3)) for n in range(5)]
    answers = await asyncio.gather(*asks, return_exceptions=True)
    assert sum(isinstance(answer, Heard) for answer in answers) == 2
    assert sum(type(answer) is Overloaded for answer in answers) == 3
    await house.close()


async def test_strangers_messages_are_refused(house: House) -> None:
    async with stranger(house) as way:
        for path, data, code in (
            (SAY, b"\xff\xff\xff", grpc.StatusCode.INVALID_ARGUMENT),
            (SAY, b"x" * (rpc.BYTES_MAX + 1), grpc.StatusCode.RESOURCE_EXHAUSTED),
            ("/feira.rpc_echo.v1.Echo/Sing", b"", grpc.StatusCode.UNIMPLEMENTED),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await way.unary_unary(path)(data)
            assert failure.value.code() is code


async def test_a_call_without_a_deadline_gets_the_methods(house: House) -> None:
    async with stranger(house) as way:
        call = way.unary_unary("/feira.rpc_echo.v1.Echo/Hurry")(b"\x0a\x01x\x11\x00\x00\x00\x00\x00\x00>@")
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await call
        assert failure.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert dict(failure.value.trailing_metadata() or ()).keys() >= {"x-request-id", "traceparent"}
    assert house.impl.heard == ["x"]


async def test_what_is_too_big_is_our_fault(house: House) -> None:
    with pytest.raises(ValueError, match="at most"):
        await house.echo.say(Said(text="x" * (rpc.BYTES_MAX + 1)))
    assert house.impl.heard == []
    with pytest.raises(RemoteFault, match="larger than"):
        await house.echo.say(Said(text="big", size=rpc.BYTES_MAX))
    assert house.impl.heard == ["big"]


async def test_an_answer_that_is_none_is_a_fault(house: House) -> None:
    async def nonsense(_data: bytes, _context: object) -> bytes:
        await asyncio.sleep(0)
        return b"\xff"

    server = RpcServer("127.0.0.1:0")
    handler: Any = grpc.unary_unary_rpc_method_handler(nonsense)
    server.server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("feira.rpc_echo.v1.Echo", {"Say": handler}),)
    )
    port = await server.start()
    echo: Echo = rpc.connect(Echo, f"127.0.0.1:{port}")
    with pytest.raises(RemoteFault, match="not a feira"):
        await echo.say(Said(text="x"))
    await server.stop(0)


async def test_health_tells_of_each_contract(house: House) -> None:
    async with stranger(house) as way:
        health: Any = health_pb2_grpc.HealthStub(way)

        async def status(name: str) -> int:
            answer: health_pb2.HealthCheckResponse = await health.Check(health_pb2.HealthCheckRequest(service=name))
            return answer.status

        name = "feira.rpc_echo.v1.Echo"
        assert await status("") == await status(name) == health_pb2.HealthCheckResponse.SERVING
        await house.server.show(name, serving=False)
        assert await status(name) == health_pb2.HealthCheckResponse.NOT_SERVING
        with pytest.raises(grpc.aio.AioRpcError):
            await status("feira.nobody.v1.Nobody")


async def test_a_stranger_can_call_by_reflection_alone(house: House) -> None:
    async with stranger(house) as way:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(way)
        ask = reflection_pb2.ServerReflectionRequest
        asks = [ask(list_services=""), ask(file_containing_symbol="feira.rpc_echo.v1.Echo")]
        listed, files = [answer async for answer in stub.ServerReflectionInfo(iter(asks))]
        names = {service.name for service in listed.list_services_response.service}
        assert names == {
            "feira.rpc_echo.v1.Echo",
            "grpc.health.v1.Health",
            "grpc.reflection.v1alpha.ServerReflection",
        }
        pool = descriptor_pool.DescriptorPool()
        for data in reversed(files.file_descriptor_response.file_descriptor_proto):
            pool.Add(descriptor_pb2.FileDescriptorProto.FromString(data))
        classes: Any = (
            message_factory.GetMessageClass(pool.FindMessageTypeByName(f"feira.rpc_echo.v1.{name}"))
            for name in ("Said", "Heard")
        )
        said, heard = classes
        answer = await way.unary_unary(SAY)(said(text="hi").SerializeToString())
        assert heard.FromString(answer).text == "hi"


async def test_a_taken_port_is_said(house: House) -> None:
    with pytest.raises(OSError, match="is the port taken"):
        await RpcServer(f"127.0.0.1:{house.port}").start()


async def test_processes_share_a_port_if_asked_to() -> None:
    one, two = RpcServer("127.0.0.1:0", shared=True), None
    port = await one.start()
    two = RpcServer(f"127.0.0.1:{port}", shared=True)
    assert await two.start() == port
    await one.stop(0)
    await two.stop(0)


async def test_a_stopping_server_ends_what_it_began(house: House) -> None:
    under_way = asyncio.ensure_future(house.echo.say(Said(text="last", sleep_s=0.3)))
    await asyncio.sleep(0.1)
    await house.server.stop(5.0)
    assert (await under_way).text == "last"


async def test_calls_are_measured(house: House) -> None:
    def count(code: str) -> float:
        labels = {"contract": "Echo", "method": "say", "code": code}
        return metrics.REGISTRY.get_sample_value("feira_rpc_seconds_count", labels) or 0.0

    fine, refused = count("OK"), count("FAILED_PRECONDITION")
    await house.echo.say(Said(text="a"))
    with pytest.raises(Refused):
        await house.echo.say(Said(text="refuse"))
    assert (count("OK"), count("FAILED_PRECONDITION")) == (fine + 1, refused + 1)
