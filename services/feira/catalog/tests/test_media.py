"""Pictures: what is made of them, what is refused, and that whatever is kept is whole, inert and ours."""

import errno
import os
import resource
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageCms

from feira.catalog import pictures, service_media, store_media
from feira.catalog.store_media import DiskFull, Part, Picture, Shelf, key_of
from feira.catalog.tests.conftest import STAFF, Reply, Shop, product, variant
from feira.contracts.audit import StaffActed
from feira.kernel.errors import Overloaded

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def flag(width: int = 900, height: int = 600, mode: str = "RGB") -> Image.Image:
    """Red to the left, blue to the right."""
    image = Image.new(mode, (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def near(image: Image.Image, x: int, y: int, colour: tuple[int, ...]) -> bool:
    found = image.convert("RGB").getpixel((x, y))
    assert isinstance(found, tuple)
    return all(abs(one - other) < 40 for one, other in zip(found, colour, strict=True))


def shown(raw: bytes) -> list[Image.Image]:
    _, parts = pictures.made(raw)
    return [Image.open(BytesIO(body)) for _, _, body in parts]


async def send(shop: Shop, raw: bytes, kind: str = "image/png", role: str = "staff", **query: Any) -> Reply:
    return await shop.ask("POST", "/v1/admin/media", [raw], role=role, headers={"content-type": kind}, **query)


async def test_a_picture_is_made_kept_and_shown(shop: Shop) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # The camera was held upright.
    exif[ExifTags.Base.Artist] = "Ana, Rua A 1"
    raw = file_of(flag(), "JPEG", exif=exif)
    assert (await send(shop, raw, "image/jpeg", role="customer")).status == 403
    reply = await send(shop, raw, "image/jpeg", alt="A flag")
    assert reply.status == 201
    image = reply.json
    assert (image["alt"], image["width"], image["height"]) == ("A flag", 600, 900)
    assert [(s["type"], s["width"]) for s in image["sources"]] == [
        ("image/avif", 320), ("image/webp", 320), ("image/avif", 600), ("image/webp", 600),
    ]  # fmt: skip
    assert image["url"] == image["sources"][-1]["url"]
    assert image["url"].startswith(f"/media/{key_of(raw)}-")
    for source in image["sources"]:
        got = await shop.ask("GET", source["url"])
        assert (got.status, got.headers["content-type"]) == (200, source["type"])
        assert got.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert got.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in got.headers["content-security-policy"]
        again = await shop.ask("GET", source["url"], headers={"if-none-match": got.headers["etag"]})
        assert again.status == 304
        picture = Image.open(BytesIO(got.raw))
        assert picture.size == (source["width"], source["width"] * 3 // 2)
        assert near(picture, 100, 50, RED)  # It stands upright.
        assert near(picture, 100, picture.height - 50, BLUE)
        assert not {"exif", "xmp", "icc_profile"} & picture.info.keys()
        assert b"Rua A" not in got.raw
    assert (await send(shop, raw, "image/jpeg", alt="A flag")).json == image  # It was not made twice.
    told = [(e.action, e.target, e.actor) for e in await shop.said() if isinstance(e, StaffActed)]
    assert told == [("catalog.media.uploaded", key_of(raw), STAFF)] * 2

    made = await shop.staff("POST", "/products", product("Flag", variant("f"), images=[image]))
    assert made.status == 201
    found = (await shop.ask("GET", "/v1/products/flag")).json["image"]
    assert (found["width"], len(found["sources"])) == (600, 4)
    assert found["url"].endswith(image["url"])
    elsewhere = await shop.staff(
        "PATCH", f"/products/{made.json['id']}", {"images": [{"url": "http://10.0.0.1/x.png"}]}
    )
    assert elsewhere.status == 422
    assert elsewhere.json["errors"][0]["field"] == "images.0.url"


async def test_what_is_no_picture_is_refused_with_the_reason(shop: Shop) -> None:
    frames = [flag(64, 64), flag(64, 64).rotate(90)]
    for raw, why in [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "is no JPEG"),
        (b"GIF89a<script>", "is"),
        (b"", "is no JPEG"),
        (file_of(flag())[:900], "is damaged"),
        (file_of(Image.new("1", (9000, 9000))), "megapixels"),
        (file_of(frames[0], "GIF", save_all=True, append_images=frames[1:]), "moves"),
        (file_of(frames[0], "WEBP", save_all=True, append_images=frames[1:]), "moves"),
    ]:
        reply = await send(shop, raw)
        assert (reply.status, reply.json["code"]) == (422, "bad_picture")
        assert why in reply.json["detail"]
    assert (await send(shop, b"<svg/>", "image/svg+xml")).status == 415
    assert (await send(shop, bytes(11 << 20))).status == 413
    assert not (shop.ctx.settings.data_path / "media").exists()


async def test_no_other_file_is_ever_shown(shop: Shop) -> None:
    url = (await send(shop, file_of(flag(40, 30)))).json["url"]
    folder = shop.ctx.settings.data_path / "media"
    key = url.removeprefix("/media/").split("-")[0]
    link = f"{'a' * 32}-40.webp"
    (folder / link).symlink_to(folder.parent / "secrets.json")
    (folder.parent / "secrets.json").write_text("{}")
    for name in (
        f"{key}.json",
        "../secrets.json",
        "..",
        link,
        f"{'b' * 32}-40.webp",
        f"{key}-40.webp\n",
        f".{key}.tmp",
    ):
        assert (await shop.ask("GET", f"/media/{name}")).status == 404
    (folder / url.removeprefix("/media/")).unlink()
    assert (await send(shop, file_of(flag(40, 30)))).json["url"] == url  # What went missing is made again.
    assert (await shop.ask("GET", url)).status == 200


async def test_pictures_take_turns_and_time(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = file_of(flag(50, 50))
    with monkeypatch.context() as patch:
        patch.setattr(service_media, "WAITING_MAX", 0)
        busy = await send(shop, raw)
        assert (busy.status, busy.json["code"], busy.headers["retry-after"]) == (503, Overloaded.code, "5")
    with monkeypatch.context() as patch:
        patch.setattr(service_media, "TIME_MAX_S", 0.0)
        assert "too long" in (await send(shop, raw)).json["detail"]
    with monkeypatch.context() as patch:
        patch.setattr(service_media, "PROGRAM", "feira.catalog.nothing")
        assert "too much" in (await send(shop, raw)).json["detail"]
    (shop.ctx.settings.data_path / "media").write_text("not a folder")
    with monkeypatch.context() as patch:
        patch.setattr(store_media, "FULL", {errno.EEXIST})
        assert ((reply := await send(shop, raw)).status, reply.json["code"]) == (507, "storage_full")
    assert (await shop.ask("GET", f"/media/{'a' * 32}-50.webp")).status == 404
    (shop.ctx.settings.data_path / "media").unlink()
    assert (await send(shop, raw)).status == 201


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "media")
    picture = Picture(9, 9, (Part("image/avif", 9, 3), Part("image/webp", 9, 5000)))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(DiskFull):
            shelf.keep("k", picture, [b"abc", bytes(5000)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((tmp_path / "media").iterdir()) == []
    old = tmp_path / "media" / ".old.tmp"
    old.touch()
    os.utime(old, (0, time.time() - store_media.LEFT_S - 1))
    (tmp_path / "media" / ".new.tmp").touch()
    shelf.keep("k", picture, [b"abc", bytes(5000)])
    assert shelf.find("k") == picture
    assert {path.name for path in (tmp_path / "media").iterdir()} == {"k.json", "k-9.avif", "k-9.webp", ".new.tmp"}


def test_widths_are_never_more_than_the_picture_has() -> None:
    assert pictures.sizes_of(256, 256) == [(256, 256)]
    assert pictures.sizes_of(1000, 500) == [(320, 160), (640, 320), (1000, 500)]
    assert pictures.sizes_of(6000, 4000) == [(320, 213), (640, 427), (1280, 853)]
    assert pictures.sizes_of(1000, 20_000) == [(32, 640), (64, 1280), (128, 2560)]
    assert pictures.sizes_of(40_000_000, 1) == [(320, 1), (640, 1), (1280, 1)]


def test_colours_are_as_they_were_meant() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"temp").replace(b"gXYZ", b"rXYZ").replace(b"temp", b"gXYZ")
    assert all(near(one, 5, 5, GREEN) for one in shown(file_of(flag(60, 60), icc_profile=swapped)))
    assert all(near(one, 5, 5, RED) for one in shown(file_of(flag(60, 60), icc_profile=b"no profile")))
    assert all(near(one, 5, 5, RED) for one in shown(file_of(flag(60, 60).convert("CMYK"), "JPEG")))
    paper = flag(60, 60).convert("P")
    assert all(near(one, 5, 5, RED) for one in shown(file_of(paper, "GIF")))
    grey = Image.new("I;16", (60, 60), 32768)
    assert all(near(one, 5, 5, (128, 128, 128)) for one in shown(file_of(grey)))
    clear = flag(700, 700, "RGBA")
    clear.putalpha(0)
    assert [one.mode for one in shown(file_of(clear, "WEBP"))] == ["RGBA"] * 6  # As pages show it on their own ground.
    still = [flag(64, 64), flag(64, 64)]
    assert shown(file_of(still[0], "MPO", save_all=True, append_images=still[1:]))[0].size == (64, 64)


def test_what_takes_too_much_room_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(_raw: bytes) -> None:
        raise MemoryError

    monkeypatch.setattr(pictures, "made", no_room)
    assert pictures.answer(b"") == ({"refused": "takes too much room"}, [])
