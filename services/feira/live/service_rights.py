"""Who a client is, and what it may therefore watch."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from feira.contracts.orders import Orders, Viewable, ViewAsk
from feira.contracts.users import Keys, KeysAsk, Users
from feira.kernel.batcher import Batcher
from feira.kernel.card import Context
from feira.kernel.errors import Forbidden, RateLimited, Refused, Unauthenticated
from feira.live.domain import Ask, Identity, Topic, Watched
from feira.transport.auth import Verifier
from feira.transport.problems import Internal, refusal_of
from feira.transport.websocket import Socket

ACCOUNT_CONNECTIONS_MAX: Final = 20


class TooManyConnections(RateLimited):
    code = "too_many_connections"
    title = "This account looks on from too many places"


class Client:
    """What is known of a socket: who it is, and the messages that it waits to have answered."""

    __slots__ = ("identity", "messages", "opened_at", "socket", "task", "token")

    def __init__(self, socket: Socket, token: str) -> None:
        self.socket = socket
        self.token = token  # That came with the handshake.
        self.identity: Identity | None = None
        self.messages: list[bytes] = []
        self.task: asyncio.Task[None] | None = None
        self.opened_at = time.monotonic()

    def may_go_on(self, before: Identity | None) -> bool:
        """Whether who the client is now may watch all that it was let watch as who it was `before`."""
        now = self.identity
        return before is None or (now is not None and now.user_id == before.user_id and now.staff >= before.staff)


class Rights:
    """What access tokens say, and what the orders service does."""

    def __init__(self, ctx: Context, users: Users, orders: Orders) -> None:
        self._viewable: Batcher[ViewAsk, Viewable] = Batcher(orders.viewable, name="live.viewable")
        self._accounts: dict[UUID, dict[Client, None]] = {}

        async def keys() -> bytes:
            found: Keys = await users.keys(KeysAsk())
            return found.jwks

        self._verifier = Verifier(ctx.settings.url, keys)

    def of(self, user_id: UUID, session_id: UUID | None) -> list[Client]:
        """The clients of an account, or of one session of it."""
        found = self._accounts.get(user_id, ())
        return [one for one in found if one.identity and session_id in {None, one.identity.session_id}]

    def expired(self, now: float) -> list[Client]:
        """Those whose access tokens are good no more."""
        everybody = (one for clients in self._accounts.values() for one in clients)
        return [one for one in everybody if one.identity and one.identity.expires_at <= now]

    async def allowed(self, client: Client, ask: Ask, topics: Sequence[Topic]) -> tuple[list[Watched], str]:
        """Which of the topics the client may watch, and what was wrong with its token."""
        error = ""
        token, order_token = (ask.token, "") if ask.is_access_token else ("", ask.token)
        if any(topic.need != "nothing" for topic in topics) and (token or client.identity is None):
            try:
                await self._identify(client, token or client.token)
            except Refused as refused:
                error = refused.code
        who = client.identity
        found: list[Watched] = []
        asks: list[tuple[Topic, ViewAsk]] = []
        for topic in topics:
            if topic.need == "nothing":
                found.append(Watched(topic, topic.text, by_identity=False))
            elif who is not None and (who.staff or topic.need == "customer"):
                found.append(Watched(topic, topic.channel(who.user_id), by_identity=True))
            elif topic.need == "order":
                user_id = who.user_id if who else None
                asks.append((topic, ViewAsk(order_id=UUID(topic.name), user_id=user_id, token=order_token)))
            else:
                error = error or (Unauthenticated if who is None else Forbidden).code
        seen, failed = await self._ask([one for _, one in asks])
        for (topic, _), may in zip(asks, seen, strict=True):
            if may:
                found.append(Watched(topic, topic.text, by_identity=who is not None))
        return found, error or failed

    async def _ask(self, asks: Sequence[ViewAsk]) -> tuple[list[bool], str]:
        """Which of these may be seen, and why that could not be learned."""
        try:
            answers = await self._viewable.each(asks)
        except Exception as failure:
            refusal = refusal_of(failure)
            if isinstance(refusal, Internal):
                raise
            answers = [refusal] * len(asks)
        codes = [answer.code for answer in answers if isinstance(answer, Refused)]
        return [isinstance(answer, Viewable) and answer.may for answer in answers], codes[0] if codes else ""

    async def _identify(self, client: Client, token: str) -> None:
        """Learn who the client is. Refuses with Unauthenticated, Unavailable and, if he is too many, RateLimited."""
        if not token:
            return
        caller, expires_at = await self._verifier.until(token)
        if caller.user_id is None:
            raise Unauthenticated
        mine = self._accounts.get(caller.user_id, {})
        if len(mine) >= ACCOUNT_CONNECTIONS_MAX and client not in mine:
            raise TooManyConnections
        if client.socket.closing:
            return
        self.forget(client)
        self._accounts.setdefault(caller.user_id, {})[client] = None
        client.identity = Identity(caller.user_id, caller.family, caller.has("staff"), expires_at)

    def forget(self, client: Client) -> None:
        who, client.identity = client.identity, None
        if who is not None:
            mine = self._accounts[who.user_id]
            mine.pop(client, None)
            if not mine:
                del self._accounts[who.user_id]
