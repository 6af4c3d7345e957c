"""Fuzz targets: any bytes are parsed or refused, without other exceptions."""

import sys
from contextlib import suppress

import atheris

with atheris.instrument_imports(include=["blastlens"]):
    from blastlens.domain.errors import InvalidEvent, UploadRefused
    from blastlens.domain.upload import decode_event_key, parse_key
    from blastlens.functions.s3_events import read_body
    from blastlens.imaging.decode import decode


def read_image(data: bytes) -> None:
    """Decode an image file."""
    with suppress(UploadRefused):
        decode(data)


def read_key(data: bytes) -> None:
    """Read an object's key as an event carries it."""
    with suppress(UploadRefused):
        parse_key(decode_event_key(data.decode("utf-8", "surrogateescape")))


def read_event(data: bytes) -> None:
    """Read the body of a message."""
    with suppress(InvalidEvent):
        read_body(data.decode("utf-8", "replace"))


if __name__ == "__main__":
    targets = {"decode": read_image, "key": read_key, "event": read_event}
    target = targets[sys.argv.pop(1)]
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
