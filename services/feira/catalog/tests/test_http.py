"""Every route of the catalogue, through the kernel's own dispatch."""

from typing import Any
from uuid import uuid4

from feira.catalog.tests.conftest import STAFF, Shop, product, variant
from feira.contracts.audit import StaffActed

MANGO = product(
    "Palmer mango",
    variant("PALMER-1KG", 5, 890, name="1 kg", options={"weight": "1 kg"}, weight_g=1000),
    variant(
        "PALMER/3KG",
        0,
        2290,
        options={"weight": "3 kg", "box": "crate"},
        compare_at_price={"amount": 2670, "currency": "BRL"},
    ),
    slug="palmer-mango",
    description="Sweet <script>alert(1)</script> *mangoes* [x](javascript:alert(1))",
    translations={"pt-BR": {"name": "Manga palmer", "description": "Mangas **doces**"}, "fr": {"name": "Mangue"}},
    categories=["fruit/tropical"],
    images=[{"url": "/media/demo/mango.webp", "alt": "A mango", "width": 256, "height": 256}],
    attributes={"origin": "São Paulo", "organic": True, "brix": 14.5, "grade": 1},
)


async def create(shop: Shop, **changes: Any) -> dict[str, Any]:
    reply = await shop.staff("POST", "/products", MANGO | changes)
    assert reply.status == 201, reply.raw
    assert reply.headers["location"] == f"/v1/admin/products/{reply.json['id']}"
    return dict(reply.json)


async def test_a_product_is_created_and_read_by_buyers(shop: Shop) -> None:
    made = await create(shop)
    reply = await shop.ask("GET", "/v1/products/palmer-mango")
    assert reply.status == 200
    url = shop.ctx.settings.url + "/media/demo/mango.webp"
    image = {"url": url, "alt": "A mango", "width": 256, "height": 256, "sources": []}
    assert reply.json == {
        "id": made["id"],
        "slug": "palmer-mango",
        "name": "Palmer mango",
        "image": image,
        "price": {"amount": 890, "currency": "BRL"},
        "compare_at_price": None,
        "available": True,
        "categories": ["fruit/tropical"],
        "description": "Sweet  *mangoes* [x](#)",
        "images": [image],
        "attributes": {"origin": "São Paulo", "organic": True, "brix": 14.5, "grade": 1},
        "variants": [
            {
                "sku": "PALMER-1KG",
                "name": "1 kg",
                "options": {"weight": "1 kg"},
                "price": {"amount": 890, "currency": "BRL"},
                "compare_at_price": None,
                "available": True,
                "quantity": 5,
            },
            {
                "sku": "PALMER/3KG",
                "name": "3 kg, crate",
                "options": {"weight": "3 kg", "box": "crate"},
                "price": {"amount": 2290, "currency": "BRL"},
                "compare_at_price": {"amount": 2670, "currency": "BRL"},
                "available": False,
                "quantity": 0,
            },
        ],
        "breadcrumbs": [{"path": "fruit", "name": "Fruit"}, {"path": "fruit/tropical", "name": "Tropical"}],
        "updated_at": made["changed_at"],
    }
    assert reply.headers["content-language"] == "en"
    assert (await shop.ask("GET", f"/v1/products/{made['id']}")).json == reply.json
    again = await shop.ask("GET", "/v1/products/palmer-mango", headers={"If-None-Match": reply.headers["etag"]})
    assert again.status == 304
    for path in ("mango", str(uuid4()), made["id"].upper()):
        assert (await shop.ask("GET", f"/v1/products/{path}")).status == 404
    events = await shop.said()
    assert [(e.actor, e.action, e.target) for e in events if isinstance(e, StaffActed)] == [
        (STAFF, "catalog.product.created", made["id"])
    ]


