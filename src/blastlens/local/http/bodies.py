"""Request bodies of HTTP/1.1: with a length, or chunked."""

from typing import Protocol

_MAX_LINE_BYTES = 8192
_HEXADECIMAL = frozenset(b"0123456789abcdefABCDEF")


class MalformedBody(Exception):
    """A body whose length cannot be determined, or that ends before its end."""


class Headers(Protocol):
    """Headers of a request, by name in upper or lower case."""

    def get(self, name: str, /) -> str | None:
        """Return a header's value."""


class ByteStream(Protocol):
    """What a request is read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes, fewer only at the end."""

    def readline(self, size: int = -1, /) -> bytes:
        """Return a line with its end, or at most `size` bytes of it."""


def read_body(stream: ByteStream, headers: Headers, most: int) -> bytes:
    """Return the body of a request, or its first `most` bytes.

    Args:
        stream: placed after the headers.
        headers: of the request.
        most: number of bytes after which reading stops.

    Raises:
        MalformedBody: the length is not a number, a chunk has no size, the coding is unknown, or the body is cut off.
    """
    coding, length = headers.get("transfer-encoding"), headers.get("content-length")
    if coding is not None:
        if coding.strip().lower() != "chunked" or length is not None:
            raise MalformedBody("the transfer coding has to be chunked, without a Content-Length")
        return _read_chunks(stream, most)
    if not length:
        return b""
    if not (length.isascii() and length.isdecimal()):
        raise MalformedBody("Content-Length has to be a number")
    return _read_exactly(stream, min(int(length), most))


def _read_chunks(stream: ByteStream, most: int) -> bytes:
    body = bytearray()
    while size := _chunk_size(_read_line(stream)):
        body += _read_exactly(stream, min(size, most - len(body)))
        if len(body) >= most:
            return bytes(body)
        if _read_line(stream):
            raise MalformedBody("a chunk is longer than its size")
    while _read_line(stream):
        pass  # trailers
    return bytes(body)


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not 1 <= len(digits) <= 16 or not _HEXADECIMAL.issuperset(digits):
        raise MalformedBody("a chunk has no size")
    return int(digits, 16)


def _read_line(stream: ByteStream) -> bytes:
    line = stream.readline(_MAX_LINE_BYTES)
    if not line.endswith(b"\n"):
        raise MalformedBody("the body is cut off")
    return line.rstrip(b"\r\n")


def _read_exactly(stream: ByteStream, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise MalformedBody("the body is cut off")
    return data
