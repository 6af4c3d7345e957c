"""Image files for the decoding tests."""

import struct
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

HEIGHT, WIDTH = 72, 96


def picture() -> NDArray[np.uint8]:
    """A smooth colour picture without symmetry, uint8 (72, 96, 3)."""
    noise = np.random.default_rng(5).normal(0, 1, (HEIGHT, WIDTH, 3))
    smooth = cv2.GaussianBlur(noise, (0, 0), 6)
    return np.interp(smooth, (smooth.min(), smooth.max()), (5, 250)).astype(np.uint8)


def save(image: Image.Image, file_format: str, **options: Any) -> bytes:
    stream = BytesIO()
    image.save(stream, file_format, **options)
    return stream.getvalue()


def saved(file_format: str, mode: str = "RGB", **options: Any) -> bytes:
    return save(Image.fromarray(picture()).convert(mode), file_format, **options)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def jpeg_header(width: int, height: int) -> bytes:
    return b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)


def bmp_header(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, *[0] * 6)


def tiff(entries: dict[int, int], next_directory: int = 0, pixels: bytes = b"") -> bytes:
    """A little-endian TIFF of one directory whose values are single LONGs."""
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(entries.items()))
    head = b"II*\0" + struct.pack("<IH", 8, len(entries))
    return head + directory + struct.pack("<I", next_directory) + pixels


def tiff_header(width: int, height: int) -> bytes:
    return tiff({256: width, 257: height, 258: 8, 262: 1, 273: 8, 279: 4})


HEADERS = {"JPEG": jpeg_header, "PNG": png_header, "BMP": bmp_header, "TIFF": tiff_header}


Values = list[int] | bytes
Order = Literal["<", ">"]
_KINDS = {"H": 3, "I": 4, "Q": 16}


def tiff_pages(*pages: tuple[NDArray[Any], Mapping[int, Values]], order: Order = "<", big: bool = False) -> bytes:
    """A TIFF or BigTIFF of uncompressed pages; extra tags are numbers, or bytes for a text."""
    offset = "Q" if big else "I"
    body = {"<": b"II", ">": b"MM"}[order] + (
        struct.pack(order + "HHH", 43, 8, 0) if big else struct.pack(order + "H", 42)
    )
    pointer, body = len(body), body + bytes(struct.calcsize(offset))
    for pixels, extra in pages:
        body += b"\0" * (-len(body) % 8)
        strip, body = len(body), body + pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
        body += b"\0" * (-len(body) % 8)
        body = body[:pointer] + struct.pack(order + offset, len(body)) + body[pointer + struct.calcsize(offset) :]
        channels = 1 if pixels.ndim == 2 else pixels.shape[2]
        tags: dict[int, Values] = {
            256: [pixels.shape[1]],
            257: [pixels.shape[0]],
            258: [8 * pixels.itemsize] * channels,
            259: [1],
            262: [1 if channels == 1 else 2],
            273: [strip],
            277: [channels],
            278: [pixels.shape[0]],
            279: [pixels.nbytes],
        }
        directory, pointer = _tiff_directory({**tags, **extra}, len(body), order, big)
        body += directory
    return body


def _tiff_directory(tags: Mapping[int, Values], place: int, order: str, big: bool) -> tuple[bytes, int]:
    offset, count = ("Q", "Q") if big else ("I", "H")
    slot = struct.calcsize(offset)
    fields, values = b"", b""
    after = place + struct.calcsize(count) + len(tags) * (4 + 2 * slot) + slot
    for tag, value in sorted(tags.items()):
        letter = offset if tag in (273, 279) else "H"
        kind, content = (2, value) if isinstance(value, bytes) else (_KINDS[letter], b"")
        content = content or struct.pack(f"{order}{len(value)}{letter}", *value)
        inline = content.ljust(slot, b"\0")
        if len(content) > slot:
            inline, values = (
                struct.pack(order + offset, after + len(values)),
                values + content + b"\0" * (len(content) % 2),
            )
        fields += struct.pack(order + "HH" + offset, tag, kind, len(value)) + inline
    return struct.pack(order + count, len(tags)) + fields + bytes(slot) + values, after - slot
