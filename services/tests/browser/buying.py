"""What a shopper does, step by step, by what is seen and heard of each page: words of the language it is read in."""

import re
from dataclasses import dataclass
from uuid import uuid4

from playwright.async_api import Locator, Page, expect

from tests.browser.visitor import Visitor
from tests.shop import Shop

ORDER = re.compile(r"/orders/(?P<id>[0-9a-f-]{36})")


@dataclass(frozen=True)
class Words:
    """Of one language, as patterns without regard to case."""

    add: str
    check_out: str
    email: str
    name: str
    code: str
    street: str
    city: str
    state: str
    place: str


WORDS = {
    "en": Words(
        "^add to cart", "^check out", "^e-mail", "^full name", "^cep", "^street", "^city", "^state", "^(place order|confirm)"
    ),
    "pt-BR": Words(
        "^(adicionar|pôr|colocar)", "^(finalizar|fechar)", "^e-mail", "^nome", "^cep", "^(rua|endereço)", "^cidade", "^estado",
        "^(fazer|fechar|confirmar|finalizar) ",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Good:
    """Something to buy, of its test's own."""

    sku: str
    slug: str
    name: str


async def new_good(shop: Shop, *, stock: int = 10, price: int = 1_000) -> Good:
    sku = await shop.new_sku(stock=stock, price=price)
    reply = await shop.staff("GET", f"/v1/admin/products/{shop.product_ids[sku]}")
    assert reply.status == 200, reply.raw
    return Good(sku, reply.json["slug"], reply.json["name"])


async def reprice(shop: Shop, good: Good, price: int) -> None:
    body = {"variants": [{"sku": good.sku, "price": {"amount": price, "currency": "BRL"}}]}
    reply = await shop.staff("PATCH", f"/v1/admin/products/{shop.product_ids[good.sku]}", body)
    assert reply.status == 200, reply.raw


class Buyer:
    """A visitor who buys; `page` is the tab that he uses."""

    def __init__(self, visitor: Visitor, page: Page | None = None) -> None:
        self.visitor = visitor
        self.page = page or visitor.page
        self.words = WORDS[visitor.locale]
        self.email = f"{uuid4().hex[:12]}@buyer.test"

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(re.compile(label, re.IGNORECASE)).first

    def button(self, name: str) -> Locator:
        return self.visitor.named("button", name, self.page)

    @property
    def pay(self) -> Locator:
        return self.button(self.words.place)

    async def open(self, path: str) -> None:
        await self.visitor.go(f"/{self.visitor.locale}{path}", page=self.page)

    async def put_into_cart(self, good: Good) -> None:
        await self.open(f"/products/{good.slug}")
        await self.button(self.words.add).first.click()
        await expect(self.page.get_by_role("dialog").get_by_role("status")).to_contain_text(good.name)

    async def go_to_checkout(self) -> None:
        await (
            self.page.get_by_role("dialog")
            .get_by_role("link", name=re.compile(self.words.check_out, re.IGNORECASE))
            .click()
        )
        await self.page.wait_for_url("**/checkout")
        await self.visitor.usable(self.page)

    async def fill_in(self) -> None:
        """Who he is and where he lives; then the total is known."""
        await self.field(self.words.email).fill(self.email)
        await self.fill_in_address()

    async def fill_in_address(self) -> None:
        for label, text in (
            (self.words.name, "Ana Lima"),
            (self.words.code, "01310100"),
            (self.words.street, "Rua da Feira 1"),
            (self.words.city, "São Paulo"),
        ):
            await self.field(label).fill(text)
        await expect(self.field(self.words.code)).to_have_value("01310-100")
        await self.field(self.words.state).select_option("SP")
        await expect(self.pay).to_contain_text("R$")

    async def choose_payment(self, token: str) -> None:
        await self.page.locator(f'input[name="payment.token"][value="{token}"]').check()

    async def ready_to_pay(self, good: Good, token: str = "tok_ok") -> None:
        await self.put_into_cart(good)
        await self.go_to_checkout()
        await self.fill_in()
        await self.choose_payment(token)

    async def until_ordered(self) -> str:
        """The order's id, once its page is there."""
        await self.page.wait_for_url(ORDER)
        found = ORDER.search(self.page.url)
        assert found
        return found["id"]


async def orders_of(shop: Shop, email: str) -> int:
    return int(await shop.sql("orders", "select count(*) from orders where email = $1", email))
