"""A device's connection to S3 and the API: signed requests with timeouts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, cast
from xml.etree import ElementTree

from urllib3 import Timeout
from urllib3.exceptions import HTTPError, ProxyError

from blastlens.cloud.iot.proxies import PROXY_FAILED, Pools
from blastlens.cloud.iot.request_signing import Credentials, UnsignedRequest, signed_headers
from blastlens.domain.errors import ServiceFault, ServiceUnavailable

EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

_MIN_OFFSET_SECONDS = 30
_EXPIRED_CREDENTIALS = frozenset({"ExpiredToken", "InvalidToken", "TokenRefreshRequired", "InvalidAccessKeyId"})
_CLOCK_ERRORS = frozenset({"RequestTimeTooSkewed", "RequestExpired"})
_TRANSIENT = frozenset(
    {"ConditionalRequestConflict", "InternalError", "RequestTimeout", "SlowDown", "OperationAborted"}
)


class Body(Protocol):
    """A readable request body."""

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, an empty value at the end."""


class RetryImmediately(ServiceUnavailable):
    """Clock offset or credentials were outdated and are renewed: retry at once."""


class DeviceRefused(ServiceFault):
    """The device gets no credentials, so that it can send nothing."""


@dataclass(frozen=True)
class Reply:
    """A service's response; `code` is its error code, "" for none."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    code: str


class GetCredentials(Protocol):
    """Fetches credentials; `cloud.iot.credentials.CredentialsProvider` is one."""

    def __call__(self) -> Credentials:
        """Return new credentials.

        Raise DeviceRefused or ServiceUnavailable if there are none.
        """


@dataclass
class DeviceConnection:
    """Sends requests with credentials that are fetched when they are needed.

    Not thread-safe.

    It measures the offset of this machine's clock from every response.

    Attributes:
        get_credentials: fetches credentials.
        region: region of the services.
        clock: this machine's time (UTC).
        seconds: timeout of a connection, and of each read of a response.
        offset: the services' time minus this machine's time.
    """

    get_credentials: GetCredentials
    region: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    seconds: float = 30.0
    offset: timedelta = timedelta()
    _credentials: Credentials | None = None
    _pools: Pools = field(default_factory=Pools)

    def send(
        self, service: str, request: UnsignedRequest, body: "Body | bytes | None" = None, length: int | None = None
    ) -> Reply:
        """Sign and send a request, and return the response.

        Args:
            service: `s3` or `execute-api`.
            request: what to send.
            body: its body; its digest is in the request.
            length: the body's size in bytes, for a body that is not `bytes`.

        Raises:
            ServiceUnavailable: there is no response, or one that says to retry later; RetryImmediately: at once.
            DeviceRefused: there are no credentials for this device.
            InvalidSettings: the proxy's address is wrong.
        """
        headers = signed_headers(request, service, self.region, self._current_credentials(), self.clock() + self.offset)
        if length is not None:
            headers["Content-Length"] = str(length)
        try:
            answer = self._pools.find(request.url).request(
                request.method,
                request.url,
                headers=headers,
                body=cast(Any, body),  # urllib3's types want a whole file object, its code only calls read()
                timeout=Timeout(connect=self.seconds, read=self.seconds),
                retries=False,
                redirect=False,
            )
        except ProxyError:
            raise ServiceUnavailable(PROXY_FAILED) from None
        except (HTTPError, OSError) as error:
            raise ServiceUnavailable(f"the connection failed: {type(error).__name__}") from None
        reply = Reply(answer.status, dict(answer.headers), answer.data, _code(answer.status, answer.data))
        self._check_reply(reply)
        return reply

    def _current_credentials(self) -> Credentials:
        margin = timedelta(minutes=2)
        if self._credentials is None or self._credentials.expires - margin <= self.clock() + self.offset:
            self._credentials = self.get_credentials()
        return self._credentials

    def _check_reply(self, reply: Reply) -> None:
        before = self.offset
        self.offset = clock_offset(reply.headers, self.clock(), self.offset)
        if reply.code in _CLOCK_ERRORS and self.offset != before:
            raise RetryImmediately("this machine's clock is wrong, the service's is used from now on")
        if reply.code in _EXPIRED_CREDENTIALS and self._credentials is not None:
            self._credentials = None
            raise RetryImmediately("the credentials had expired")
        if reply.status >= 500 or reply.status == 429 or reply.code in _TRANSIENT or reply.code in _CLOCK_ERRORS:
            raise ServiceUnavailable(f"the service is busy: {reply.code or reply.status}")


def clock_offset(headers: Mapping[str, str], now: datetime, known: timedelta) -> timedelta:
    """Return a service's time minus this machine's, by the response's date.

    Returns `known` if the difference is small.

    Args:
        headers: of the response.
        now: this machine's time (UTC).
        known: the offset so far.
    """
    text = next((value for name, value in headers.items() if name.lower() == "date"), "")
    try:
        offset = parsedate_to_datetime(text) - now
    except (TypeError, ValueError):
        return known
    # Transfer takes time, and the header has whole seconds.
    return known if abs((offset - known).total_seconds()) < _MIN_OFFSET_SECONDS else offset


def service_refusal(action: str, reply: Reply) -> ServiceFault:
    """Return the error for a response that refuses `action`."""
    return ServiceFault(f"could not {action}: {reply.code or 'unknown error'} ({reply.status})")


def _code(status: int, body: bytes) -> str:
    # CompleteMultipartUpload may fail with status 200 and an error in the body.
    if status < 300 and not body.lstrip()[:300].count(b"<Error>"):
        return ""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return ""
    return (root.findtext("Code") or "").strip()
