"""Browsers of patients that receive Web Push, and known push services."""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from blastlens.domain.patient import PatientId
from blastlens.domain.text_catalogue import Language, load_catalogue

SERVICES = (
    "fcm.googleapis.com",
    "push.services.mozilla.com",
    "push.apple.com",
    "notify.windows.com",
)
"""Push services of the browsers that there are; a subdomain belongs to its service."""

MAX_ENDPOINT = 1024
_KEY_BYTES = 65
_UNCOMPRESSED = 4
_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
_CONSTANT = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
"""The curve P-256 is y² = x³ - 3x + `_CONSTANT`, modulo `_PRIME` (SEC 2, version 2.0, section 2.4.2)."""
_AUTH_BYTES = 16
_ID_LETTERS = 32


@dataclass(frozen=True)
class Browser:
    """A browser that a patient has switched messages on in.

    Attributes:
        id: derived from the endpoint: the same browser has the same id.
        patient: whose messages.
        code_id: the access code with which it was registered.
        endpoint: address at its push service.
        key: its public key (`p256dh`), base64url.
        secret: its authentication secret (`auth`), base64url.
        language: language of its messages.
        expires_at: when its access code expires, and it with it (UTC).
    """

    id: str
    patient: PatientId
    code_id: str
    endpoint: str
    key: str
    secret: str
    language: Language
    expires_at: datetime


def browser_id(endpoint: str) -> str:
    """Return the id of the browser with an endpoint."""
    return hashlib.sha256(endpoint.encode()).hexdigest()[:_ID_LETTERS]


def is_push_service(endpoint: str, also: str | None = None) -> bool:
    """Check whether an endpoint is at a known push service, by https, and not somewhere else that we would call.

    Args:
        endpoint: what a browser named.
        also: origin of one more service, as `http://127.0.0.1:8080`, for tests and the embedded cloud.
    """
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return False
    if len(endpoint) > MAX_ENDPOINT or not (endpoint.isascii() and endpoint.isprintable()) or " " in endpoint:
        return False
    if also is not None and endpoint.startswith(f"{also}/"):
        return True
    host = parts.hostname or ""
    is_plain = parts.username is None and parts.password is None and port in (None, 443) and "\\" not in endpoint
    is_known = any(host == one or host.endswith(f".{one}") for one in SERVICES)
    return parts.scheme == "https" and is_plain and is_known


def is_key_of_browser(key: str) -> bool:
    """Check whether a text is a public key of P-256, uncompressed, in base64url.

    A point that is not on the curve is not a key: nothing could be encrypted for it.
    """
    value = _decoded(key)
    if value is None or len(value) != _KEY_BYTES or value[0] != _UNCOMPRESSED:
        return False
    x, y = int.from_bytes(value[1:33], "big"), int.from_bytes(value[33:], "big")
    return max(x, y) < _PRIME and (y * y - (x**3 - 3 * x + _CONSTANT)) % _PRIME == 0


def is_secret_of_browser(secret: str) -> bool:
    """Check whether a text is an authentication secret of 16 bytes in base64url."""
    value = _decoded(secret)
    return value is not None and len(value) == _AUTH_BYTES


def make_push_payload(language: Language) -> bytes:
    """Return what a browser shows: that there is something, the same of everything."""
    catalogue = load_catalogue(language)
    title, body = catalogue.fill("web_push.title"), catalogue.fill("web_push.body")
    return json.dumps({"title": title, "body": body, "language": str(language)}, ensure_ascii=False).encode()


def _decoded(text: str) -> bytes | None:
    plain = text.rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
