"""Categories in the back office."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from feira.catalog.domain_goods import DEFAULT_LOCALE, Locale, Name, Slug
from feira.catalog.service import CatalogService
from feira.catalog.service_categories import CategoryInUse, CategoryTaken, UnknownCategory
from feira.catalog.store_categories import Category
from feira.kernel.errors import Invalid
from feira.kernel.http import Answer, Body, Page, Request, Route, View

TAG = "Back office: categories"
ID_DIGITS_MAX = 9

Path = Annotated[str, Meta(max_length=1000, description="A category's path; empty for the root.")]


class CategoryName(Body, frozen=True, kw_only=True):
    name: Name


Translations = Annotated[dict[Locale, CategoryName], Meta(max_length=30)]


class CategoryBody(Body, frozen=True, kw_only=True):
    slug: Slug
    name: Name
    parent: Path | None = None
    translations: Translations = msgspec.field(default_factory=dict)


class CategoryChange(Body, frozen=True, kw_only=True):
    """What shall be different; what is left out stays."""

    slug: Slug | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    parent: Path | UnsetType | None = UNSET
    translations: Translations | UnsetType = UNSET


class CategoryNameView(View, frozen=True, kw_only=True):
    name: str


class AdminCategory(View, frozen=True, kw_only=True):
    id: str
    slug: str
    path: str
    name: str
    translations: dict[str, CategoryNameView]


def view(category: Category) -> AdminCategory:
    return AdminCategory(
        id=str(category.id),
        slug=category.slug,
        path=category.path,
        name=category.name,
        translations={locale: CategoryNameView(name=name) for locale, name in category.names.items()},
    )


def _id(request: Request[CategoryChange, None] | Request[None, None]) -> int:
    text = request.path["category_id"]
    if not (text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS_MAX):
        raise UnknownCategory
    return int(text)


def _names(translations: dict[str, CategoryName]) -> dict[str, str]:
    if DEFAULT_LOCALE in translations:
        raise Invalid.field(f"translations.{DEFAULT_LOCALE}", "is the default language: its name stands beside")
    return {locale: text.name for locale, text in translations.items()}


class CategoryDesk:
    """What staff may ask of categories."""

    def __init__(self, catalog: CatalogService) -> None:
        self._categories = catalog.categories

    async def list_admin_categories(self, _request: Request[None, None]) -> Page[AdminCategory]:
        return Page(items=[view(category) for category in await self._categories.all()])

    async def create_category(self, request: Request[CategoryBody, None]) -> AdminCategory:
        body = request.body
        return view(
            await self._categories.create(
                body.slug, body.parent, body.name, _names(body.translations), request.caller.id
            )
        )

    async def change_category(self, request: Request[CategoryChange, None]) -> AdminCategory:
        body = request.body
        changed = await self._categories.change(
            _id(request),
            request.caller.id,
            slug=body.slug or None,
            parent=None if body.parent is UNSET else body.parent or "",
            name=body.name or None,
            names=None if body.translations is UNSET else _names(body.translations),
        )
        return view(changed)

    async def delete_category(self, request: Request[None, None]) -> Answer:
        await self._categories.delete(_id(request), request.caller.id)
        return Answer(204)


def routes(catalog: CatalogService) -> list[Route]:
    desk = CategoryDesk(catalog)
    home = "/v1/admin/categories"
    return [
        Route(
            "GET",
            home,
            desk.list_admin_categories,
            summary="List all categories, each behind its parent",
            tag=TAG,
            caller="staff",
            reply=Page[AdminCategory],
        ),
        Route(
            "POST",
            home,
            desk.create_category,
            summary="Create a category",
            tag=TAG,
            caller="staff",
            body=CategoryBody,
            reply=AdminCategory,
            status=201,
            refusals=(CategoryTaken,),
            example={
                "slug": "tropical",
                "name": "Tropical fruit",
                "translations": {"pt-BR": {"name": "Frutas tropicais"}},
            },
        ),
        Route(
            "PATCH",
            home + "/{category_id}",
            desk.change_category,
            summary="Rename or move a category",
            tag=TAG,
            caller="staff",
            body=CategoryChange,
            reply=AdminCategory,
            refusals=(UnknownCategory, CategoryTaken),
            example={"name": "Tropical fruits"},
        ),
        Route(
            "DELETE",
            home + "/{category_id}",
            desk.delete_category,
            summary="Delete a category that nothing hangs on",
            tag=TAG,
            caller="staff",
            status=204,
            refusals=(UnknownCategory, CategoryInUse),
        ),
    ]
