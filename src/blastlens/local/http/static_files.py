"""Files of the built page, with the headers that CloudFront sends."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from blastlens.cloud.operations.page_files import CONFIGURATION, INDEX, cache_control, media_type
from blastlens.local.http.http_events import Request, Response
from blastlens.local.http.page_headers import PageHeaders

_COMPRESSED = ("text/", "application/json", "application/manifest", "image/svg")
_FOLDERS = ("p", "screening")  # of the other pages
_SMALLEST_BYTES = 1000  # as CloudFront, which compresses no smaller file
_NOT_BUILT = b"The page is not built: run `make web`, and reload.\n"


@dataclass(frozen=True)
class StaticFiles:
    """Serves a folder; a site of the gateway.

    Attributes:
        folder: the built page.
        headers: security headers of every response, by its path.
        configuration: returns the content of config.json for a request.
    """

    folder: Path
    headers: PageHeaders
    configuration: Callable[[Request], bytes]

    def answer(self, request: Request) -> Response | None:
        """Return a file; the index of `/`, `/p/` and `/screening/`; None where there is none."""
        if request.method not in ("GET", "HEAD"):
            return None
        name = unquote(request.path).removeprefix("/")
        if name in _FOLDERS:
            return Response(301, (("location", f"/{name}/"), *self.headers.find(f"/{name}").items()), b"")
        if name == CONFIGURATION:
            return self._response(name, self.configuration(request), "")
        if name == "" and not (self.folder / INDEX).is_file():
            headers = self.headers.find("/")
            return Response(404, (("content-type", "text/plain; charset=utf-8"), *headers.items()), _NOT_BUILT)
        return self._file(
            f"{name}{INDEX}" if name.removesuffix("/") in ("", *_FOLDERS) else name,
            request.header("accept-encoding") or "",
        )

    def _file(self, name: str, encodings: str) -> Response | None:
        try:
            path = (self.folder / name).resolve()
            if not path.is_relative_to(self.folder.resolve()) or not path.is_file():
                return None
            return self._response(name, path.read_bytes(), encodings)
        except (OSError, ValueError):  # a name that no file can have
            return None

    def _response(self, name: str, content: bytes, encodings: str) -> Response:
        kind = media_type(name)
        headers = {"content-type": kind, "cache-control": cache_control(name), **self.headers.find(f"/{name}")}
        if kind.startswith(_COMPRESSED) and len(content) >= _SMALLEST_BYTES:
            headers["vary"] = "accept-encoding"
            if "gzip" in encodings:
                headers["content-encoding"] = "gzip"
                content = _compress(content)
        return Response(200, tuple(headers.items()), content)


@lru_cache(maxsize=200)
def _compress(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
