"""A Brazilian street market to try the shop with: goods, their categories and their pictures, as package data.

`catalog.ndjson` has one product a line, each the body of `POST /v1/admin/products` in BRL; `categories.json` is the tree
that their paths name, each node with its name in English and Brazilian Portuguese; the pictures are served as
`/media/demo/<file>`.
"""

from pathlib import Path
from typing import Final

_HERE = Path(__file__).parent

MEDIA_PATH: Final = "/media/demo/"
CURRENCY: Final = "BRL"


def products() -> Path:
    """The goods as NDJSON, as the catalogue's importer takes it."""
    return _HERE / "catalog.ndjson"


def categories() -> Path:
    """The category tree: a JSON array of `{slug, name, translations, children?}`."""
    return _HERE / "categories.json"


def pictures() -> Path:
    """The folder that is served under `MEDIA_PATH`: the pictures, as WebP and as AVIF, and their licence."""
    return _HERE / "pictures"
