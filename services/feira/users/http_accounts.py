"""Accounts over HTTP: to register, to verify an address, to set a new password."""

from typing import Annotated, Literal

from msgspec import Meta

from feira.kernel.errors import Invalid, Overloaded, RateLimited
from feira.kernel.http import Answer, Body, Request, Route, View
from feira.users.domain import DeadLink
from feira.users.service_accounts import Accounts

# Letters as they come; the rules of domain.py count them after normalising, which may shorten them.
Email = Annotated[str, Meta(min_length=3, max_length=320, description="At most 254 characters once normalised.")]
Password = Annotated[
    str, Meta(min_length=1, max_length=1024, description="8 to 128 characters in Unicode's normal form NFKC.")
]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
LinkToken = Annotated[str, Meta(min_length=1, max_length=128)]


class Register(Body, frozen=True, kw_only=True):
    email: Email
    password: Password
    name: Name


class Verify(Body, frozen=True, kw_only=True):
    token: LinkToken


class AskReset(Body, frozen=True, kw_only=True):
    email: Email


class ConfirmReset(Body, frozen=True, kw_only=True):
    token: LinkToken
    password: Password


class Accepted(View, frozen=True, kw_only=True):
    """The same for everybody: what comes of it is told by mail."""

    status: Literal["accepted"] = "accepted"


ACCEPTED = Accepted()
NO_CONTENT = Answer(204)


def routes(accounts: Accounts) -> list[Route]:
    async def register(request: Request[Register, None]) -> Accepted:
        body = request.body
        await accounts.register(body.email, body.password, body.name, request.locale, request.address)
        return ACCEPTED

    async def verify(request: Request[Verify, None]) -> Answer:
        await accounts.verify(request.body.token)
        return NO_CONTENT

    async def ask_reset(request: Request[AskReset, None]) -> Accepted:
        await accounts.ask_reset(request.body.email, request.address)
        return ACCEPTED

    async def confirm_reset(request: Request[ConfirmReset, None]) -> Answer:
        await accounts.confirm_reset(request.body.token, request.body.password)
        return NO_CONTENT

    return [
        Route("POST", "/v1/users", register, summary="Open an account", tag="Customers", body=Register, reply=Accepted,
              status=202, signs_in=True, localised=True, refusals=(Invalid, RateLimited, Overloaded),
              description="The answer is the same whether the e-mail is known or not; the account may sign in at once.",
              example={"email": "ana@example.com", "password": "mangoes and limes", "name": "Ana Souza"}),
        Route("POST", "/v1/users/verify", verify, summary="Prove an e-mail address", tag="Customers", body=Verify,
              status=204, signs_in=True, refusals=(DeadLink,), example={"token": "the one in the mail"}),
        Route("POST", "/v1/password-resets", ask_reset, summary="Ask for a link that sets a new password",
              tag="Customers", body=AskReset, reply=Accepted, status=202, signs_in=True,
              refusals=(Invalid, RateLimited), example={"email": "ana@example.com"}),
        Route("POST", "/v1/password-resets/confirm", confirm_reset, summary="Set a new password", tag="Customers",
              body=ConfirmReset, status=204, signs_in=True, refusals=(DeadLink, Invalid, Overloaded),
              description="Ends all sessions of the account.",
              example={"token": "the one in the mail", "password": "limes and mangoes"}),
    ]  # fmt: skip
