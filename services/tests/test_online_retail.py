"""The acceptance run on 300 real invoices: how they are read and planned, and that they add up in every mode."""

import csv
import gzip
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from online_retail import stock_up
from online_retail_checks import Auditor, lines
from online_retail_data import FEES, Purchase, Row, Table, choose, clean, country_of, plan, read
from online_retail_replay import Replay
from online_retail_shop import Client, Login
from openpyxl import Workbook

from tests.conftest import MODES, NewShop
from tests.shop import ADMIN, Process

SAMPLE = Path(__file__).parent / "data" / "online_retail_sample.csv.gz"
NOON = datetime(2011, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(read(SAMPLE))


@pytest.fixture(scope="module")
def table(rows: list[Row]) -> Table:
    return clean(rows)


def row(invoice: str = "1", code: str = "A1", quantity: int = 1, price_minor: int = 100, **more: object) -> Row:
    fields = {"description": "A THING", "at": NOON, "customer": "7", "country": "United Kingdom"} | more
    return Row(invoice=invoice, code=code, quantity=quantity, price_minor=price_minor, **fields)  # type: ignore[arg-type] # As the test says.


def test_the_sample_has_all_that_is_odd_about_the_whole(rows: list[Row]) -> None:
    codes = {one.code for one in rows}
    cases = Counter(code.upper() for code in codes)
    assert len({one.invoice for one in rows}) == 300
    assert {code.upper() for code in codes} >= FEES
    assert max(cases.values()) == 2
    assert max(one.quantity for one in rows) == 74_215
    assert any(one.customer is None for one in rows)
    assert any(one.price_minor == 0 for one in rows)
    assert any(one.price_minor < 0 for one in rows)
    assert any(one.quantity < 0 and not one.invoice.startswith("C") for one in rows)
    assert len({one.country for one in rows}) == 38


def test_excel_and_text_are_read_alike(rows: list[Row], tmp_path: Path) -> None:
    records = list(csv.DictReader(gzip.decompress(SAMPLE.read_bytes()).decode().splitlines()))[:50]
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"])
    text = tmp_path / "retail.csv"
    with text.open("w", encoding="latin-1", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(records[0])
        for record in records:
            at = datetime.fromisoformat(record["InvoiceDate"])
            code = int(record["StockCode"]) if record["StockCode"].isdigit() else record["StockCode"]
            customer = float(record["CustomerID"]) if record["CustomerID"] else None
            sheet.append(
                [
                    *(record["InvoiceNo"], code, record["Description"], int(record["Quantity"]), at),
                    *(float(record["UnitPrice"]), customer, record["Country"]),
                ]
            )
            writer.writerow([*list(record.values())[:4], f"{at:%m/%d/%Y %H:%M}", *list(record.values())[5:]])
    book.save(tmp_path / "retail.xlsx")
    book.close()
    assert list(read(tmp_path / "retail.xlsx")) == rows[:50]
    assert list(read(text)) == rows[:50]


@pytest.mark.parametrize("name", ["retail.txt", "retail"])
def test_other_files_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="can be read"):
        list(read(Path(name)))


def test_a_table_without_a_column_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("InvoiceNo,StockCode\n1,2\n")
    with pytest.raises(ValueError, match="no column for"):
        list(read(tmp_path / "other.csv"))


def test_codes_that_differ_by_case_are_one_good(table: Table) -> None:
    assert all(sku == sku.upper() for sku in table.goods)
    found = clean([row(code="85123A", quantity=2), row(code="85123a", quantity=3)])
    assert {good.sku: good.stock for good in found.goods.values()} == {"85123A": 5}


def test_a_good_has_its_usual_price_and_name() -> None:
    prices = [100, 250, 100, 250, 300]
    names = ["LAMP", "LAMP", "LAMP ", "damaged", "ebay"]
    [good] = clean(
        [row(price_minor=price, description=name.strip()) for price, name in zip(prices, names, strict=True)]
    ).goods.values()
    assert (good.price_minor, good.name, good.slug) == (100, "LAMP", "lamp-a1")


def test_what_is_no_sale_is_counted(table: Table) -> None:
    odd = [
        row(),
        row(code="POST"),
        row(code="m"),
        row(price_minor=0),
        row(invoice="A5", code="A1", price_minor=-5),
        row(invoice="A5", code="A1", price_minor=5),
        row(quantity=-4),
        row(invoice="C9", code="NEVER", quantity=-1),
    ]
    found = clean(odd)
    assert found.left_out == {
        "fees and postage": 2,
        "no price": 2,
        "bookkeeping": 1,
        "corrections of stock": 1,
        "given back, never sold in this table": 1,
    }
    assert len(found.purchases) == 1
    kept = sum(len(one.lines) for one in (*table.purchases, *table.cancellations))
    assert kept + table.left_out.total() == 2_281


def test_stock_is_all_that_was_sold(table: Table) -> None:
    sold: Counter[str] = Counter()
    for one in table.purchases:
        sold += one.units
    assert {sku: good.stock for sku, good in table.goods.items()} == sold
    assert all(good.price_minor > 0 for good in table.goods.values())
    assert len({good.slug for good in table.goods.values()}) == len(table.goods)


def test_every_label_is_a_country(rows: list[Row]) -> None:
    assert country_of("EIRE") == "IE"
    assert country_of("RSA") == "ZA"
    assert all(len(country_of(one.country)) == 2 for one in rows)
    with pytest.raises(KeyError):
        country_of("Atlantis")


def test_a_return_takes_from_the_latest_purchase_first() -> None:
    def at(minute: int) -> datetime:
        return NOON.replace(minute=minute)

    found = clean(
        [
            row("1", quantity=5, at=at(1)),
            row("2", quantity=2, at=at(2)),
            row("2", code="B2", quantity=1, at=at(2)),
            row("3", quantity=9, at=at(9)),
            row("4", quantity=9, at=at(1), customer="8"),
            row("C5", quantity=-4, at=at(5)),
            row("C6", quantity=-9, at=at(6)),
            row("C7", quantity=-1, at=at(7), customer=None),
        ]
    )
    planned = plan(found, choose(found, 0, None))
    assert [(one.number, [(number, dict(units)) for number, units in one.parts]) for one in planned.returns] == [
        ("C5", [("2", {"A1": 2}), ("1", {"A1": 2})]),
        ("C6", [("1", {"A1": 3})]),
    ]
    assert planned.cancellations == 3
    assert planned.without_purchase == {"cancellations, whole or in part": 2, "units": 7}
    assert [step.number for step in planned.steps] == ["1", "4", "2", "C5", "C6", "3"]


def test_returns_never_exceed_purchases(table: Table) -> None:
    planned = plan(table, choose(table, 0, None))
    left = {one.number: one.units for one in planned.purchases}
    customers = {one.number: one.customer for one in planned.purchases}
    for given in planned.returns:
        for number, units in given.parts:
            assert customers[number] == given.customer
            left[number].subtract(units)
    assert all(quantity >= 0 for units in left.values() for quantity in units.values())
    whole = [number for number, units in left.items() if not +units]
    assert "541431" in whole  # The 74,215 pieces came back on the same day.
    assert planned.returns
    assert planned.without_purchase["units"] > 0


def test_every_slice_has_the_largest_invoices(table: Table) -> None:
    most_lines = max(len(one.lines) for one in table.purchases)

    def extremes(purchases: list[Purchase]) -> tuple[int, int]:
        quantities = [quantity for one in purchases for _, quantity in one.lines]
        return max(len(one.lines) for one in purchases), max(quantities)

    for start, count in ((0, 10), (100, 10), (220, 50), (0, 2), (0, None)):
        chosen = choose(table, start, count)
        assert extremes(chosen.all) == (most_lines, 74_215)
        assert len(chosen.all) == len({one.number for one in chosen.all})
        if count is not None and start + count <= len(table.purchases):
            assert len(chosen.all) == count
    late = plan(table, choose(table, 200, 10))
    assert [one.number for one in late.returns if one.customer == "12346"] == ["C541433"]


@pytest.mark.parametrize("mode", MODES, ids="its own {}".format)
async def test_real_invoices_add_up(new_shop: NewShop, table: Table, mode: str) -> None:
    """The acceptance run in small: bought, given back, and compared to the penny."""
    shop = await new_shop(mode, "--currency", "GBP", "--country", "GB")
    client = Client(shop.http, lambda path: shop.url + path)
    staff = Login(client, ADMIN["email"], ADMIN["password"])
    began = datetime.now(UTC) - timedelta(minutes=1)
    await stock_up(client, staff, table.goods, "GBP")
    metrics = tuple(
        f"http://127.0.0.1:{port}/metrics" for one in shop.processes.values() for port in internal_ports(one)
    )

    async def money() -> dict[str, int]:
        columns = {"captured": "amount_minor", "refunded": "refunded_minor"}
        query = "select coalesce(sum({}), 0)::bigint from payments where state = 'captured'"
        return {state: await shop.sql("payments", query.format(column)) for state, column in columns.items()}

    auditor = Auditor(client, staff, metrics, "GBP", money)
    before = await auditor.books()
    buyers = Replay(client, staff, table.goods, "GBP", accounts=20, concurrency=8)
    story = await buyers.run(plan(table, choose(table, 0, None)), lambda _sentence: None)
    findings = await auditor.audit(story, table.goods, before, began)
    assert findings.good, "\n".join(lines(findings))
    assert len(findings.told) == 10
    assert story.counts["cancelled"] > 0
    assert story.counts["refunded by line"] > 0
    assert len(story.placed) == len(table.purchases)


def internal_ports(process: Process) -> list[int]:
    """Where each worker of a process tells its metrics."""
    flags = dict(zip(process.arguments, process.arguments[1:], strict=False))
    first = int(flags["--internal-port"])
    return [first + worker for worker in range(int(flags.get("--workers", "1")))]
