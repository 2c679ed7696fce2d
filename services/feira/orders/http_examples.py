"""Requests that work as they are in a shop begun with `feira up --demo`, and what is answered to them."""

from typing import Any


def _brl(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "BRL"}


_LINES = [{"sku": "ACAI-PULP-400G", "quantity": 2}]
_ADDRESS = {
    "name": "Ana Lima",
    "line1": "Rua das Flores 12",
    "city": "São Paulo",
    "region": "SP",
    "postal_code": "01000-000",
    "country": "BR",
}
_TOTALS = {
    "shipping_method": "standard",
    "subtotal": _brl(3380),
    "discount": _brl(0),
    "shipping": _brl(1000),
    "tax": _brl(0),
    "tax_included": False,
    "total": _brl(4380),
}
_SOLD = [
    {
        "sku": "ACAI-PULP-400G",
        "name": "Açaí pulp, frozen (400 g)",
        "quantity": 2,
        "unit_price": _brl(1690),
        "total": _brl(3380),
    }
]

QUOTE = {"lines": _LINES, "country": "BR"}
QUOTED = {
    "lines": _SOLD,
    "shipping_methods": [{"id": "standard", "name": "Standard", "price": _brl(1000), "days": 5}],
    **_TOTALS,
}
ORDER = {
    "lines": _LINES,
    "email": "ana@example.com",
    "shipping_address": _ADDRESS,
    "shipping_method": "standard",
    "payment": {"method": "test", "token": "tok_ok"},
    "expected_total": _brl(4380),
}
READ = {
    "id": "5d6a38de-a9b1-5426-8abc-04e273694b05",
    "number": "YNKDJBC94",
    "status": "confirmed",
    "payment_status": "captured",
    "fulfilment_status": "unfulfilled",
    "email": "ana@example.com",
    "lines": _SOLD,
    "shipping_address": {**_ADDRESS, "line2": None, "phone": None},
    **_TOTALS,
    "placed_at": "2026-11-22T13:55:51.090431Z",
}
PLACED = {**READ, "payment_status": "authorized", "token": "MLEomH48GyAdr_eeb220cdOh_f0V7OiaaM2-T0ph8aE"}
_IMAGE = {"url": "/media/demo/acai-pulp.webp", "alt": "", "width": 800, "height": 800, "sources": []}
SHOWN = {**READ, "lines": [{**line, "product_slug": "acai-pulp", "image": _IMAGE} for line in _SOLD]}
CANCELLED = {**SHOWN, "status": "cancelled"}
