"""What is exported, as rows of a table. Pure."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from feira.contracts.money import decimal_text

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")

ORDER_COLUMNS = (
    "number", "id", "placed_at", "status", "payment_status", "fulfilment_status", "email", "currency",
    "sku", "name", "quantity", "unit_price", "line_total", "line_tax", "sent", "line_refunded",
    "subtotal", "discount", "shipping", "tax", "tax_included", "total", "captured", "refunded", "shipping_method",
    "ship_name", "ship_line1", "ship_line2", "ship_city", "ship_region", "ship_postal_code", "ship_country", "ship_phone",
)  # fmt: skip
CUSTOMER_COLUMNS = ("id", "email", "name", "phone", "locale", "role", "email_verified", "disabled", "created_at")


def safe(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before it, which importing takes off again."""
    text = "" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)
    return f"'{text}" if text.startswith(RISKY) else text


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Rows as RFC 4180 has them."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([safe(cell) for cell in row])
    return text.getvalue()


def order_rows(order: Mapping[str, Any]) -> list[list[object]]:
    """A row for each line of an order as staff see it, the order's own values repeated in each."""
    own = {name: order[name] for name in ORDER_COLUMNS if name in order}
    for name in ("subtotal", "discount", "shipping", "tax", "total", "captured", "refunded"):
        own[name] = _decimal(order[name])
    own["currency"] = order["total"]["currency"]
    own |= {f"ship_{name}": value for name, value in order["shipping_address"].items()}
    rows = []
    for line in order["lines"]:
        row = own | {
            "sku": line["sku"],
            "name": line["name"],
            "quantity": line["quantity"],
            "unit_price": _decimal(line["unit_price"]),
            "line_total": _decimal(line["total"]),
            "line_tax": _decimal(line["tax"]),
            "sent": line["sent"],
            "line_refunded": line["refunded"],
        }
        rows.append([row.get(name) for name in ORDER_COLUMNS])
    return rows


def _decimal(money: Mapping[str, Any]) -> str:
    return decimal_text(money["amount"], money["currency"])
