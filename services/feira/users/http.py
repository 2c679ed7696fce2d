"""Users over HTTP: all routes of the service, and the documents by which tokens are checked."""

from typing import Annotated, Any

from msgspec import Meta

from feira.contracts.users import KeysAsk
from feira.kernel.http import Answer, Request, Route, View
from feira.users import http_accounts, http_admin, http_browser, http_profile, http_sessions
from feira.users.service import UserService

# A key is published a day before it signs, so that nobody who keeps the set for minutes ever misses one.
KEPT_FOR = (("cache-control", "public, max-age=300"),)


class Jwk(View, frozen=True, kw_only=True):
    """A public Ed25519 key (RFC 8037)."""

    kty: str
    crv: str
    x: str
    kid: str
    use: str
    alg: str


class Jwks(View, frozen=True, kw_only=True):
    keys: list[Jwk]


class Discovery(View, frozen=True, kw_only=True):
    """OpenID Connect discovery, as far as it is about checking our tokens."""

    issuer: str
    jwks_uri: str
    token_endpoint: str
    userinfo_endpoint: str
    response_types_supported: list[str]
    subject_types_supported: list[str]
    id_token_signing_alg_values_supported: list[str]
    claims_supported: Annotated[list[str], Meta(description="What an access token tells.")]


def routes(users: UserService) -> list[Route]:
    async def jwks(_request: Request[None, None]) -> Answer:
        return Answer(200, (await users.keys(KeysAsk())).jwks, KEPT_FOR)

    async def discovery(_request: Request[None, None]) -> Answer:
        url = users.ctx.settings.url
        found = Discovery(
            issuer=url,
            jwks_uri=f"{url}/.well-known/jwks.json",
            token_endpoint=f"{url}/v1/sessions",
            userinfo_endpoint=f"{url}/v1/users/me",
            response_types_supported=["token"],
            subject_types_supported=["public"],
            id_token_signing_alg_values_supported=["EdDSA"],
            claims_supported=[
                "iss",
                "aud",
                "sub",
                "roles",
                "email",
                "email_verified",
                "fam",
                "iat",
                "nbf",
                "exp",
                "jti",
            ],
        )
        return Answer(200, found, KEPT_FOR)

    def published(path: str, run: Any, reply: type[View], summary: str) -> Route:
        return Route("GET", path, run, summary=summary, tag="Keys", reply=reply, public_cache=True)

    return [
        published("/.well-known/jwks.json", jwks, Jwks, "The keys that access tokens are signed with"),
        published("/.well-known/openid-configuration", discovery, Discovery, "Where to find what about tokens"),
        *http_accounts.routes(users.accounts),
        *http_sessions.routes(users.sessions),
        *http_browser.routes(users.sessions, users.ctx.settings),
        *http_profile.routes(users.profiles),
        *http_admin.routes(users.back_office),
    ]