async def test_texts_come_in_the_language_that_is_asked_for(shop: Shop) -> None:
    await create(shop)
    for headers, locale, answered, name, description in [
        ({}, "pt-BR", "pt-BR", "Manga palmer", "Mangas **doces**"),
        ({"Accept-Language": "de, pt;q=0.8"}, None, "pt-BR", "Manga palmer", "Mangas **doces**"),
        ({"Accept-Language": "pt"}, "fr", "fr", "Mangue", "Sweet  *mangoes* [x](#)"),
        ({}, "de", "en", "Palmer mango", "Sweet  *mangoes* [x](#)"),
    ]:
        query = {"locale": locale} if locale else {}
        reply = await shop.ask("GET", "/v1/products/palmer-mango", headers=headers, **query)
        assert reply.headers["content-language"] == answered
        assert "Accept-Language" in reply.headers["vary"]
        assert (reply.json["name"], reply.json["description"]) == (name, description)
        listed = await shop.ask("GET", "/v1/products", headers=headers, **query)
        assert listed.json["items"][0]["name"] == name


async def test_the_tree_of_categories(shop: Shop) -> None:
    await create(shop, categories=["fruit/tropical", "Fruit / Citrus", "vegetables"])
    body = {"slug": "apples", "name": "Apples", "parent": "fruit", "translations": {"pt-BR": {"name": "Maçãs"}}}
    made = await shop.staff("POST", "/categories", body)
    assert made.status == 201
    assert made.json == {
        "id": made.json["id"],
        "slug": "apples",
        "path": "fruit/apples",
        "name": "Apples",
        "translations": {"pt-BR": {"name": "Maçãs"}},
    }
    assert (await shop.staff("POST", "/categories", body)).json["code"] == "category_taken"
    reply = await shop.ask("GET", "/v1/categories", locale="pt-BR")
    assert reply.json == {
        "items": [
            {
                "slug": "fruit",
                "name": "Fruit",
                "children": [
                    {"slug": "citrus", "name": "Citrus", "children": []},
                    {"slug": "apples", "name": "Maçãs", "children": []},
                    {"slug": "tropical", "name": "Tropical", "children": []},
                ],
            },
            {"slug": "vegetables", "name": "Vegetables", "children": []},
        ],
        "next": None,
    }
    listed = (await shop.staff("GET", "/categories")).json["items"]
    ids = {category["path"]: category["id"] for category in listed}
    moved = await shop.staff(
        "PATCH", f"/categories/{ids['fruit']}", {"slug": "fruits", "name": "Fruits", "parent": "vegetables"}
    )
    assert moved.json["path"] == "vegetables/fruits"
    item = (await shop.ask("GET", "/v1/products", category="vegetables")).json["items"][0]
    assert item["categories"] == ["vegetables/fruits/tropical", "vegetables/fruits/citrus", "vegetables"]
    back = await shop.staff("PATCH", f"/categories/{ids['fruit']}", {"parent": None, "translations": {}})
    assert back.json["path"] == "fruits"
    inside = await shop.staff("PATCH", f"/categories/{ids['fruit']}", {"parent": "fruits/citrus"})
    assert (inside.status, inside.json["errors"][0]["field"]) == (422, "parent")
    taken = await shop.staff("PATCH", f"/categories/{ids['fruit']}", {"slug": "vegetables"})
    assert taken.json["code"] == "category_taken"
    for unknown in ("999", "x", "\u0661", "9" * 20):
        assert (await shop.staff("DELETE", f"/categories/{unknown}")).status == 404
    assert (await shop.staff("PATCH", "/categories/999", {})).status == 404
    assert (await shop.staff("DELETE", f"/categories/{ids['fruit']}")).json["code"] == "category_in_use"
    assert (await shop.staff("DELETE", f"/categories/{ids['fruit/citrus']}")).status == 409
    assert (await shop.staff("DELETE", f"/categories/{made.json['id']}")).status == 204
    for broken in (
        {"slug": "a", "name": "A", "parent": "nowhere"},
        {"slug": "a", "name": "A", "translations": {"en": {"name": "A"}}},
        {"slug": "A b", "name": "A"},
    ):
        assert (await shop.staff("POST", "/categories", broken)).status == 422
    deep = "a/a/a/a/a/a/a/a"
    await create(shop, slug="deep", categories=[deep], variants=[variant("deep")])
    assert (await shop.staff("POST", "/categories", {"slug": "a", "name": "A", "parent": deep})).status == 422
    actions = [event.action for event in await shop.said() if isinstance(event, StaffActed)]
    assert {"catalog.category.created", "catalog.category.changed", "catalog.category.deleted"} <= set(actions)


