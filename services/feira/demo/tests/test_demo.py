"""The sample catalogue keeps what the README promises of it."""

import re
from collections import Counter
from typing import Any

import msgspec
import pytest

from feira import demo

Product = dict[str, Any]

_BRANDS = re.compile(r"havaiana|tramontina|coca|nestl|adidas|nike|rider|melitta", re.IGNORECASE)


@pytest.fixture(scope="module")
def goods() -> list[Product]:
    lines = demo.products().read_bytes().splitlines()
    return [msgspec.json.decode(line) for line in lines]


def _variants(goods: list[Product]) -> list[Product]:
    return [variant for product in goods for variant in product["variants"]]


def _texts(product: Product) -> list[str]:
    local = product["translations"]["pt-BR"]
    return [product["name"], product["description"], local["name"], local["description"]]


def test_there_are_enough_goods_and_each_is_named_once(goods: list[Product]) -> None:
    skus = [variant["sku"] for variant in _variants(goods)]
    slugs = [product["slug"] for product in goods]
    assert len(goods) >= 130
    assert len(set(slugs)) == len(slugs)
    assert len(set(skus)) == len(skus)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) for slug in slugs)
    assert all(re.fullmatch(r"[A-Z0-9]+(-[A-Z0-9]+)*", sku) and len(sku) <= 64 for sku in skus)
    assert len({product["name"] for product in goods}) == len(goods)


def test_products_have_only_the_fields_of_the_contract(goods: list[Product]) -> None:
    fields = {"slug", "name", "description", "translations", "categories", "images", "attributes", "variants"}
    of_variants = {"sku", "name", "options", "price", "compare_at_price", "weight_g", "stock"}
    assert all(set(product) == fields for product in goods)
    assert all(set(variant) <= of_variants for variant in _variants(goods))


def test_both_languages_tell_two_to_four_sentences(goods: list[Product]) -> None:
    for product in goods:
        english, portuguese = product["description"], product["translations"]["pt-BR"]["description"]
        assert english != portuguese
        for text in (english, portuguese):
            assert 2 <= len(re.findall(r"[.!?](?: |$)", text)) <= 4, text
        assert all(text == text.strip() and not _BRANDS.search(text) for text in _texts(product))


def test_prices_and_stock_are_those_of_a_market(goods: list[Product]) -> None:
    variants = _variants(goods)
    for variant in variants:
        price = variant["price"]
        assert price["currency"] == demo.CURRENCY
        assert 100 <= price["amount"] <= 300_000
        assert variant["stock"] >= 20
        assert variant["weight_g"] > 0
        if "compare_at_price" in variant:
            assert variant["compare_at_price"]["amount"] > price["amount"]
            assert variant["compare_at_price"]["currency"] == demo.CURRENCY
    assert sum("compare_at_price" in variant for variant in variants) >= 20


def test_variants_of_a_product_differ_by_the_same_options(goods: list[Product]) -> None:
    for product in goods:
        options = [variant["options"] for variant in product["variants"]]
        assert len({tuple(sorted(option)) for option in options}) == 1, product["slug"]
        assert len({tuple(sorted(option.items())) for option in options}) == len(options), product["slug"]
    kinds = Counter(kind for variant in _variants(goods) for kind in variant["options"])
    assert all(kinds[kind] >= 20 for kind in ("weight", "size", "colour"))


def test_categories_are_a_translated_tree_of_which_each_leaf_is_used(goods: list[Product]) -> None:
    tree = msgspec.json.decode(demo.categories().read_bytes())
    leaves = {f"{root['slug']}/{leaf['slug']}" for root in tree for leaf in root["children"]}
    nodes = [*tree, *(leaf for root in tree for leaf in root["children"])]
    assert len({node["slug"] for node in nodes}) == len(nodes)
    assert all(node["name"] and node["translations"]["pt-BR"]["name"] for node in nodes)
    assert {path for product in goods for path in product["categories"]} == leaves


def test_pictures_are_there_fit_and_are_used(goods: list[Product]) -> None:
    images = [image for product in goods for image in product["images"]]
    files = {path.name: path for path in demo.pictures().glob("*.webp")}
    used = Counter(image["url"].removeprefix(demo.MEDIA_PATH) for image in images)
    assert set(used) == set(files)
    assert max(used.values()) <= 3
    assert all(product["images"] for product in goods)
    for image in images:
        head = files[image["url"].removeprefix(demo.MEDIA_PATH)].read_bytes()[:30]
        assert (head[:4], head[8:12]) == (b"RIFF", b"WEBP")
        assert (image["width"], image["height"]) == _webp_size(head)
        assert image["alt"]
        assert image["sources"] == [
            {"url": re.sub("webp$", kind, image["url"]), "type": f"image/{kind}", "width": image["width"]}
            for kind in ("avif", "webp")
        ]
        avif = files[image["url"].removeprefix(demo.MEDIA_PATH)].with_suffix(".avif").read_bytes()
        assert avif[4:12] == b"ftypavif"


def test_the_pictures_keep_their_licence_and_stay_small() -> None:
    licence = (demo.pictures() / "LICENSE-fluent-emoji.txt").read_text()
    assert "MIT License" in licence
    assert "Copyright (c) Microsoft Corporation" in licence
    assert sum(path.stat().st_size for path in demo.pictures().iterdir()) <= 4 * 1024 * 1024


def _webp_size(head: bytes) -> tuple[int, int]:
    """Width and height of the canvas: these pictures have alpha, so their first chunk is VP8X."""
    assert head[12:16] == b"VP8X"
    return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
