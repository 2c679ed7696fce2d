"""The "Online Retail" table read and cleaned: its goods, and its invoices as purchases and returns. Nothing here talks to
a shop.

What is decided about data as dirty as this:

- Codes that differ only by case (`85123A`, `85123a`) are ONE good: in all such pairs the description is the same thing.
  Its sku is the code in capitals.
- Fees and postage (`FEES`) are no goods. Nor is what was never sold at a price of a penny or more.
- A good's price is the one most of its lines were sold at (the lower of two as common), its name the commonest text of
  those lines, and its stock what the whole table ever sold of it: enough for any slice, and not one unit more.
- Purchases are the lines with a positive quantity and price. A negative quantity outside of a cancellation is a
  correction of stock, a price of nothing a sample or a write-off; they are counted and left out.
- A cancellation (its number begins with C) gives back what that customer bought before, the latest purchase first. What
  was not bought before by that customer, as far as the table tells, is counted and left out.
"""

import csv
import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

FEES: Final = frozenset(
    ("POST", "DOT", "C2", "D", "M", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK")  # Postage, carriage, discounts, …
)
# The labels of the table as ISO 3166-1 names countries. What names none is taken for the shop's own.
COUNTRIES: Final = {
    "Australia": "AU", "Austria": "AT", "Bahrain": "BH", "Belgium": "BE", "Brazil": "BR", "Canada": "CA",
    "Channel Islands": "JE", "Cyprus": "CY", "Czech Republic": "CZ", "Denmark": "DK", "EIRE": "IE",
    "European Community": "BE", "Finland": "FI", "France": "FR", "Germany": "DE", "Greece": "GR", "Hong Kong": "HK",
    "Iceland": "IS", "Israel": "IL", "Italy": "IT", "Japan": "JP", "Korea": "KR", "Lebanon": "LB", "Lithuania": "LT",
    "Malta": "MT", "Netherlands": "NL", "Nigeria": "NG", "Norway": "NO", "Poland": "PL", "Portugal": "PT", "RSA": "ZA",
    "Saudi Arabia": "SA", "Singapore": "SG", "Spain": "ES", "Sweden": "SE", "Switzerland": "CH", "Thailand": "TH",
    "USA": "US", "United Arab Emirates": "AE", "United Kingdom": "GB", "Unspecified": "GB", "West Indies": "BB",
    "Bermuda": "BM",
}  # fmt: skip
# The columns as the two editions of the table call them.
COLUMNS: Final = {
    "invoice": ("InvoiceNo", "Invoice"),
    "code": ("StockCode",),
    "description": ("Description",),
    "quantity": ("Quantity",),
    "at": ("InvoiceDate",),
    "price": ("UnitPrice", "Price"),
    "customer": ("CustomerID", "Customer ID"),
    "country": ("Country",),
}
DATES: Final = ("%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M")
QUANTITY_MAX: Final = 1_000_000  # Of a line, by the shop's contract.


class Row(NamedTuple):
    """A line of an invoice; the price is in pence, rounded."""

    invoice: str
    code: str
    description: str
    quantity: int
    at: datetime
    price_minor: int
    customer: str | None
    country: str


@dataclass(frozen=True)
class Good:
    sku: str
    name: str
    price_minor: int
    stock: int

    @property
    def slug(self) -> str:
        words = f"{self.name} {self.sku}".lower()
        return re.sub(r"[^a-z0-9]+", "-", words).strip("-")


@dataclass(frozen=True)
class Purchase:
    """What one invoice sold; `customer` is None for a guest. Skus may repeat, as they do on the invoice."""

    number: str
    at: datetime
    customer: str | None
    country: str
    lines: tuple[tuple[str, int], ...]

    @property
    def units(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for sku, quantity in self.lines:
            found[sku] += quantity
        return found


@dataclass(frozen=True)
class Return:
    """What one cancellation gives back, as far as it was bought before: (purchase, units by sku), the latest first."""

    number: str
    at: datetime
    customer: str
    parts: tuple[tuple[str, Counter[str]], ...]


@dataclass
class Table:
    """The cleaned table; `left_out` counts lines by the reason why."""

    goods: dict[str, Good]
    purchases: list[Purchase]
    cancellations: list[Purchase]  # With positive quantities; not yet matched with purchases.
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Slice:
    """Purchases of a stretch of time, and `extra` ones from any time."""

    purchases: tuple[Purchase, ...]
    extra: tuple[Purchase, ...]

    @property
    def all(self) -> list[Purchase]:
        return sorted([*self.purchases, *self.extra], key=lambda one: (one.at, one.number))


@dataclass
class Plan:
    """What is to be replayed, in order of time; `without_purchase` counts lines and units that nobody bought before."""

    purchases: list[Purchase]
    returns: list[Return]
    cancellations: int
    without_purchase: Counter[str]

    @property
    def steps(self) -> list[Purchase | Return]:
        return sorted(
            [*self.purchases, *self.returns], key=lambda step: (step.at, isinstance(step, Return), step.number)
        )


def read(path: Path) -> Iterator[Row]:
    """The rows of a .parquet, .xlsx, .csv or .csv.gz file, in its order."""
    name = path.name.lower()
    if name.endswith(".parquet"):
        rows = _parquet(path)
    elif name.endswith(".xlsx"):
        rows = _xlsx(path)
    elif name.endswith((".csv", ".csv.gz")):
        rows = _csv(path)
    else:
        raise ValueError(f"{path.name}: only .parquet, .xlsx, .csv and .csv.gz can be read")
    for values in rows:
        if values["invoice"] not in {None, ""}:
            yield _row(values)


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    from pyarrow import parquet  # type: ignore[import-untyped]  # noqa: PLC0415 - untyped, and needed for this format only.

    file = parquet.ParquetFile(path)
    names = _names(file.schema_arrow.names)
    for batch in file.iter_batches(columns=list(names)):
        for record in batch.to_pylist():
            yield {names[name]: value for name, value in record.items()}


def _xlsx(path: Path) -> Iterator[dict[str, Any]]:
    from openpyxl import load_workbook  # noqa: PLC0415 - needed for this format only.

    book = load_workbook(path, read_only=True, data_only=True)
    for sheet in book.worksheets:
        rows = sheet.iter_rows(values_only=True)
        header = [str(cell) for cell in next(rows)]
        names = _names(header)
        places = [(header.index(name), column) for name, column in names.items()]
        for cells in rows:
            yield {column: cells[place] for place, column in places}
    book.close()


def _csv(path: Path) -> Iterator[dict[str, Any]]:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")  # As the copies that go about are.
    reader = csv.DictReader(text.splitlines(keepends=True))
    names = _names(reader.fieldnames or [])
    for record in reader:
        yield {column: record[name] for name, column in names.items()}


def _names(header: Sequence[str]) -> dict[str, str]:
    """Column of the file -> our name for it."""
    found = {name: ours for ours, theirs in COLUMNS.items() for name in theirs if name in header}
    if missing := COLUMNS.keys() - found.values():
        raise ValueError(f"the table has no column for {', '.join(sorted(missing))}; it has {', '.join(header)}")
    return found


def _row(values: dict[str, Any]) -> Row:
    customer = values["customer"]
    # A number comes as a float from tables that know no empty integer.
    known = None if customer in {None, ""} or customer != customer else str(int(float(customer)))  # noqa: PLR0124 - NaN.
    return Row(
        invoice=_code(values["invoice"]),
        code=_code(values["code"]),
        description=" ".join(str(values["description"] or "").split()),
        quantity=int(float(values["quantity"])),
        at=_moment(values["at"]),
        price_minor=int((Decimal(str(values["price"])) * 100).quantize(Decimal(1), ROUND_HALF_UP)),
        customer=known,
        country=str(values["country"]).strip(),
    )


def _code(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) else str(value).strip()


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC)
    text = str(value).strip()
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        for form in DATES:
            try:
                return datetime.strptime(text, form).replace(tzinfo=UTC)
            except ValueError:
                continue
    raise ValueError(f"{text!r} is no time that can be read")


def country_of(label: str) -> str:
    """The two letters of a label. A label that is not in the table is a KeyError: it must be looked at."""
    return COUNTRIES[label]


def clean(rows: Iterable[Row]) -> Table:
    """Goods, purchases and cancellations of the table, and what was left out."""
    left_out: Counter[str] = Counter()
    kept: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if reason := _no_sale(row):
            left_out[reason] += 1
        else:
            kept[row.invoice].append(row)
    goods = _goods(row for lines in kept.values() for row in lines if row.quantity > 0)
    purchases: list[Purchase] = []
    cancellations: list[Purchase] = []
    for number, lines in kept.items():
        known = [row for row in lines if row.code.upper() in goods]
        left_out["given back, never sold in this table"] += len(lines) - len(known)
        if known:
            (cancellations if number.startswith("C") else purchases).append(_invoice(number, known))
    purchases.sort(key=lambda one: (one.at, one.number))
    cancellations.sort(key=lambda one: (one.at, one.number))
    return Table(goods=goods, purchases=purchases, cancellations=cancellations, left_out=+left_out)


def _no_sale(row: Row) -> str:
    """Why this line is neither a sale nor its cancellation; empty if it is."""
    if row.code.upper() in FEES:
        return "fees and postage"
    if row.price_minor <= 0:
        return "no price"
    if row.invoice.startswith("A"):
        return "bookkeeping"
    if row.quantity == 0 or (row.quantity < 0) != row.invoice.startswith("C"):
        return "corrections of stock"
    return ""


def _goods(sales: Iterable[Row]) -> dict[str, Good]:
    prices: defaultdict[str, Counter[int]] = defaultdict(Counter)
    names: defaultdict[str, Counter[str]] = defaultdict(Counter)
    sold: Counter[str] = Counter()
    for row in sales:
        sku = row.code.upper()
        prices[sku][row.price_minor] += 1
        sold[sku] += row.quantity
        if row.description:
            names[sku][row.description] += 1
    return {
        sku: Good(
            sku=sku,
            name=min(names[sku], key=lambda name: (-names[sku][name], name), default=sku),
            price_minor=min(prices[sku], key=lambda price: (-prices[sku][price], price)),
            stock=sold[sku],
        )
        for sku in sorted(prices)
    }


def _invoice(number: str, rows: Sequence[Row]) -> Purchase:
    return Purchase(
        number=number,
        at=min(row.at for row in rows),
        customer=rows[0].customer,
        country=country_of(rows[0].country),
        lines=tuple((row.code.upper(), abs(row.quantity)) for row in rows),
    )


def choose(table: Table, start: int, count: int | None) -> Slice:
    """`count` purchases (None: all), from the `start`-th on in order of time. Among them, whenever they were, are the one
    of the most lines and the one of the largest quantity.
    """
    most_lines = max(table.purchases, key=lambda one: len(one.lines))
    most_units = max(table.purchases, key=lambda one: max(quantity for _, quantity in one.lines))
    extra = {one.number: one for one in (most_lines, most_units)}
    others = [one for one in table.purchases[start:] if one.number not in extra]
    if count is not None:
        others = others[: max(0, count - len(extra))]
    return Slice(tuple(others), tuple(extra.values()))


def plan(table: Table, chosen: Slice) -> Plan:
    """The purchases with the cancellations of their time, each matched with what its customer bought before in them."""
    remaining = {one.number: one.units for one in chosen.all}
    of_customer: defaultdict[str, list[Purchase]] = defaultdict(list)
    for one in chosen.all:
        if one.customer is not None:
            of_customer[one.customer].append(one)
    buyers_of_extra = {one.customer for one in chosen.extra} - {None}
    without: Counter[str] = Counter()
    returns = []
    considered = 0
    for cancellation in table.cancellations:
        inside = bool(chosen.purchases) and chosen.purchases[0].at <= cancellation.at <= chosen.purchases[-1].at
        if not inside and cancellation.customer not in buyers_of_extra:
            continue
        parts, missing = _match(cancellation, of_customer.get(cancellation.customer or "", ()), remaining)
        if not inside and not parts:
            continue  # It belongs to a time that is not replayed.
        considered += 1
        if missing:
            without["cancellations, whole or in part"] += 1
            without["units"] += missing.total()
        if parts and cancellation.customer is not None:
            returns.append(Return(cancellation.number, cancellation.at, cancellation.customer, parts))
    return Plan(chosen.all, returns, considered, without)


def _match(
    cancellation: Purchase, earlier: Sequence[Purchase], remaining: dict[str, Counter[str]]
) -> tuple[tuple[tuple[str, Counter[str]], ...], Counter[str]]:
    """What goes back of which purchase, taken from `remaining`, and what was not bought."""
    wanted = cancellation.units
    parts = []
    for purchase in reversed([one for one in earlier if one.at <= cancellation.at]):
        left = remaining[purchase.number]
        taken = Counter({sku: min(quantity, left[sku]) for sku, quantity in wanted.items() if left[sku] > 0})
        taken = +taken
        if taken:
            left -= taken
            wanted -= taken
            remaining[purchase.number] = left
            parts.append((purchase.number, taken))
    return tuple(parts), wanted
