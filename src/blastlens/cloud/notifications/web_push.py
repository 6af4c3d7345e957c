"""Web Push to patients' browsers: RFC 8030, 8188, 8291 and 8292 (VAPID)."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import http_ece
import urllib3
from cryptography.hazmat.primitives.asymmetric import ec

from blastlens.cloud.push_key import PushKey, to_base64url
from blastlens.domain.errors import ServiceUnavailable
from blastlens.domain.web_push import Browser, is_key_of_browser, is_push_service

KEPT_SECONDS = 28 * 24 * 3600
"""How long a push service keeps a message for a browser that is off; none keeps it longer."""

_TOKEN_SECONDS = 12 * 3600  # the standard allows 24 hours
_RENEWED_SECONDS = 3600
_CONNECT_SECONDS, _READ_SECONDS = 2, 5
_OK = range(200, 300)
_GONE = (404, 410)
_BUSY = (408, 425, 429)
_SERVER_ERRORS = 500
_RECORD_BYTES = 4096


@dataclass(frozen=True)
class Delivery:
    """What a push service answered.

    Attributes:
        status: its HTTP status; 0 where the address is not one of a push service, or the key is not one of a browser,
            and nothing was called.
    """

    status: int

    @property
    def is_accepted(self) -> bool:
        """Whether it delivers the message."""
        return self.status in _OK

    @property
    def is_gone(self) -> bool:
        """Whether the browser takes no more messages: the patient switched them off, or removed the browser."""
        return self.status in _GONE


def new_pool() -> urllib3.PoolManager:
    """Return the connections to push services."""
    return urllib3.PoolManager(timeout=urllib3.Timeout(_CONNECT_SECONDS, _READ_SECONDS))


@dataclass
class WebPush:
    """Sends messages to browsers, through their push services.

    Attributes:
        key: the key pair, whose public half the browsers know.
        subject: how a push service reaches whoever sends: an https address, or `mailto:` and one.
        pool: connections to push services.
        also: origin of one more push service, for tests; None in AWS.
        clock: returns the time, in seconds since 1970.
    """

    key: PushKey
    subject: str
    pool: urllib3.PoolManager = field(default_factory=new_pool)
    also: str | None = None
    clock: Callable[[], float] = time.time
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict, init=False, repr=False)
    _public_key: str = field(default="", init=False, repr=False)

    def publish(self, browser: Browser, payload: bytes) -> Delivery:
        """Send a message to one browser. A newer one replaces it where the browser is off.

        Raises:
            ServiceUnavailable: the push service or KMS is busy, slow or cannot be reached.
            ServiceFault: KMS refused.
        """
        if not (is_push_service(browser.endpoint, self.also) and is_key_of_browser(browser.key)):
            # It was stored by another version: nothing else is ever called, and it must not keep others from theirs.
            return Delivery(0)
        self._public_key = self._public_key or self.key.public_key()
        headers = {
            "Authorization": f"vapid t={self._token(browser.endpoint)}, k={self._public_key}",
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT_SECONDS),
            "Topic": "news",
            "Urgency": "high",
        }
        return Delivery(self._post(browser.endpoint, encrypt(browser, payload), headers))

    def _post(self, endpoint: str, body: bytes, headers: dict[str, str]) -> int:
        try:
            # A redirect could lead anywhere, so that none is followed.
            response = self.pool.request(
                "POST", endpoint, body=body, headers=headers, redirect=False, retries=False, preload_content=False
            )
            response.close()
        except urllib3.exceptions.HTTPError as error:
            name = type(error).__name__
            raise ServiceUnavailable(f"could not reach a push service: {name}", name) from None
        if response.status in _BUSY or response.status >= _SERVER_ERRORS:
            raise ServiceUnavailable(f"a push service is busy: {response.status}", str(response.status))
        return response.status

    def _token(self, endpoint: str) -> str:
        """Return the signed token for a push service; one lasts for many messages."""
        parts = urlsplit(endpoint)
        audience, now = f"{parts.scheme}://{parts.netloc}", self.clock()
        token, ends = self._tokens.get(audience, ("", 0.0))
        if now > ends - _RENEWED_SECONDS:
            ends = now + _TOKEN_SECONDS
            claims = {"aud": audience, "exp": int(ends), "sub": self.subject}
            signed = ".".join(_json_part(one) for one in ({"typ": "JWT", "alg": "ES256"}, claims))
            token = f"{signed}.{to_base64url(self.key.sign(signed.encode()))}"
            self._tokens[audience] = token, ends
        return token


def encrypt(browser: Browser, payload: bytes) -> bytes:
    """Return a message that only the browser can read."""
    encrypted: bytes = http_ece.encrypt(
        payload,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=_decoded(browser.key),
        auth_secret=_decoded(browser.secret),
        rs=_RECORD_BYTES,
        version="aes128gcm",
    )
    return encrypted


def _json_part(value: object) -> str:
    return to_base64url(json.dumps(value, separators=(",", ":")).encode())


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
