"""A pool for each service, and transactions that end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

Tx: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"

# The connection was lost: what was asked last may have happened or not.
LOST: tuple[type[BaseException], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # What a connection says that was cut off between two messages.
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    ConnectionError,
    OSError,
)

# The database could not do it just now, and has done nothing: that says nothing against what it was asked.
BUSY: tuple[type[BaseException], ...] = (
    asyncpg.TransactionRollbackError,  # Deadlocks.
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InsufficientResourcesError,
)

ACQUIRE_TIMEOUT_S = 10.0
STATEMENT_TIMEOUT_MS = 30_000
LOCK_TIMEOUT_MS = 10_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000
STATEMENTS_CACHED_MAX = 200
QUERIES_MAX = 5_000_000  # Then a connection is made anew: an hour of a busy shop.
# Connections kept out of the pool, which takes twice as long to lend and take back as a statement does.
AT_HAND_MAX = 2
USES_MAX = 10_000  # Then what is at hand goes through the pool once, which looks after its connections.


class Db:
    """A service's own connections to its own schema. Statements name tables plainly: the schema is the search path."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", schema: str) -> None:
        self.pool = pool
        self.schema = schema
        self.waiting = 0  # Tasks that want a connection.
        self.at_hand: list[Tx] = []
        self._uses = 0
        self.on_emit: Callable[[], None] = lambda: None  # Called after a commit that left events in the outbox.

    @classmethod
    async def open(cls, url: str, schema: str, connections_max: int) -> "Db":
        """Connect with at most so many connections; the schema must have been migrated."""
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=max(1, connections_max),
            max_queries=QUERIES_MAX,
            max_inactive_connection_lifetime=300,
            statement_cache_size=STATEMENTS_CACHED_MAX,
            timeout=ACQUIRE_TIMEOUT_S,
            init=prepare,
            reset=_leave_clean,
            server_settings=session(schema),
        )
        return cls(pool, schema)

    @asynccontextmanager
    async def tx(self) -> AsyncIterator[Tx]:
        """A transaction: committed at the end of the block, rolled back when the block raises."""
        async with self._connection() as connection:
            try:
                async with connection.transaction():
                    yield connection
                emitted = id(connection) in _emitted
            finally:
                _emitted.discard(id(connection))
            if emitted:
                self.on_emit()

    def read(self) -> AbstractAsyncContextManager[Tx]:
        """A connection without a transaction, for single statements."""
        return self._connection()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Tx]:
        while self.at_hand:
            connection = self.at_hand.pop()
            if stands(connection):
                break
            await self.pool.release(connection)
        else:
            self.waiting += 1
            try:
                connection = await self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S)
            finally:
                self.waiting -= 1
        try:
            yield connection
        except BaseException:
            await self.pool.release(connection)  # Which waits for what was cut off.
            raise
        self._uses += 1
        if self.waiting or len(self.at_hand) == AT_HAND_MAX or self._uses % USES_MAX == 0:
            await self.pool.release(connection)
        else:
            self.at_hand.append(connection)

    async def close(self) -> None:
        while self.at_hand:
            await self.pool.release(self.at_hand.pop())
        try:
            await asyncio.wait_for(self.pool.close(), timeout=ACQUIRE_TIMEOUT_S)
        except TimeoutError:
            self.pool.terminate()


_emitted: set[int] = set()  # Connections whose open transaction has written to the outbox.


def stands(connection: Tx) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # Its pool has noticed already.
        return False


def mark_emitted(tx: Tx) -> None:
    """Remember that this transaction announces something, so that its commit wakes the relay."""
    _emitted.add(id(tx))


def session(schema: str) -> dict[str, str]:
    """The server's settings for a connection of this schema: nothing waits for ever."""
    return {
        "search_path": schema,
        "timezone": "UTC",
        "statement_timeout": str(STATEMENT_TIMEOUT_MS),
        "lock_timeout": str(LOCK_TIMEOUT_MS),
        "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_TIMEOUT_MS),
        "application_name": f"feira {schema}",
        "jit": "off",
        # Services look rows up by keys. A plan is kept, and one that was made while a table was empty would read it whole
        # for as long as nobody analyses the table, however fast it grows.
        "enable_seqscan": "off",
    }


async def _leave_clean(_connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Nothing: we set nothing for a session, and asyncpg rolls back by itself; its own clean-up takes a round trip."""


async def prepare(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Teach a new connection our JSON: jsonb columns hold Python values, encoded by msgspec."""
    encode, decode = msgspec.json.Encoder().encode, msgspec.json.decode
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=lambda value: encode(value).decode(), decoder=decode, format="text"
    )
