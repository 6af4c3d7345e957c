"""Files of the corpus that are refused before any field is read."""

import zlib
from collections.abc import Callable
from functools import partial

from blastlens.domain.upload import MAX_BYTES
from blastlens.imaging.overlay import encode_png
from tests.golden import drawings as draw
from tests.golden import encodings as encode
from tests.unit.imaging.pictures import chunk, jpeg_header, png_header, saved

_END = chunk(b"IEND", b"")
_field = partial(draw.smear, 81)


def list_files() -> dict[str, Callable[[], bytes]]:
    """Return the files by name; each refused by Python, which says why."""
    png, jpeg = partial(encode_png, draw.smear(81)), partial(encode.jpeg, _field)
    return {
        "empty": bytes,
        "text": lambda: b"this is no image",
        "gif": lambda: b"GIF89a" + bytes(200),
        "heic": lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200),
        "avif": lambda: b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + bytes(200),
        "webp": lambda: b"RIFF\0\0\0\0WEBPVP8 " + bytes(200),
        "pdf": lambda: b"%PDF-1.7\n" + bytes(200),
        "png_small": lambda: png_header(40, 900) + _END,
        "png_100_megapixels": lambda: png_header(10_000, 10_000) + chunk(b"IDAT", b"x") + _END,
        "png_cut": lambda: png()[:-2000],
        "png_without_end": lambda: png()[:-12],
        "png_changed": lambda: _change(png(), 0.5),
        "png_without_pixels": lambda: png_header(300, 300) + _END,
        "png_wrong_pixels": lambda: png_header(300, 300) + chunk(b"IDAT", b"no deflate") + _END,
        "png_unfinished_pixels": lambda: (
            png_header(300, 300) + chunk(b"IDAT", zlib.compress(bytes(901 * 300))[:90]) + _END
        ),
        "png_two_headers": lambda: png_header(300, 300) + png_header(300, 300)[8:] + _END,
        "png_animated": lambda: _insert(png(), chunk(b"acTL", b"\0\0\0\2\0\0\0\0")),
        "jpeg_small": lambda: jpeg_header(900, 40) + bytes(50),
        "jpeg_100_megapixels": lambda: jpeg_header(10_000, 10_000) + bytes(50),
        "jpeg_cut": lambda: jpeg()[:4000],
        "jpeg_cut_near_its_end": lambda: jpeg()[:-300],
        "jpeg_header_only": lambda: jpeg()[:120],
        "jpeg_without_picture": lambda: b"\xff\xd8\xff\xfe\0\4ab\xff\xd9",
        "jpeg_unknown_mark": lambda: b"\xff\xd8\xff\x02\0\4ab\xff\xd9",
        "jpeg_12_bits": lambda: jpeg_header(300, 300).replace(b"\x08", b"\x0c", 1) + bytes(50),
        "too_many_bytes": lambda: b"\xff\xd8\xff" + bytes(MAX_BYTES),
    }


def list_files_of_the_service() -> dict[str, tuple[Callable[[], bytes], str]]:
    """Return the files that the service reads, and the page's reason for refusing them.

    A browser reads them in part, not at all, or by other rules.
    """
    tables = encode.make_display_p3().replace(b"cprt", b"A2B0")
    short = png_header(300, 300) + chunk(b"IDAT", zlib.compress(bytes(901 * 150))) + _END
    return {
        "tiff": (partial(saved, "TIFF"), "unknown_format"),
        "tiff_cut": (lambda: saved("TIFF")[:200], "unknown_format"),
        "jpeg_cmyk": (partial(saved, "JPEG", "CMYK"), "unknown_format"),
        "bmp": (partial(saved, "BMP"), "unknown_format"),
        "png_16_bits": (partial(saved, "PNG", "I;16"), "unknown_format"),
        "jpeg_profile_of_tables": (partial(encode.jpeg, _field, profile=tables), "unknown_format"),
        "png_short_pixels": (lambda: short, "truncated"),
    }


def _change(data: bytes, share: float) -> bytes:
    place = int(share * len(data))
    return data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :]


def _insert(png: bytes, new: bytes) -> bytes:
    return png[:33] + new + png[33:]
