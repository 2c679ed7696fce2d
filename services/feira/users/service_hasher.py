"""Passwords are hashed slowly, in a few threads of their own, so that guessing costs more than asking."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from feira.kernel.errors import Overloaded

# OWASP's password storage cheat sheet: argon2id with 19 MiB, two passes, one lane.
MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
LANES: Final = 1
THREADS: Final = 2
QUEUE_MAX: Final = 512  # Some seconds of work: who would wait longer is told to come back.
RETRY_AFTER_S: Final = 5

T = TypeVar("T")


class Hasher:
    """argon2id with a bounded queue. `calls` counts the hashes computed: the work is the same whatever the outcome."""

    def __init__(
        self, memory_kib: int = MEMORY_KIB, passes: int = PASSES, threads: int = THREADS, queue_max: int = QUEUE_MAX
    ) -> None:
        self._argon = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=LANES, type=Type.ID)
        self._threads = ThreadPoolExecutor(threads, "feira-hasher")
        self._queue_max = queue_max
        self._waiting = 0
        self._nobodys = self._argon.hash("the password of nobody")
        self.calls = 0

    async def hash(self, password: str) -> str:
        """The password as it is stored. Refuses with Overloaded when too many wait."""
        return await self._run(lambda: self._argon.hash(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is the stored one's. Without a stored one it takes as long, and is not."""

        def check() -> bool:
            try:
                return self._argon.verify(stored or self._nobodys, password) and stored is not None
            except (VerificationError, InvalidHashError):
                return False

        return await self._run(check)

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than those of today."""
        return self._argon.check_needs_rehash(stored)

    def close(self) -> None:
        """End the threads once what they do is done."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= self._queue_max:
            raise Overloaded("too many passwords are being checked", retry_after_s=RETRY_AFTER_S)
        self._waiting += 1
        self.calls += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1
