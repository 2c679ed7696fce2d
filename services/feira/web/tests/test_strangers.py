"""Pages before those who mean no good."""

import asyncio
from typing import Any

from feira.web import urls

from .conftest import MakeFront


async def test_nobody_puts_a_page_where_others_look_for_something_else(front: MakeFront, neighbour: Any) -> None:
    shop = await front({"address": neighbour.address})
    home = f"http://127.0.0.1:{shop.settings.port}"
    for target in ("/readyz#x", "/openapi.json#", "/#x", "/en#x", home, f"{home}?q=a", f"{home}//evil.example#x"):
        await shop.raw(target)
    assert b"302" in (await shop.raw(home)).partition(b"\r\n")[0]
    for path in ("/readyz", "/openapi.json"):
        assert (await shop.get(path))[1]["content-type"] == "application/json"
    assert (await shop.get("/"))[1]["location"] == "/en"
    assert b"400" in (await shop.raw("http://[")).partition(b"\r\n")[0]
    # To be silent about something is not the same as to say any word of it.
    await shop.get("/en", RSC="1", Next_Router_Segment_Prefetch="-")
    asked = len(neighbour.asked)
    await shop.get("/en", RSC="1")
    assert len(neighbour.asked) == asked + 1
    # What the router says takes room, too.
    kept = len(shop.pages)
    await shop.get("/en", RSC="1", Next_Router_State_Tree="x" * urls.ROUTER_MAX * 2)
    assert len(shop.pages) == kept
    before = shop.pages._asked.size
    await shop.get("/en", RSC="1", Next_Router_State_Tree="x" * 5_000)
    assert shop.pages._asked.size - before > 5_000


async def test_a_crowd_at_the_door_has_it_looked_at_once(front: MakeFront, neighbour: Any) -> None:
    shop = await front({"address": neighbour.address})
    await shop.get("/")
    shop.site._probed = (float("-inf"), "")
    neighbour.go.clear()
    crowd = [asyncio.create_task(shop.get("/")) for _ in range(20)]
    while len(neighbour.asked) < 2:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.02)
    neighbour.go.set()
    assert {(await one)[0] for one in crowd} == {302}
    assert neighbour.asked == ["/en", "/_next/static/none"]
