"""Sessions over HTTP with tokens in bodies, for programs."""

from typing import Annotated, Literal

from msgspec import Meta

from feira.kernel.errors import Overloaded, RateLimited
from feira.kernel.http import Body, Request, Route, View
from feira.users.domain import SessionOver, WrongCredentials
from feira.users.domain_sessions import REFRESH_TOKEN_MAX
from feira.users.http_accounts import Email, Password
from feira.users.service_sessions import Seen, Sessions, Tokens

_TOKENS = {
    "access_token": "eyJ0eXAiOiJKV1QiLCJ…",
    "token_type": "Bearer",
    "expires_in": 600,
    "refresh_token": "u5aFTeIi…",
}
CREDENTIALS = {"email": "ana@example.com", "password": "mangoes and limes"}


class SignIn(Body, frozen=True, kw_only=True):
    email: Email
    password: Password


class Refresh(Body, frozen=True, kw_only=True):
    refresh_token: Annotated[str, Meta(min_length=1, max_length=REFRESH_TOKEN_MAX)]


class TokensView(View, frozen=True, kw_only=True):
    """`expires_in` is in seconds. The refresh token works once."""

    access_token: str
    refresh_token: str
    expires_in: int
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the kind of token, not one.


def routes(sessions: Sessions) -> list[Route]:
    async def sign_in(request: Request[SignIn, None]) -> TokensView:
        return _view(await sessions.sign_in(request.body.email, request.body.password, seen(request)))

    async def refresh(request: Request[Refresh, None]) -> TokensView:
        return _view(await sessions.refresh(request.body.refresh_token))

    return [
        Route("POST", "/v1/sessions", sign_in, summary="Sign in", tag="Sessions", body=SignIn, reply=TokensView,
              signs_in=True, refusals=(WrongCredentials, RateLimited, Overloaded), example=CREDENTIALS,
              reply_example=_TOKENS),
        Route("POST", "/v1/sessions/refresh", refresh, summary="Get new tokens", tag="Sessions", body=Refresh,
              reply=TokensView, signs_in=True, refusals=(SessionOver,),
              description="Each refresh token works once; a second use ends the session.",
              example={"refresh_token": "the last one that was given"}, reply_example=_TOKENS),
    ]  # fmt: skip


def seen(request: Request[SignIn, None]) -> Seen:
    return Seen(request.address, request.headers.get("user-agent") or "")


def _view(tokens: Tokens) -> TokensView:
    return TokensView(access_token=tokens.access, refresh_token=tokens.refresh, expires_in=tokens.expires_in_s)
