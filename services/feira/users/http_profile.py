"""A customer's own account over HTTP."""

from datetime import datetime
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from feira.contracts.goods import Address
from feira.kernel.errors import Invalid, RateLimited
from feira.kernel.http import Answer, Body, Cursor, Limit, Page, Query, Request, Route, View
from feira.transport.cursors import cursor, read_cursor
from feira.users.domain import LastAdmin, Role, TooManyAddresses, UnknownAddress
from feira.users.http_accounts import ACCEPTED, NO_CONTENT, Accepted, Name
from feira.users.service_profile import Profiles
from feira.users.store import KeptAddress, User

Locale = Literal["en", "pt-BR"]
Phone = Annotated[str, Meta(min_length=3, max_length=32)]
Line = Annotated[str, Meta(min_length=1, max_length=200)]
City = Annotated[str, Meta(min_length=1, max_length=100)]
PostalCode = Annotated[str, Meta(min_length=1, max_length=20)]
Country = Annotated[str, Meta(pattern="^[A-Za-z]{2}$", max_length=2, description="ISO 3166-1 alpha-2.")]
Region = Annotated[str, Meta(max_length=100)]
Line2 = Annotated[str, Meta(max_length=200)]


class UserView(View, frozen=True, kw_only=True):
    id: UUID
    email: str
    email_verified: bool
    name: str
    phone: str | None
    locale: str
    role: Role
    created_at: datetime


class ChangeMe(Body, frozen=True, kw_only=True):
    name: Name | UnsetType = UNSET
    phone: Phone | UnsetType | None = UNSET
    locale: Locale | UnsetType = UNSET


class NewAddress(Body, frozen=True, kw_only=True):
    name: Name
    line1: Line
    city: City
    postal_code: PostalCode
    country: Country
    line2: Line2 | None = None
    region: Region | None = None
    phone: Phone | None = None
    default: bool = False


class ChangeAddress(Body, frozen=True, kw_only=True):
    name: Name | UnsetType = UNSET
    line1: Line | UnsetType = UNSET
    line2: Line2 | UnsetType | None = UNSET
    city: City | UnsetType = UNSET
    region: Region | UnsetType | None = UNSET
    postal_code: PostalCode | UnsetType = UNSET
    country: Country | UnsetType = UNSET
    phone: Phone | UnsetType | None = UNSET
    default: bool | UnsetType = UNSET


class SavedAddressView(View, frozen=True, kw_only=True):
    """`default` is the one that a checkout begins with: the first that was added, until another one is chosen."""

    id: UUID
    name: str
    line1: str
    line2: str | None
    city: str
    region: str | None
    postal_code: str
    country: str
    phone: str | None
    default: bool


class SessionView(View, frozen=True, kw_only=True):
    """A session without its secrets; `address` is the IP address that it was begun from."""

    id: UUID
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    address: str
    user_agent: str


class ExportView(View, frozen=True, kw_only=True):
    """All that the shop keeps of a customer. `orders` are as `GET /v1/orders` lists them."""

    profile: UserView
    addresses: list[SavedAddressView]
    sessions: list[SessionView]
    orders: msgspec.Raw


class AddressesQuery(Query, frozen=True, kw_only=True):
    limit: Limit = 20
    cursor: Cursor = None


ANA = {
    "name": "Ana Souza", "line1": "Rua das Laranjeiras 12", "city": "São Paulo", "region": "SP",
    "postal_code": "01310-100", "country": "BR",
}  # fmt: skip


_mine = partial(Route, tag="Customers", caller="customer")