async def test_a_product_is_changed_field_by_field(shop: Shop) -> None:
    made = await create(shop)
    path = f"/products/{made['id']}"
    changed = await shop.staff("PATCH", path, {"name": "Mango", "translations": {}, "attributes": {"ripe": True}})
    assert changed.status == 200
    kept = {
        name: value for name, value in made.items() if name not in {"name", "translations", "attributes", "changed_at"}
    }
    assert {name: changed.json[name] for name in kept} == kept
    assert changed.json["attributes"] == {"ripe": True}
    body = {
        "variants": [variant("NEW", 3, 100), variant("PALMER-1KG", 5, 990)],
        "slug": "mango",
        "description": "",
        "images": [],
    }
    changed = await shop.staff("PATCH", path, body)
    assert [(v["sku"], v["price"]["amount"], v["on_hand"], v["archived"]) for v in changed.json["variants"]] == [
        ("NEW", 100, 3, False),
        ("PALMER-1KG", 990, 5, False),
        ("PALMER/3KG", 2290, 0, True),
    ]
    assert changed.json["variants"][1]["weight_g"] == 1000  # What is not said stays.
    seen = (await shop.ask("GET", "/v1/products/mango")).json
    assert [v["sku"] for v in seen["variants"]] == ["NEW", "PALMER-1KG"]
    assert seen["price"]["amount"] == 100
    assert seen["image"] is None
    recount = await shop.staff("PATCH", path, {"variants": [variant("PALMER-1KG", 7)]})
    assert recount.json["errors"][0]["field"] == "variants.0.stock"
    await create(shop, slug="other", variants=[variant("OTHER")])
    assert (await shop.staff("PATCH", path, {"slug": "other"})).json["code"] == "slug_taken"
    assert (await shop.staff("PATCH", path, {"variants": [variant("OTHER", None)]})).json["skus"] == ["OTHER"]
    assert (await shop.staff("PATCH", f"/products/{uuid4()}", {})).status == 404
    assert (await shop.staff("PATCH", path, {"id": "x"})).status == 422
    await shop.check_books()


async def test_a_product_is_archived_and_brought_back(shop: Shop) -> None:
    made = await create(shop)
    path = f"/products/{made['id']}"
    assert (await shop.staff("DELETE", path)).status == 204
    assert (await shop.staff("DELETE", path)).status == 204
    assert (await shop.ask("GET", "/v1/products/palmer-mango")).status == 404
    told = {event.action: event.detail for event in await shop.said() if isinstance(event, StaffActed)}
    assert told["catalog.product.archived"] == "{}"
    assert (await shop.ask("GET", "/v1/products")).json["items"] == []
    assert (await shop.staff("GET", path)).json["archived"] is True
    assert (await shop.staff("GET", "/products", status="archived")).json["items"][0]["id"] == made["id"]
    assert (await shop.staff("GET", "/products", status="active")).json["items"] == []
    assert (await shop.staff("PATCH", path, {"archived": False})).json["archived"] is False
    assert (await shop.ask("GET", "/v1/products")).json["items"][0]["available"] is True
    assert (await shop.staff("DELETE", f"/products/{uuid4()}")).status == 404
    assert (await shop.staff("GET", f"/products/{uuid4()}")).status == 404
    assert not await shop.catalog.is_empty()


