"""The back office at the HTTP edge: a real server, a real client, a real database."""

from typing import Any
from uuid import uuid4

Shop = Any
Web = Any
ANA = {"email": "ana@example.com", "password": "mangoes and limes"}


async def test_the_back_office_is_for_staff_and_power_for_admins(web: Web) -> None:
    customer, staff, admin = await web.customer(), await web.staff("staff"), await web.staff("admin")
    user_id = (await web("GET", "/v1/users/me", token=customer)).body["id"]
    one = f"/v1/admin/users/{user_id}"
    for path in ("/v1/admin/users", one, "/v1/admin/audit"):
        statuses = [(await web("GET", path, token=token)).status for token in ("", customer, staff, admin)]
        assert statuses == [401, 403, 200, 200]
    disable = {"disabled": True}
    assert [(await web("PATCH", one, disable, token=token)).status for token in ("", customer, staff)] == [
        401,
        403,
        403,
    ]
    refused = await web("PATCH", one, {"role": "staff"}, token=admin)
    assert (refused.status, refused.code) == (409, "email_not_verified")
    assert (await web("PATCH", one, disable, token=admin)).body["disabled"] is True
    assert (await web("POST", "/v1/sessions", ANA)).status == 401
    own = (await web("GET", "/v1/users/me", token=admin)).body["id"]
    refused = await web("PATCH", f"/v1/admin/users/{own}", {"role": "customer"}, token=admin)
    assert (refused.status, refused.code) == (409, "last_admin")
    assert (await web("PATCH", f"/v1/admin/users/{uuid4()}", disable, token=admin)).status == 404
    assert (await web("PATCH", one, {"role": "owner"}, token=admin)).status == 422


async def test_the_back_office_lists_users_and_acts(web: Web) -> None:
    admin = await web.staff("admin")
    for name in ("ana", "anabel", "bia"):
        await web.customer(f"{name}@example.com")
    first = (await web("GET", "/v1/admin/users?limit=3", token=admin)).body
    rest = (await web("GET", f"/v1/admin/users?limit=3&cursor={first['next']}", token=admin)).body
    assert {user["email"].split("@")[0] for user in first["items"] + rest["items"]} == {"admin", "ana", "anabel", "bia"}
    assert rest["next"] is None
    assert "password_hash" not in first["items"][0]
    found = (await web("GET", "/v1/admin/users?email=an&limit=1", token=admin)).body
    more = (await web("GET", f"/v1/admin/users?email=an&limit=1&cursor={found['next']}", token=admin)).body
    assert [page["items"][0]["email"] for page in (found, more)] == ["ana@example.com", "anabel@example.com"]
    assert more["next"] is None
    found = (await web("GET", "/v1/admin/users?role=admin", token=admin)).body
    assert [user["role"] for user in found["items"]] == ["admin"]
    for user in rest["items"] + first["items"]:
        if user["role"] == "customer":
            await web("PATCH", f"/v1/admin/users/{user['id']}", {"disabled": True}, token=admin)
    first = (await web("GET", "/v1/admin/audit?limit=2&action=users.disabled", token=admin)).body
    rest = (await web("GET", f"/v1/admin/audit?limit=2&action=users.disabled&cursor={first['next']}", token=admin)).body
    assert len(first["items"]) + len(rest["items"]) == 3
    assert rest["next"] is None
    act = first["items"][0]
    own = (await web("GET", "/v1/users/me", token=admin)).body["id"]
    assert (act["actor"], act["action"]) == (own, "users.disabled")
    query = f"actor={own}&target={act['target']}&since=2020-01-01T00:00:00Z&until=2999-01-01T00:00:00Z"
    assert (await web("GET", f"/v1/admin/audit?{query}", token=admin)).body["items"] == [act]
    for bad in ("since=2020-01-01T00:00:00", "actor=x", "cursor=x", "limit=0", "limit=101", "nonsense=1"):
        assert (await web("GET", f"/v1/admin/audit?{bad}", token=admin)).status == 422, bad
    assert (await web("GET", f"/v1/admin/users?cursor={first['next']}", token=admin)).status == 422
