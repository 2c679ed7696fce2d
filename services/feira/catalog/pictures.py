"""A picture that somebody sent, made into those that pages show: a few widths, each as WebP and as AVIF.

It is a program of its own, so that whatever is in the file has only so much memory and time, and nothing to reach:

    python -m feira.catalog.pictures < photo.jpg > made

It answers a line of JSON, `{"width", "height", "parts": [{"type", "width", "length"}]}` or `{"refused": "why"}`, and then the
parts' bytes, one behind the other.
"""

import json
import os
import resource
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO
from typing import Final

from PIL import AvifImagePlugin, Image, ImageCms, ImageOps, UnidentifiedImageError

WIDTHS: Final = (320, 640, 1280)
TALL_MAX: Final = 2  # How many times the width the height may be; what is taller is made narrower.
PIXELS_MAX: Final = 40_000_000
MEMORY_MAX_BYTES: Final = 1 << 30
TIME_MAX_S: Final = 30  # Of the processor.
NICENESS: Final = 10
FORMATS: Final = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
STILLS_OF_MANY: Final = frozenset({"MPO"})  # What some telephones make of a JPEG: the first picture is the one meant.
ORIENTATION: Final = 0x0112
TURNED: Final = frozenset({5, 6, 7, 8})  # Orientations in which height and width change places.

Part = tuple[str, int, bytes]  # Type, width, bytes.


class NoPicture(Exception):  # noqa: N818 - it is an answer.
    """Why nothing is made of it: the end of a sentence that begins with "The picture"."""


def sizes_of(width: int, height: int) -> list[tuple[int, int]]:
    """The sizes that are made of a picture of this size, the least first; none is larger than it is itself."""
    found: list[tuple[int, int]] = []
    for most in WIDTHS:
        scale = min(1.0, most / width, most * TALL_MAX / height)
        found.append((max(1, round(width * scale)), max(1, round(height * scale))))
        if scale == 1.0:
            break
    return list({size[0]: size for size in found}.values())


def opened(raw: bytes) -> Image.Image:
    """The picture, of which nothing but its head was read."""
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX // 2  # Beyond twice that nothing is opened; what is between is only warned of.
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    try:
        image = Image.open(BytesIO(raw), formats=FORMATS)
    except Image.DecompressionBombError:
        raise NoPicture(f"has more than {PIXELS_MAX // 1_000_000} megapixels") from None
    except UnidentifiedImageError:
        raise NoPicture("is no JPEG, PNG, WebP, AVIF or GIF") from None
    if image.format not in STILLS_OF_MANY and getattr(image, "is_animated", False):
        raise NoPicture("moves: send one that stands still")
    return image


def in_srgb(image: Image.Image) -> Image.Image:
    """The picture in eight bits of red, green, blue and, if there is any, transparency."""
    mode = "RGBA" if image.has_transparency_data else "RGB"
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):  # Grey in sixteen bits.
        mode, image = "RGB", image.convert("I").point(lambda grey: grey / 256).convert("L")
    if image.mode not in {"L", "RGB", "RGBA", "CMYK"}:
        image = image.convert(mode)
    if profile:
        # A profile that cannot be understood, or is of other colours than the picture's, says nothing.
        with suppress(ImageCms.PyCMSError, OSError):
            source, target = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, source, target, outputMode=mode) or image
    return image.convert(mode)


def made(raw: bytes) -> tuple[tuple[int, int], list[Part]]:
    """The size of the largest part, and the parts. Raises NoPicture, or whatever a damaged file does to its reader."""
    image = opened(raw)
    turned = image.getexif().get(ORIENTATION) in TURNED
    sizes = sizes_of(*(image.size[::-1] if turned else image.size))
    largest = sizes[-1][::-1] if turned else sizes[-1]
    image.draft(None, (largest[0] * 2, largest[1] * 2))  # A large JPEG is not even decoded in all its size.
    image.load()
    if image.mode in {"P", "PA", "1"}:  # Colours by number cannot be mixed.
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.size != largest:
        image = image.resize(largest, Image.Resampling.LANCZOS, reducing_gap=3.0)
    image = in_srgb(ImageOps.exif_transpose(image))
    image.info = {}  # No place, no time, no camera, no thumbnail of what was cut away.
    parts: list[Part] = []
    for size in sizes:
        scaled = image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)
        parts.extend(encoded(scaled))
    return image.size, parts


def encoded(image: Image.Image) -> Sequence[Part]:
    found: list[Part] = []
    for kind, options in (
        ("avif", {"quality": 60, "speed": 6, "max_threads": 1}),
        ("webp", {"quality": 80, "method": 4}),
    ):
        buffer = BytesIO()
        image.save(buffer, kind, **options)
        found.append((f"image/{kind}", image.width, buffer.getvalue()))
    return found


def answer(raw: bytes) -> tuple[dict[str, object], list[bytes]]:
    """What is told of the picture, and the bytes that follow."""
    try:
        (width, height), parts = made(raw)
    except NoPicture as refusal:
        return {"refused": str(refusal)}, []
    except MemoryError:
        return {"refused": "takes too much room"}, []
    except Exception:  # noqa: BLE001 - readers of pictures fail in as many ways as files can be wrong.
        return {"refused": "is damaged, or not whole"}, []
    told = [{"type": kind, "width": wide, "length": len(body)} for kind, wide, body in parts]
    return {"width": width, "height": height, "parts": told}, [body for _, _, body in parts]


def main() -> None:
    os.nice(NICENESS)
    for what, most in ((resource.RLIMIT_AS, MEMORY_MAX_BYTES), (resource.RLIMIT_CPU, TIME_MAX_S)):
        with suppress(ValueError, OSError):  # Not every system has both.
            resource.setrlimit(what, (most, most))
    told, bodies = answer(sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + b"".join(bodies))


if __name__ == "__main__":
    main()
