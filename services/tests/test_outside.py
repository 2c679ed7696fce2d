"""What belongs to others stays with them: addresses that are given to the shop, and the cards of those who pay."""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import asyncpg
import pytest

from tests.shop import SERVICES, Shop
from tests.test_checkout import brl

CARD = "4242424242424242"
CARD_FIELDS = {"card", "cvc", "cvv", "ccv", "pan", "iban", "expiry"}
ADDRESS_FIELDS = {"url", "uri", "href", "link", "hook", "webhook", "callback", "endpoint"}

WITH_TEXT = """select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
               where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema')"""


async def fields_sent(shop: Shop) -> set[str]:
    """The names of all that a client may send, anywhere in a body."""
    document = (await shop.get("/openapi.json")).json
    bodies = [
        media["schema"]
        for operations in document["paths"].values()
        for operation in operations.values()
        if isinstance(operation, dict) and "requestBody" in operation
        for media in operation["requestBody"]["content"].values()
        if "schema" in media
    ]
    return set(_names(bodies, document["components"]["schemas"], set()))


def _names(part: Any, schemas: dict[str, Any], seen: set[str]) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from _names(one, schemas, seen)
    elif isinstance(part, dict):
        name = str(part.get("$ref", "")).rpartition("/")[2]
        if name and name not in seen:
            seen.add(name)
            yield from _names(schemas[name], schemas, seen)
        yield from part.get("properties", {})
        yield from _names(list(part.values()), schemas, seen)


def spoken_of(names: set[str], words: set[str]) -> set[str]:
    return {name for name in names if words & set(name.split("_"))}


async def test_no_address_that_is_given_is_ever_visited(shop: Shop) -> None:
    """SSRF through webhook or image URLs: a picture's address is the only one that can be given, and nobody goes there."""
    assert spoken_of(await fields_sent(shop), ADDRESS_FIELDS) == {"url"}
    visits = []

    async def note(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append(writer.get_extra_info("peername"))
        writer.close()

    async with await asyncio.start_server(note, "127.0.0.1", 0) as secret:
        port = secret.sockets[0].getsockname()[1]
        sku = await shop.new_sku(stock=5)
        product = f"/v1/admin/products/{shop.product_ids[sku]}"
        inside = [f"{host}:{port}/x.png" for host in ("127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]")]
        for url in (
            *(f"http://{one}" for one in inside),
            f"file:///{port}",
            f"gopher://127.0.0.1:{port}",
            f"//{inside[0]}",
        ):
            reply = await shop.staff("PATCH", product, {"images": [{"url": url}]})
            assert (reply.status, reply.json["errors"][0]["field"]) == (422, "images.0.url"), url
        images = [
            {"url": f"https://{one}", "sources": [{"url": f"https://{one}", "type": "image/webp"}]} for one in inside
        ]
        reply = await shop.staff("PATCH", product, {"images": images})
        assert reply.status == 200, reply.raw
        line = {"name": "Far", "images": images, "variants": [{"sku": f"{sku}-far", "price": brl(5), "stock": 1}]}
        rows = f"name,image,sku,price,currency,stock\nFar,https://{inside[0]},{sku}-csv,0.05,BRL,1\n"
        for kind, data in (("application/x-ndjson", json.dumps(line)), ("text/csv", rows)):
            reply = await shop.ask(
                "POST", "/v1/admin/products/import", data=data.encode(), token=shop.staff_token,
                headers={"content-type": kind},
            )  # fmt: skip
            assert (reply.status, reply.json["errors"]) == (200, []), reply.raw
        # Nor is there any other way to have something fetched: a picture is sent as it is.
        address = f"https://{inside[0]}".encode()
        reply = await shop.ask(
            "POST", "/v1/admin/media", data=address, token=shop.staff_token, headers={"content-type": "image/png"}
        )
        assert (reply.status, reply.code) == (422, "bad_picture")
        assert (await shop.get(f"/v1/products/{shop.product_ids[sku]}")).json["images"][0][
            "url"
        ] == f"https://{inside[0]}"
        assert (await shop.buy((sku, 1))).status == 201
        await shop.settle()
    assert visits == []


async def kept_of(shop: Shop, text: str) -> list[str]:
    """The tables that hold this anywhere, also as bytes."""
    found = []
    for url in {shop.databases[name] for name in (*SERVICES, "bus")}:
        connection = await asyncpg.connect(url)
        try:
            for (table,) in await connection.fetch(WITH_TEXT):
                query = f"select exists (select from {table} t where t::text ~ $1)"
                if await connection.fetchval(query, f"{text}|{text.encode().hex()}"):
                    found.append(table)
        finally:
            await connection.close()
    return found


@pytest.mark.parametrize("where", ["token", "card", "number"])
async def test_a_card_that_is_sent_to_us_is_refused_and_kept_nowhere(shop: Shop, where: str) -> None:
    """Card data never touches us: no field takes it, and what comes all the same is in no table and no log."""
    assert spoken_of(await fields_sent(shop), CARD_FIELDS) == set()
    sku = await shop.new_sku(stock=2)
    body = await shop.order_body((sku, 1))
    sent: dict[str, Any] = {
        "token": {"token": CARD},
        "card": {"token": "tok_ok", "card": {"number": CARD, "cvc": "123", "exp": "12/30"}},
        "number": {"token": "tok_ok", "number": CARD},
    }
    refused = await shop.post("/v1/orders", {**body, "payment": {"method": "test", **sent[where]}}, key=f"card-{where}")
    assert (refused.status, refused.json["errors"][0]["field"]) == (422, f"payment.{where}"), refused.raw
    assert CARD not in refused.raw.decode()
    assert (await shop.post("/v1/orders", body, key=f"card-{where}")).status == 201  # As if it had never been sent.
    await shop.settle()
    assert await kept_of(shop, CARD) == []
    for process in shop.processes.values():
        with closing(process.log.open(encoding="utf-8", errors="replace")) as log:
            assert not any(re.search(CARD, line) for line in log), process.log
