"""Contracts over gRPC: what `connect` answers has the contract's face, so that nobody knows where a service runs.

Refusals arrive as the class that left; what was lost on the way is tried again if the contract says that this is harmless, and
is `Unavailable` at last; a fault of the other side is a `RemoteFault` here and a traceback in its own log only.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import grpc
import prometheus_client as prometheus
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from grpc_reflection.v1alpha import reflection, reflection_pb2

from feira.kernel import logs, metrics, trace
from feira.kernel.db import BUSY, LOST
from feira.kernel.errors import Overloaded, Refused, Unavailable
from feira.kernel.message import Remote
from feira.transport import proto

BYTES_MAX = 16 * 1024 * 1024  # One message.
CALLS_MAX = 1024  # Calls that a server works on at once; the next is told that we are overloaded.
TRIES_MAX = 3
RECONNECT_S = 4.0  # How long a call waits for a lost connection: a restart is ridden out, an outage told soon.
BACKOFF_S = 0.05  # Doubled with each try; the pause is anything up to it, so that callers do not come back all at once.
_REFUSAL = "feira-refusal-bin"
_LIMITS = (
    ("grpc.max_receive_message_length", BYTES_MAX),
    ("grpc.max_send_message_length", BYTES_MAX),
    ("grpc.max_metadata_size", 2 * proto.EXTRA_BYTES_MAX),
    ("grpc.absolute_max_metadata_size", 2 * proto.EXTRA_BYTES_MAX),
    ("grpc.keepalive_permit_without_calls", 1),
)
_SERVER = (
    *_LIMITS,
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
)
_CLIENT = (
    *_LIMITS,
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.min_reconnect_backoff_ms", 1_000),  # What one attempt to connect may take.
    ("grpc.use_local_subchannel_pool", 1),
)
_LOST = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED})
_ends: ContextVar[float | None] = ContextVar("feira_rpc_ends", default=None)  # When our own caller stops waiting.
_log = logs.logger("rpc")
T = TypeVar("T")
SECONDS = prometheus.Histogram(
    "feira_rpc_seconds",
    "One call as its caller saw it, retries included.",
    ["contract", "method", "code"],
    buckets=metrics.SECONDS,
    registry=metrics.REGISTRY,
)

for _file in (health_pb2.DESCRIPTOR, reflection_pb2.DESCRIPTOR):
    proto.POOL.AddSerializedFile(_file.serialized_pb)  # Reflection tells of all services here, its own included.


class RemoteFault(RuntimeError):  # noqa: N818 - the fault is another's; here it is a fact.
    """The other side has a bug, or speaks another version of the contract; the details are in its log."""


class RpcServer:
    """A gRPC server of contracts, with the standard health and reflection services.

    `address` is host:port, port 0 for any; with `shared` several worker processes listen on one port.
    """

    def __init__(self, address: str, *, shared: bool = False) -> None:
        options = (*_SERVER, ("grpc.so_reuseport", int(shared)))
        self.server = grpc.aio.server(options=options, maximum_concurrent_rpcs=CALLS_MAX)
        self.names: list[str] = []
        self._address = address
        self._health = health_aio.HealthServicer()

    async def start(self) -> int:
        """Listen and answer; all served contracts are SERVING. Answers the port; OSError if it is taken."""
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self.server)
        shown = (*self.names, "grpc.health.v1.Health", reflection.SERVICE_NAME)
        reflection.enable_server_reflection(shown, self.server, pool=proto.POOL)
        try:
            port = self.server.add_insecure_port(self._address)
        except RuntimeError as failure:
            raise OSError(f"cannot listen for gRPC on {self._address}: is the port taken?") from failure
        await self.server.start()
        for name in self.names:
            await self.show(name, serving=True)
        return port

    async def show(self, name: str, *, serving: bool) -> None:
        """What the health service says of `name`, such as `feira.catalog.v1.Catalog`."""
        reply = health_pb2.HealthCheckResponse
        await self._health.set(name, reply.SERVING if serving else reply.NOT_SERVING)

    async def stop(self, grace_s: float = 5.0) -> None:
        """Take no more calls and let those begun end within `grace_s`."""
        await self._health.enter_graceful_shutdown()
        await self.server.stop(grace_s)


def serve(server: RpcServer, contract: type, impl: object) -> None:
    """Let `impl` answer the contract's calls on this server; to be said before it starts."""
    name = proto.full_name(contract)
    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        method.path.rpartition("/")[2]: grpc.unary_unary_rpc_method_handler(_handler(name, method, impl))
        for method in proto.methods(contract)
    }
    server.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, handlers),))
    server.names.append(name)