BROKEN: list[tuple[dict[str, Any], str]] = [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "a\0"}, "name"),
        ({"slug": "A B"}, "slug"),
        ({"variants": []}, "variants"),
        ({"variants": [variant("a"), variant("a")]}, "variants.1.sku"),
        ({"variants": [variant(" a")]}, "variants.0.sku"),
        ({"variants": [variant("a\n")]}, "variants.0.sku"),
        ({"variants": [variant("a" * 101)]}, "variants.0.sku"),
        ({"variants": [variant("/a")]}, "variants.0.sku"),
    ({"variants": [variant("a/../b")]}, "variants.0.sku"),
    ({"variants": [variant("a/b/c/d/e")]}, "variants.0.sku"),
    ({"variants": [variant("a/journal")]}, "variants.0.sku"),
    ({"variants": [variant("a", -1)]}, "variants.0.stock"),
        ({"variants": [variant("a", 1, -1)]}, "variants.0.price.amount"),
        ({"variants": [variant("a", 1, 1.5)]}, "variants.0.price.amount"),  # type: ignore[arg-type] # No float is money.
        ({"variants": [variant("a", 1, price=2**53)]}, "variants.0.price.amount"),
        ({"variants": [{"sku": "a", "price": {"amount": 1, "currency": "USD"}}]}, "variants.0.price.currency"),
        ({"variants": [variant("a", compare_at_price={"amount": 1, "currency": "USD"})]}, "variants.0.compare_at_price.currency"),
        ({"images": [{"url": "javascript:alert(1)"}]}, "images.0.url"),
        ({"images": [{"url": "/etc/passwd"}]}, "images.0.url"),
        ({"images": [{"url": "/media/../etc/passwd"}]}, "images.0.url"),
        ({"images": [{"url": "https://a.example/b", "sources": [{"url": "ftp://a.example", "type": "image/webp"}]}]}, "images.0.sources.0.url"),
        ({"categories": ["a//b"]}, "categories.0"),
        ({"categories": ["/".join("abcdefghi")]}, "categories.0"),
        ({"translations": {"en": {"name": "x"}}}, "translations.en"),
        ({"translations": {"?": {"name": "x"}}}, "translations"),
        ({"attributes": {"a": {"b": 1}}}, "attributes"),
        ({"created_at": "2026-01-01T00:00:00Z"}, "created_at"),
]  # fmt: skip


async def test_what_breaks_a_rule_is_named(shop: Shop) -> None:
    for changes, field in BROKEN:
        reply = await shop.staff("POST", "/products", MANGO | changes)
        assert reply.status == 422, changes
        assert reply.json["errors"][0]["field"].startswith(field)
    assert await shop.catalog.is_empty()


async def test_slugs_and_skus_are_unique_and_slugs_are_found(shop: Shop) -> None:
    await create(shop)
    assert (await shop.staff("POST", "/products", MANGO)).json["code"] == "sku_taken"
    other = MANGO | {"variants": [variant("b")]}
    assert (await shop.staff("POST", "/products", other)).json["code"] == "slug_taken"
    nameless = {name: value for name, value in other.items() if name != "slug"}
    slugs = [
        (await shop.staff("POST", "/products", nameless | {"variants": [variant(sku)]})).json["slug"]
        for sku in ("C 1", "C-1", "苹果")
    ]
    assert slugs[0] == "palmer-mango-c-1"
    assert slugs[1].startswith("palmer-mango-")
    assert slugs[2].startswith("palmer-mango-")
    unspeakable = await shop.staff("POST", "/products", product("苹果", variant("d")))
    assert unspeakable.json["slug"] == "product"


async def test_staff_alone_enter_the_back_office(shop: Shop) -> None:
    for method, path, body in [
        ("GET", "/products", None),
        ("POST", "/products", MANGO),
        ("GET", f"/products/{uuid4()}", None),
        ("PATCH", f"/products/{uuid4()}", {}),
        ("DELETE", f"/products/{uuid4()}", None),
        ("POST", "/products/import", MANGO),
        ("GET", "/categories", None),
        ("POST", "/categories", {"slug": "a", "name": "A"}),
        ("PATCH", "/categories/1", {}),
        ("DELETE", "/categories/1", None),
        ("GET", "/stock", None),
        ("GET", "/stock/a", None),
        ("GET", "/stock/a/b/c", None),
        ("POST", "/stock/a/adjustments", {"delta": 1, "reason": "x"}),
        ("GET", "/stock/a/journal", None),
    ]:
        assert (await shop.ask(method, f"/v1/admin{path}", body)).status == 401
        assert (await shop.ask(method, f"/v1/admin{path}", body, role="customer")).status == 403
        assert (await shop.ask(method, f"/v1/admin{path}", body, role="forged")).status == 401


