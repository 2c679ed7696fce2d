"""The table form of products: a row per variant, consecutive rows of one slug being one product. Pure.

Spreadsheets write it in two ways: with `,` between cells and `19.90` in them, or, where the comma is the decimal sign, with
`;` and `19,90`.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import UNSET

from feira.catalog.domain_goods import Price, ProductBody
from feira.contracts.money import DECIMALS, decimal_text
from feira.kernel.errors import FieldError, Invalid

COLUMNS = (
    "slug",
    "name",
    "description",
    "categories",
    "image",
    "sku",
    "options",
    "price",
    "currency",
    "compare_at_price",
    "weight_g",
    "stock",
)
NEEDED = ("name", "sku", "price")

Row = Mapping[str, str]
Separator = Literal[",", ";"]

# What exports put before a cell so that a spreadsheet does not run it.
_DEFUSED = re.compile(r"'[=+\-@\t\r\n]")
_WHOLE = re.compile(r"[0-9]{1,18}")
_VARIANT = re.compile(r"variants\.(\d+)\.?(\w*)(?:\.(\w+))?")


def separator_of(header: str) -> Separator:
    """What stands between the cells of a table with this first record."""
    return ";" if header.count(";") > header.count(",") else ","


def cells(record: str, separator: Separator) -> list[str]:
    """One record of the table. Refuses with Invalid what no reader of CSV would read as one."""
    try:
        rows = list(csv.reader([record], delimiter=separator, strict=True))
    except csv.Error as error:
        raise Invalid.field("", f"cannot be read: {error}") from error
    return rows[0] if rows else []


def header(names: Sequence[str]) -> list[str]:
    """The table's columns. Refuses unknown, repeated and missing ones."""
    columns = [name.strip().lower() for name in names]
    errors = [FieldError(name[:100], "is not a known column") for name in columns if name not in COLUMNS]
    errors += [FieldError(name, "is missing") for name in NEEDED if name not in columns]
    errors += [FieldError(name, "is there twice") for name in COLUMNS if columns.count(name) > 1]
    if errors:
        raise Invalid(f"The header must be {','.join(COLUMNS)}", errors=errors[:20])
    return columns


def row_of(columns: Sequence[str], values: Sequence[str]) -> Row:
    """A record's cells by column. Cells may be missing at its end, but there may not be more than columns."""
    if len(values) > len(columns):
        raise Invalid.field("", f"has {len(values)} cells, the header has {len(columns)}")
    return {
        column: value[1:] if _DEFUSED.match(value) else value
        for column, value in zip(columns, (value.strip() for value in values), strict=False)
    }


def same_product(row: Row, before: Row) -> bool:
    """Whether a row is a further variant of the row before."""
    return bool(row.get("slug")) and row.get("slug") == before.get("slug")


def body_of(rows: Sequence[Row], currency: str, separator: Separator) -> dict[str, Any]:
    """The rows of one product as the body of its creation, types not yet checked. Empty cells say nothing.

    Refuses with Invalid for a price that cannot be read.
    """
    first = rows[0]
    variants = [_variant(row, currency, separator, f"variants.{number}") for number, row in enumerate(rows)]
    body: dict[str, Any] = {"name": first.get("name", ""), "variants": variants}
    for column in ("slug", "description"):
        if first.get(column):
            body[column] = first[column]
    if first.get("categories"):
        body["categories"] = [part.strip() for part in first["categories"].split("|") if part.strip()]
    images = list(dict.fromkeys(row["image"] for row in rows if row.get("image")))
    if images:
        body["images"] = [{"url": url} for url in images]
    return body


def _variant(row: Row, currency: str, separator: Separator, place: str) -> dict[str, Any]:
    given = row.get("currency") or currency
    variant: dict[str, Any] = {
        "sku": row.get("sku", ""),
        "price": _price(row.get("price", ""), given, separator, f"{place}.price"),
    }
    if row.get("options"):
        pairs = [part.partition("=") for part in row["options"].split(";") if part.strip()]
        variant["options"] = {key.strip(): value.strip() for key, _, value in pairs}
    if row.get("compare_at_price"):
        variant["compare_at_price"] = _price(row["compare_at_price"], given, separator, f"{place}.compare_at_price")
    for column in ("weight_g", "stock"):
        if row.get(column):
            text = row[column]
            variant[column] = int(text) if _WHOLE.fullmatch(text) else text  # What is no number is refused as one.
    return variant


def _price(text: str, currency: str, separator: Separator, place: str) -> dict[str, Any]:
    """`19.99` as 1999 of BRL."""
    decimals = DECIMALS.get(currency)
    if decimals is None:
        return {"amount": 0, "currency": currency}  # No shop sells in it: it is refused for that.
    match = re.fullmatch(_amount(decimals, separator), text)
    if match is None:
        example = decimal_text(1990, currency)
        if separator == ";":
            example = example.replace(".", ",")
        raise Invalid.field(place, f"must be an amount of {currency} such as {example}")
    part = match["part"] or ""
    return {"amount": int(match["whole"]) * 10**decimals + int(part.ljust(decimals, "0") or "0"), "currency": currency}


def _amount(decimals: int, separator: Separator) -> str:
    """How an amount may look. Where the comma is the decimal sign, a point may part thousands: so `1.200` is neither of
    the two numbers that it could be.
    """
    part = f"(?P<part>[0-9]{{1,{decimals}}})" if decimals else "(?P<part>)"
    if separator == ",":
        fraction = rf"\.{part}0*" if decimals else rf"\.{part}0+"
    elif decimals:
        fraction = rf"[,.]{part}" if decimals < 3 else f",{part}"
    else:
        fraction = f",{part}0+"
    return f"(?P<whole>[0-9]{{1,15}})(?:{fraction})?"


def place_of(error: FieldError) -> tuple[int, str]:
    """Which of a product's rows a field's error is in, and in which column."""
    if match := _VARIANT.match(error.field):
        number, field, inner = match.groups()
        return int(number), "currency" if inner == "currency" else field
    return 0, {"images": "image"}.get(name := error.field.partition(".")[0], name)


def rows_of(body: ProductBody) -> list[dict[str, str]]:
    """A product as rows of the table. Texts are as they are: who writes for a spreadsheet must defuse them."""
    return [
        {
            "slug": body.slug or "",
            "name": body.name,
            "description": (body.description or "") if number == 0 else "",
            "categories": "|".join(body.categories or ()) if number == 0 else "",
            "image": _image(body, number),
            "sku": variant.sku,
            "options": ";".join(f"{key}={value}" for key, value in (variant.options or {}).items()),
            "price": _decimal(variant.price),
            "currency": variant.price.currency,
            "compare_at_price": _decimal(variant.compare_at_price),
            "weight_g": str(variant.weight_g or 0),
            "stock": "" if variant.stock is UNSET else str(variant.stock),
        }
        for number, variant in enumerate(body.variants)
    ]


def _image(body: ProductBody, number: int) -> str:
    images = body.images or ()
    return images[number].url if number < len(images) else ""


def _decimal(price: Price | None) -> str:
    return decimal_text(price.amount, price.currency) if price else ""
