"""Users and the journal over HTTP, for staff."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from feira.kernel.errors import Invalid
from feira.kernel.http import Body, Cursor, Limit, Page, Query, Request, Route, View
from feira.transport.cursors import cursor, read_cursor
from feira.users.domain import EmailNotVerified, LastAdmin, Role, UnknownUser
from feira.users.http_profile import UserView, user_view
from feira.users.service_back_office import BackOffice
from feira.users.store import User
from feira.users.store_back_office import Act, ActQuery

Word = Annotated[str, Meta(min_length=1, max_length=200)]
Time = Annotated[datetime, Meta(tz=True)]


class StaffUserView(UserView, frozen=True, kw_only=True):
    disabled: bool


class UsersQuery(Query, frozen=True, kw_only=True):
    """`email` is how the address begins; with it the list is in order of address, else the newest come first."""

    email: Annotated[str, Meta(min_length=1, max_length=254)] | None = None
    role: Role | None = None
    limit: Limit = 20
    cursor: Cursor = None


class ChangeUser(Body, frozen=True, kw_only=True):
    """What is not given stays. Either change ends all sessions of the user."""

    role: Role | None = None
    disabled: bool | None = None


class ActView(View, frozen=True, kw_only=True):
    """`actor` is a user's id, or null for what was done by the command line on the shop's machine."""

    id: UUID
    at: datetime
    actor: UUID | None
    action: str
    target: str
    detail: Any


class ActsQuery(Query, frozen=True, kw_only=True):
    """From `since` on, before `until`."""

    actor: UUID | None = None
    action: Word | None = None
    target: Word | None = None
    since: Time | None = None
    until: Time | None = None
    limit: Limit = 20
    cursor: Cursor = None


def routes(office: BackOffice) -> list[Route]:
    async def list_users(request: Request[None, UsersQuery]) -> Page[StaffUserView]:
        query = request.query
        asked = query.limit + 1
        if query.email is not None:
            after = read_cursor(query.cursor, (str,))[0] if query.cursor else ""
            found = await office.users_by_email(query.email, query.role, after, asked)
        else:
            before = read_cursor(query.cursor, (UUID,))[0] if query.cursor else None
            found = await office.newest_users(query.role, before, asked)
        page = found[: query.limit]
        more = None
        if len(found) > query.limit:
            more = cursor(page[-1].email if query.email is not None else page[-1].id)
        return Page(items=[_staff_view(user) for user in page], next=more)

    async def read_user(request: Request[None, None]) -> StaffUserView:
        return _staff_view(await office.read_user(request.id("user_id")))

    async def change_user(request: Request[ChangeUser, None]) -> StaffUserView:
        body, actor = request.body, request.caller.id
        user = await office.change_user(actor, request.id("user_id"), role=body.role, disabled=body.disabled)
        return _staff_view(user)

    async def list_acts(request: Request[None, ActsQuery]) -> Page[ActView]:
        query = request.query
        before = read_cursor(query.cursor, (Time, UUID)) if query.cursor else None
        which = ActQuery(
            actor=query.actor, action=query.action, target=query.target, since=query.since, until=query.until
        )
        found = await office.list_acts(which, (before[0], before[1]) if before else None, query.limit + 1)
        page = found[: query.limit]
        more = cursor(page[-1].at, page[-1].id) if len(found) > query.limit else None
        return Page(items=[_act_view(act) for act in page], next=more)

    one = "/v1/admin/users/{user_id}"
    return [
        Route("GET", "/v1/admin/users", list_users, summary="Users", tag="Back office", caller="staff",
              query=UsersQuery, reply=Page[StaffUserView], refusals=(Invalid,)),
        Route("GET", one, read_user, summary="A user", tag="Back office", caller="staff", reply=StaffUserView,
              refusals=(UnknownUser,)),
        Route("PATCH", one, change_user, summary="Give or take power", tag="Back office", caller="admin",
              body=ChangeUser, reply=StaffUserView, refusals=(UnknownUser, LastAdmin, EmailNotVerified),
              example={"role": "staff"}),
        Route("GET", "/v1/admin/audit", list_acts, summary="What staff did", tag="Back office", caller="staff",
              query=ActsQuery, reply=Page[ActView], refusals=(Invalid,)),
    ]  # fmt: skip


def _staff_view(user: User) -> StaffUserView:
    view = user_view(user)
    return StaffUserView(
        **{name: getattr(view, name) for name in view.__struct_fields__}, disabled=user.disabled_at is not None
    )


def _act_view(act: Act) -> ActView:
    return ActView(id=act.id, at=act.at, actor=act.actor, action=act.action, target=act.target, detail=act.detail)
