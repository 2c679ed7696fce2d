"""The one address of live updates, and all that it says over HTTP; see docs/live.md for what comes after."""

from typing import Any

from feira.kernel.http import Answer, Request, Route
from feira.live.service import LiveService

PATH = "/v1/live"


def routes(live: LiveService) -> list[Route]:
    async def watch(request: Request[None, Any]) -> Answer:
        return live.admit(request)

    return [
        Route("GET", PATH, watch, summary="Watch what happens", tag="Live", hidden=True)
    ]  # OpenAPI knows no sockets.