def routes(profiles: Profiles) -> list[Route]:
    async def read(request: Request[None, None]) -> UserView:
        return user_view(await profiles.read(request.caller.id))

    async def change(request: Request[ChangeMe, None]) -> UserView:
        body = request.body
        user = await profiles.change(request.caller.id, name=body.name, phone=body.phone, locale=body.locale)
        return user_view(user)

    async def verify(request: Request[None, None]) -> Accepted:
        await profiles.ask_verification(request.caller.id)
        return ACCEPTED

    async def erase(request: Request[None, None]) -> Answer:
        await profiles.erase(request.caller.id)
        return NO_CONTENT

    async def export(request: Request[None, None]) -> ExportView:
        kept = await profiles.export(request.caller.id)
        sessions = [
            SessionView(
                id=one.id, created_at=one.created_at, used_at=one.used_at, expires_at=one.expires_at,
                revoked_at=one.revoked_at, address=one.address, user_agent=one.agent,
            )
            for one in kept.sessions
        ]  # fmt: skip
        return ExportView(
            profile=user_view(kept.user),
            addresses=[address_view(address) for address in kept.addresses],
            sessions=sessions,
            orders=msgspec.Raw(kept.orders),
        )

    return [
        _mine("GET", "/v1/users/me", read, "My account", reply=UserView),
        _mine("PATCH", "/v1/users/me", change, "Change my account", body=ChangeMe, reply=UserView, refusals=(Invalid,),
             example={"name": "Ana Lima", "locale": "pt-BR"}),
        _mine("POST", "/v1/users/me/verification", verify, "Have the link sent again that proves my e-mail address",
             reply=Accepted, status=202, refusals=(RateLimited,),
             description="Nothing is sent to an address that is proven already."),
        _mine("DELETE", "/v1/users/me", erase, "Erase my account", status=204, refusals=(LastAdmin,),
             description="What is personal is overwritten; orders lose their names but stay in the books."),
        _mine("GET", "/v1/users/me/export", export, "All that is kept of me", reply=ExportView),
        *_address_routes(profiles),
    ]  # fmt: skip


def _address_routes(profiles: Profiles) -> list[Route]:
    async def list_all(request: Request[None, AddressesQuery]) -> Page[SavedAddressView]:
        query = request.query
        after = read_cursor(query.cursor, (UUID,))[0] if query.cursor else None
        found = await profiles.list_addresses(request.caller.id, after, query.limit + 1)
        page = found[: query.limit]
        more = cursor(page[-1].id) if len(found) > query.limit else None
        return Page(items=[address_view(address) for address in page], next=more)

    async def add(request: Request[NewAddress, None]) -> SavedAddressView:
        given = msgspec.structs.asdict(request.body)
        default = given.pop("default")
        return address_view(await profiles.add_address(request.caller.id, Address(**given), default=default))

    async def read(request: Request[None, None]) -> SavedAddressView:
        return address_view(await profiles.read_address(request.caller.id, request.id("address_id")))

    async def change(request: Request[ChangeAddress, None]) -> SavedAddressView:
        given = {name: value for name, value in msgspec.structs.asdict(request.body).items() if value is not UNSET}
        default = given.pop("default", None)
        address_id = request.id("address_id")
        return address_view(await profiles.change_address(request.caller.id, address_id, given, default=default))

    async def drop(request: Request[None, None]) -> Answer:
        await profiles.drop_address(request.caller.id, request.id("address_id"))
        return NO_CONTENT

    one = "/v1/users/me/addresses/{address_id}"
    return [
        _mine("GET", "/v1/users/me/addresses", list_all, "My addresses", query=AddressesQuery, reply=Page[SavedAddressView]),
        _mine("POST", "/v1/users/me/addresses", add, "Add an address", body=NewAddress, reply=SavedAddressView, status=201,
             refusals=(Invalid, TooManyAddresses), example=ANA),
        _mine("GET", one, read, "One of my addresses", reply=SavedAddressView, refusals=(UnknownAddress,)),
        _mine("PATCH", one, change, "Change an address", body=ChangeAddress, reply=SavedAddressView,
             refusals=(Invalid, UnknownAddress), example={"line1": "Rua das Mangueiras 7"}),
        _mine("DELETE", one, drop, "Delete an address", status=204, refusals=(UnknownAddress,)),
    ]  # fmt: skip


def user_view(user: User) -> UserView:
    return UserView(
        id=user.id, email=user.email, email_verified=user.verified, name=user.name, phone=user.phone,
        locale=user.locale, role=user.role, created_at=user.created_at,
    )  # fmt: skip


def address_view(kept: KeptAddress) -> SavedAddressView:
    return SavedAddressView(id=kept.id, default=kept.default, **msgspec.structs.asdict(kept.address))