def _handler(contract: str, method: proto.Method, impl: object) -> Callable[[bytes, Any], Awaitable[bytes]]:
    run = getattr(impl, method.name)

    async def handle(data: bytes, context: Any) -> bytes:
        left = context.time_remaining()
        _ends.set(time.monotonic() + (method.remote.deadline_s if left is None else left))
        trace.restore({key: value for key, value in context.invocation_metadata() if isinstance(value, str)})
        told: tuple[tuple[str, str | bytes], ...] = tuple(trace.headers().items())
        context.set_trailing_metadata(told)
        try:
            ask = method.ask.decode(data)
            async with asyncio.timeout(method.remote.deadline_s if left is None else None):
                return method.answer.encode(await run(ask))
        except Refused as refused:
            told = (*told, (_REFUSAL, proto.encode_refusal(refused)))
            status, detail = grpc.StatusCode.FAILED_PRECONDITION, refused.code
        except proto.WireError as malformed:
            status, detail = grpc.StatusCode.INVALID_ARGUMENT, str(malformed)
        except TimeoutError:
            status, detail = grpc.StatusCode.DEADLINE_EXCEEDED, ""
        except (*LOST, *BUSY):
            _log.warning("rpc_without_database", method=method.path, exc_info=True)
            status, detail = grpc.StatusCode.UNAVAILABLE, "the database does not answer"
        except Exception:  # noqa: BLE001 - the caller learns that there is a fault; what it is, our log does.
            _log.exception("rpc_fault", method=method.path)
            status, detail = grpc.StatusCode.INTERNAL, f"a fault in {contract}"
        return cast("bytes", await context.abort(status, detail, told))  # It raises.

    return handle


def channel(address: str) -> grpc.aio.Channel:
    """A connection to the gRPC server at host:port. It is made when needed and made again when lost; to be closed."""
    return grpc.aio.insecure_channel(address, options=_CLIENT)


def connect(contract: Callable[..., T], target: str | grpc.aio.Channel) -> T:
    """An object with the contract's face whose methods are answered at `target`: host:port, or a channel to share.

    Each call raises the refusal that the other side raised, `Unavailable` when there is no answer in time, `Overloaded`
    when it is told to come later, and `RemoteFault` for anything else.
    """
    way = channel(target) if isinstance(target, str) else target
    kind = cast("type", contract)
    return cast("T", SimpleNamespace(**{m.name: _caller(kind.__name__, m, way) for m in proto.methods(kind)}))


def _caller(contract: str, method: proto.Method, way: grpc.aio.Channel) -> Callable[[Any], Awaitable[Any]]:
    invoke: Any = way.unary_unary(method.path)

    async def call(ask: Any) -> Any:
        if method.batch and not ask:
            return []
        data = method.ask.encode(ask)
        if len(data) > BYTES_MAX:
            raise ValueError(f"{method.path} is asked with {len(data)} bytes; at most {BYTES_MAX} are sent")
        began, code = time.monotonic(), grpc.StatusCode.CANCELLED
        try:
            answer = method.answer.decode(await _insist(way, invoke, method.remote, data))
            code = grpc.StatusCode.OK
        except grpc.aio.AioRpcError as failure:
            code = failure.code()
            raise _translated(method.path, failure) from failure
        except proto.WireError as malformed:
            code = grpc.StatusCode.DATA_LOSS
            raise RemoteFault(f"{method.path}: {malformed}") from malformed
        finally:
            SECONDS.labels(contract, method.name, code.name).observe(time.monotonic() - began)
        if method.batch and len(answer) != len(ask):
            raise RemoteFault(f"{method.path} answered {len(answer)} of {len(ask)} asks")
        return answer

    return call


async def _insist(way: grpc.aio.Channel, invoke: Any, remote: Remote, data: bytes) -> bytes:
    """Call, and call again what was lost on the way, within the deadline: the method's, or our own caller's if sooner.

    A try that is not the last has half of the time that is left.
    """
    ends, ours, now = time.monotonic() + remote.deadline_s, _ends.get(), time.monotonic()
    if ours is not None and ours > now:  # What outlives its caller is work of its own.
        ends = min(ends, ours)
    carried = tuple(trace.headers().items())
    tries = 0
    while True:
        tries += 1
        last = tries == TRIES_MAX or not remote.idempotent
        left = ends - time.monotonic()
        try:
            answer: bytes = await invoke(data, timeout=left if last else left / 2, metadata=carried)
        except grpc.aio.AioRpcError as failure:
            if last or failure.code() not in _LOST or not await _connected(way, ends):
                raise
            await asyncio.sleep(random.uniform(0, BACKOFF_S * 2**tries))  # noqa: S311 - it spreads callers, it hides nothing.
        else:
            return answer


async def _connected(way: grpc.aio.Channel, ends: float) -> bool:
    try:
        async with asyncio.timeout(min(RECONNECT_S, ends - time.monotonic())):
            await way.channel_ready()
    except TimeoutError:
        return False
    return True


def _translated(path: str, failure: grpc.aio.AioRpcError) -> Exception:
    code, detail = failure.code(), failure.details() or ""
    for key, value in failure.trailing_metadata() or ():
        if key == _REFUSAL and code is grpc.StatusCode.FAILED_PRECONDITION:
            return proto.decode_refusal(cast("bytes", value))
    _log.warning("rpc_failed", method=path, code=code.name, detail=detail)
    if code in _LOST:
        return Unavailable()
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than" not in detail:
        return Overloaded()
    return RemoteFault(f"{path}: {code.name}: {detail}")
