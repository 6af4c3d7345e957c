"""AWS signatures of single requests, at a given time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

# Only the signers: a boto3 client takes 19 MB more and four times as long to start (docs/adr/0020).
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

_TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Credentials:
    """Short-lived credentials; the service rejects them from `expires` (UTC) on."""

    access_key: str
    secret_key: str
    token: str
    expires: datetime


@dataclass(frozen=True)
class UnsignedRequest:
    """A request to sign.

    Attributes:
        method: the HTTP method.
        url: with the query, percent-encoded.
        headers: headers to sign.
        sha256: of the body, in hexadecimal; the service rejects any other body.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    sha256: str


def signed_headers(
    request: UnsignedRequest, service: str, region: str, by: Credentials, at: datetime
) -> dict[str, str]:
    """Return the headers of `request` with the signature.

    Args:
        request: what to sign.
        service: `s3` or `execute-api`.
        region: the service's region.
        by: credentials to sign with.
        at: the service's time (UTC); it accepts signatures up to 15 minutes old.
    """
    kind = _ObjectSigner if service == "s3" else _Signer
    prepared: Any = AWSRequest(request.method, request.url, headers=dict(request.headers))
    keys = ReadOnlyCredentials(by.access_key, by.secret_key, by.token)
    kind(keys, service, region, at, request.sha256).add_auth(prepared)
    return dict(prepared.headers.items())


class _Signer(SigV4Auth):
    """A signer with a given time and digest."""

    def __init__(self, keys: ReadOnlyCredentials, service: str, region: str, at: datetime, sha256: str) -> None:
        super().__init__(keys, service, region)
        self._at = at
        self._sha256 = sha256

    def payload(self, request: Any) -> str:
        return self._sha256

    def _modify_request_before_signing(self, request: Any) -> None:
        request.context["timestamp"] = self._at.astimezone(UTC).strftime(_TIME)
        super()._modify_request_before_signing(request)  # type: ignore[misc]


class _ObjectSigner(_Signer, S3SigV4Auth):
    """The same for S3.

    It does not normalize paths, and has the digest in a header.
    """
