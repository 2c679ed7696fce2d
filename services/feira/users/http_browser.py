"""Sessions over HTTP with cookies, for browsers, where no script can read the tokens."""

from feira.kernel.config import Settings
from feira.kernel.errors import Overloaded, RateLimited, Unauthenticated
from feira.kernel.http import Answer, Request, Route
from feira.transport.heads import ACCESS_COOKIE, REFRESH_COOKIE, Hosts, set_cookie
from feira.transport.problems import CrossSite
from feira.users.domain import SessionOver, WrongCredentials
from feira.users.domain_sessions import ACCESS_TTL_S, REFRESH_TOKEN_MAX, REFRESH_TTL
from feira.users.http_sessions import CREDENTIALS, SignIn, seen
from feira.users.service_sessions import Sessions, Tokens

REFRESH_PATH = "/v1/sessions"
REFRESH_TTL_S = int(REFRESH_TTL.total_seconds())


def routes(sessions: Sessions, settings: Settings) -> list[Route]:
    origins = Hosts(settings).origins
    secure = settings.url.startswith("https:")

    async def sign_in(request: Request[SignIn, None]) -> Answer:
        # Another site must not sign a visitor in to an account of its own. Programs send no Origin.
        origin = request.headers.get("origin")
        if origin is not None and origin.lower() not in origins:
            raise CrossSite
        return _with_cookies(
            await sessions.sign_in(request.body.email, request.body.password, seen(request)), secure=secure
        )

    async def refresh(request: Request[None, None]) -> Answer:
        # That the Origin is ours has been checked by the kernel, as for all that is done by cookie.
        token = request.cookies.get(REFRESH_COOKIE)
        if not token or len(token) > REFRESH_TOKEN_MAX:
            raise SessionOver
        return _with_cookies(await sessions.refresh(token), secure=secure)

    async def sign_out(request: Request[None, None]) -> Answer:
        # The access cookie dies before the refresh cookie, which is then enough to end the session.
        family, token = request.caller.family, request.cookies.get(REFRESH_COOKIE)
        if family is not None:
            await sessions.sign_out(family)
        elif token:
            await sessions.sign_out_by_token(token)
        else:
            raise Unauthenticated
        return Answer(204, None, _cookies(NO_TOKENS, 0, 0, secure=secure))

    return [
        Route("POST", "/v1/sessions/browser", sign_in, summary="Sign in with cookies", tag="Sessions", body=SignIn,
              status=204, signs_in=True, refusals=(WrongCredentials, CrossSite, RateLimited, Overloaded),
              example=CREDENTIALS),
        Route("POST", "/v1/sessions/browser/refresh", refresh, summary="Get new cookies", tag="Sessions", status=204,
              signs_in=True, refusals=(SessionOver, CrossSite)),
        Route("DELETE", "/v1/sessions/current", sign_out, summary="Sign out", tag="Sessions", status=204,
              refusals=(SessionOver, Unauthenticated)),
    ]  # fmt: skip


NO_TOKENS = Tokens(access="", refresh="")


def _with_cookies(tokens: Tokens, *, secure: bool) -> Answer:
    return Answer(204, None, _cookies(tokens, ACCESS_TTL_S, REFRESH_TTL_S, secure=secure))


def _cookies(tokens: Tokens, access_s: int, refresh_s: int, *, secure: bool) -> tuple[tuple[str, str], ...]:
    return (
        set_cookie(ACCESS_COOKIE, tokens.access, path="/", max_age_s=access_s, secure=secure),
        set_cookie(REFRESH_COOKIE, tokens.refresh, path=REFRESH_PATH, max_age_s=refresh_s, secure=secure),
    )
