"""Files of the page: media types, cache headers and configuration."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from blastlens.domain.errors import InvalidSettings

INDEX = "index.html"
SERVICE_WORKER = "service-worker.js"
CONFIGURATION = "config.json"
SIGN_IN_PATHS = ("", "screening/")
"""Pages that sign in, below the page's address: the identity provider sends codes back to them."""

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_HASHED = re.compile(r".+[-.][A-Za-z0-9]{8,}\.(css|jpg|js|png|svg|webp|woff2)")
_VERSIONED = re.compile(r"screening/(litert/[\w.]+|models/\w+/[0-9a-f]{64})/[\w.-]+", re.ASCII)


@dataclass(frozen=True)
class PageConfiguration:
    """What the page has to know about its deployment; public.

    Attributes:
        authority: origin of the identity provider.
        authorize: address of its sign-in page.
        token: address where a code is exchanged for tokens.
        logout: address that ends its session.
        client_id: the page's client.
        stage: stage of the deployment.
        storage_origin: origin of the links to images.
        vapid_public_key: key with which a browser subscribes to push messages; None for none.
    """

    authority: str
    authorize: str
    token: str
    logout: str
    client_id: str
    stage: str
    storage_origin: str
    vapid_public_key: str | None

    def as_json(self) -> bytes:
        """Return the content of config.json."""
        return f"{json.dumps(asdict(self), indent=2)}\n".encode()


def page_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the key and the path of each file of a built page, so that what a file loads or keeps comes before it.

    Index pages come last but for service workers, which keep them.

    Raises:
        InvalidSettings: the page is not built.
    """
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != CONFIGURATION]
    if not (folder / INDEX).is_file():
        raise InvalidSettings(
            f"There is no page in {folder}: run `make web` in a checkout first, or name it with --folder."
        )
    for path in sorted(files, key=lambda path: (path.name == SERVICE_WORKER, path.name == INDEX, path)):
        yield path.relative_to(folder).as_posix(), path


def media_type(name: str) -> str:
    """Return the media type of a file."""
    return _TYPES.get(Path(name).suffix.lower(), "application/octet-stream")


def cache_control(name: str) -> str:
    """Return how long browsers and CloudFront keep a file.

    For ever where its name has a hash of its content, or its folder the version of a runtime or the digest of a model.
    """
    is_fixed = _HASHED.fullmatch(Path(name).name) or _VERSIONED.fullmatch(name)
    return "public, max-age=31536000, immutable" if is_fixed else "no-cache"
