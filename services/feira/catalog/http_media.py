"""Pictures over HTTP: staff send them, anybody sees them."""

from typing import Annotated, Final

from msgspec import Meta

from feira.catalog.service import CatalogService
from feira.catalog.service_media import BadPicture, StorageFull
from feira.catalog.store_media import Picture, name_of
from feira.kernel.errors import NotFound
from feira.kernel.http import MIB, Answer, Query, Request, Route, Stream
from feira.transport.pictures import ImageView, SourceView

HOME: Final = "/media/"
UPLOAD_MAX: Final = 10 * MIB
TYPES: Final = ("image/jpeg", "image/png", "image/webp", "image/avif", "image/gif")
FOR_EVER: Final = (
    ("cache-control", "public, max-age=31536000, immutable"),
    ("content-security-policy", "default-src 'none'; sandbox"),
)
_KEY: Final = "6a1f4f0c9b7d4e0e8a52c1d3f6b79e20"
EXAMPLE: Final = {
    "url": f"{HOME}{_KEY}-1280.webp",
    "alt": "A ripe mango",
    "width": 1280,
    "height": 960,
    "sources": [
        {"url": f"{HOME}{_KEY}-{width}.{kind}", "type": f"image/{kind}", "width": width}
        for width in (320, 640, 1280)
        for kind in ("avif", "webp")
    ],
}


class UploadQuery(Query, frozen=True, kw_only=True):
    alt: Annotated[str, Meta(max_length=500, description="What is seen, for those who cannot see it.")] = ""


def image_of(key: str, picture: Picture, alt: str) -> ImageView:
    sources = [SourceView(url=HOME + name_of(key, part), type=part.type, width=part.width) for part in picture.parts]
    shown = [source for source in sources if source.type == "image/webp"][-1]  # Every browser of today reads it.
    return ImageView(url=shown.url, alt=alt, width=picture.width, height=picture.height, sources=sources)


class MediaDesk:
    def __init__(self, catalog: CatalogService) -> None:
        self._media = catalog.media

    async def upload_picture(self, request: Request[None, UploadQuery]) -> ImageView:
        key, picture = await self._media.keep(request.stream(), request.caller.id)
        return image_of(key, picture, request.query.alt)

    async def show_picture(self, request: Request[None, None]) -> Answer:
        found = await self._media.read(request.path["name"])
        if found is None:
            raise NotFound
        body, kind = found
        return Answer(200, body, (("etag", f'"{request.path["name"]}"'), *FOR_EVER), kind)


def routes(catalog: CatalogService) -> list[Route]:
    desk = MediaDesk(catalog)
    return [
        Route(
            "POST",
            "/v1/admin/media",
            desk.upload_picture,
            summary="Send a picture",
            tag="Back office: products",
            caller="staff",
            query=UploadQuery,
            body=Stream,
            body_max=UPLOAD_MAX,
            consumes=TYPES,
            reply=ImageView,
            reply_example=EXAMPLE,
            status=201,
            refusals=(BadPicture, StorageFull),
            description=(
                "The body is the file itself: at most 10 MiB and 40 megapixels, and nothing that moves. It is made upright, "
                "its colours sRGB, and what it tells beside the picture is left out. The answer can be put among a product's "
                "`images` as it is. The same file gives the same answer."
            ),
        ),
        Route(
            "GET",
            HOME + "{name}",
            desk.show_picture,
            summary="A picture that staff sent",
            tag="Media",
            public_cache=True,
            produces="image/*",
        ),
    ]
