"""What the catalogue answers in a shop begun with `feira up --demo`."""

from typing import Any

_URL = "http://127.0.0.1:8000/media/demo/mango"
IMAGE: dict[str, Any] = {
    "url": f"{_URL}.webp",
    "alt": "A ripe mango",
    "width": 256,
    "height": 256,
    "sources": [{"url": f"{_URL}.{kind}", "type": f"image/{kind}", "width": 256} for kind in ("avif", "webp")],
}
PRICE = {"amount": 890, "currency": "BRL"}
_ITEM: dict[str, Any] = {
    "id": "01a20386-0fab-72cc-a4a1-c41d38718f1f",
    "slug": "palmer-mango",
    "name": "Palmer mango",
    "image": IMAGE,
    "price": PRICE,
    "compare_at_price": None,
    "available": True,
    "categories": ["fruit/tropical"],
}
PRODUCTS = {"items": [_ITEM], "next": None}
PRODUCT = {
    **_ITEM,
    "description": "Long, red-skinned mangoes with *hardly any* fibre.",
    "images": [IMAGE],
    "attributes": {"origin": "São Paulo", "organic": True},
    "variants": [
        {
            "sku": "PALMER-MANGO-1KG",
            "name": "1 kg",
            "options": {"weight": "1 kg"},
            "price": PRICE,
            "compare_at_price": None,
            "available": True,
            "quantity": 148,
        }
    ],
    "breadcrumbs": [{"path": "fruit", "name": "Fruit"}, {"path": "fruit/tropical", "name": "Tropical fruit"}],
    "updated_at": "2026-11-22T12:00:00Z",
}
CATEGORIES = {
    "items": [
        {
            "slug": "fruit",
            "name": "Fruit",
            "children": [{"slug": "tropical", "name": "Tropical fruit", "children": []}],
        }
    ],
    "next": None,
}
LEVEL = {"sku": "PALMER-MANGO-1KG", "on_hand": 148, "held": 2, "available": 146}
STOCK_ITEM = {
    **LEVEL,
    "name": "Palmer mango (1 kg)",
    "slug": "palmer-mango",
    "product_id": _ITEM["id"],
    "archived": False,
}