async def test_stock_is_read_corrected_and_explained(shop: Shop) -> None:
    await create(shop)
    assert (await shop.staff("GET", "/stock/PALMER-1KG")).json == {
        "sku": "PALMER-1KG",
        "on_hand": 5,
        "held": 0,
        "available": 5,
    }
    await shop.held(None, **{"PALMER-1KG": 2})
    done = await shop.staff("POST", "/stock/PALMER-1KG/adjustments", {"delta": -3, "reason": "Bruised"})
    assert (done.status, done.json) == (201, {"sku": "PALMER-1KG", "on_hand": 2, "held": 2, "available": 0})
    more = await shop.staff("POST", "/stock/PALMER-1KG/adjustments", {"delta": -1, "reason": "Bruised"})
    assert (more.status, more.json["code"], more.json["available"]) == (409, "stock_is_held", 0)
    for broken in (
        {"delta": 0, "reason": "x"},
        {"delta": 1, "reason": ""},
        {"delta": 2**60, "reason": "x"},
        {"delta": 1},
    ):
        assert (await shop.staff("POST", "/stock/PALMER-1KG/adjustments", broken)).status == 422
    await shop.run("update stock set on_hand = 1000000000000 where sku = 'PALMER-1KG'")
    full = await shop.staff("POST", "/stock/PALMER-1KG/adjustments", {"delta": 1, "reason": "x"})
    assert full.json["errors"][0]["field"] == "delta"
    slashed = await shop.staff("POST", "/stock/PALMER/3KG/adjustments", {"delta": 4, "reason": "Delivered"})
    assert slashed.json["available"] == 4
    assert (await shop.staff("GET", "/stock/PALMER/3KG")).json["on_hand"] == 4
    entries = (await shop.staff("GET", "/stock/PALMER/3KG/journal")).json["items"]
    assert [(e["kind"], e["delta_on_hand"], e["reason"], e["actor"]) for e in entries] == [
        ("adjusted", 4, "Delivered", str(STAFF))
    ]
    first = await shop.staff("GET", "/stock/PALMER-1KG/journal", limit=2)
    assert [e["kind"] for e in first.json["items"]] == ["adjusted", "held"]
    assert first.json["items"][1]["order_id"]
    rest = await shop.staff("GET", "/stock/PALMER-1KG/journal", cursor=first.json["next"])
    assert [(e["kind"], e["delta_on_hand"]) for e in rest.json["items"]] == [("created", 5)]
    assert rest.json["next"] is None
    page = await shop.staff("GET", "/stock", limit=1)
    assert [row["sku"] for row in page.json["items"]] == ["PALMER-1KG"]
    page = await shop.staff("GET", "/stock", cursor=page.json["next"])
    assert [row["sku"] for row in page.json["items"]] == ["PALMER/3KG"]
    for unknown in ("/stock/x", "/stock/x/journal", "/stock/palmer-1kg"):
        assert (await shop.staff("GET", unknown)).json["code"] == "unknown_sku"
    assert (await shop.staff("POST", "/stock/x/adjustments", {"delta": 1, "reason": "x"})).status == 404
    assert (await shop.staff("GET", "/stock", cursor="x")).status == 422


async def test_staff_list_products_the_newest_first(shop: Shop) -> None:
    assert await shop.catalog.is_empty()
    for number in range(5):
        await shop.add(f"p{number}", variant(f"s{number}"))
    names: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = (await shop.staff("GET", "/products", **query)).json
        names += [item["name"] for item in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert names == ["p4", "p3", "p2", "p1", "p0"]


async def test_sample_pictures_are_served(shop: Shop) -> None:
    reply = await shop.ask("GET", "/media/demo/mango.webp")
    assert reply.headers["content-type"] == "image/webp"
    assert (await shop.ask("GET", "/media/demo/x.webp")).status == 404
