"""A picture as answers tell of it, the same wherever one is shown."""

import msgspec

from feira.kernel.http import View


class SourceView(View, frozen=True, kw_only=True):
    """The same picture in another format or width in pixels."""

    url: str
    type: str
    width: int | None = None


class ImageView(View, frozen=True, kw_only=True):
    url: str
    alt: str = ""
    width: int | None = None
    height: int | None = None
    sources: list[SourceView] = msgspec.field(default_factory=list)
