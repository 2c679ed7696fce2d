"""A contract for the tests of RPC, and a server of it that can run as a process of its own."""

import asyncio
import os
import time
from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import msgspec
import uvloop

from feira.kernel import trace
from feira.kernel.errors import NotFound, Refused
from feira.kernel.message import Message, remote
from feira.transport import rpc


class Said(Message, frozen=True, kw_only=True):
    text: str
    sleep_s: float = 0.0
    size: int = 0


class Heard(Message, frozen=True, kw_only=True):
    text: str
    left_s: float = 0.0
    pid: int = 0
    ids: dict[str, str] = msgspec.field(default_factory=dict)
    blob: bytes = b""


class Nobody(NotFound):
    """`extra["who"]` is who was not there."""

    code = "echo_nobody"


class Echo(Protocol):
    @remote(idempotent=True, deadline_s=10)
    async def say(self, ask: Said) -> Heard: ...

    @remote(idempotent=True, deadline_s=0.4)
    async def hurry(self, ask: Said) -> Heard: ...

    @remote(deadline_s=5)
    async def once(self, ask: Said) -> Heard: ...

    async def each(self, asks: Sequence[Said]) -> Sequence[Heard | Refused]: ...


class Parrot:
    """Does what the text says."""

    def __init__(self, beyond: Echo | None = None) -> None:
        self.beyond = beyond
        self.heard: list[str] = []
        self.dropped: list[str] = []

    async def say(self, ask: Said) -> Heard:
        self.heard.append(ask.text)
        try:
            await asyncio.sleep(ask.sleep_s)
        except asyncio.CancelledError:
            self.dropped.append(ask.text)
            raise
        if ask.text == "refuse":
            raise Nobody("nobody is there", who=UUID(int=7), pad="x" * ask.size)
        if ask.text == "bug":
            raise RuntimeError("the password is hunter2")
        if ask.text == "locked":
            raise asyncpg.LockNotAvailableError("canceling statement due to lock timeout")
        if ask.text == "beyond" and self.beyond is not None:
            return await self.beyond.say(Said(text="told"))
        left_s = (rpc._ends.get() or 0.0) - time.monotonic()
        return Heard(text=ask.text, left_s=left_s, pid=os.getpid(), ids=trace.headers(), blob=b"x" * ask.size)

    hurry = once = say

    async def each(self, asks: Sequence[Said]) -> Sequence[Heard | Refused]:
        if asks[0].text == "forget":
            return []
        answers: list[Any] = await asyncio.gather(*map(self.say, asks), return_exceptions=True)
        for answer in answers:
            if isinstance(answer, Exception) and not isinstance(answer, Refused):
                raise answer
        return answers


async def main(address: str) -> None:
    server = rpc.RpcServer(address)
    rpc.serve(server, Echo, Parrot())
    print(await server.start(), flush=True)  # noqa: T201 - the test waits for it.
    await asyncio.Event().wait()


def run(address: str) -> None:
    uvloop.run(main(address))
