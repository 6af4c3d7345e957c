"""Access control of the embedded S3 for devices.

All other requests pass: the embedded cloud only authenticates devices.
"""

import hashlib
import io
import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote, unquote
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from blastlens.local.iot.device_registry import role_statements
from blastlens.local.iot.policies import is_allowed
from blastlens.local.iot.sessions import Session, Sessions

_CREDENTIAL = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(\w+)/\d{8}/([\w-]+)/(\w+)/aws4_request, *SignedHeaders=([\w;-]+)"
)
_SKEW_SECONDS = 900
_HEADER_KEYS = {
    "if-none-match": "s3:if-none-match",
    "x-amz-content-sha256": "s3:x-amz-content-sha256",
    "x-amz-server-side-encryption": "s3:x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm": "s3:x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class": "s3:x-amz-storage-class",
}


@dataclass(frozen=True)
class _Call:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class S3AccessControl:
    """WSGI middleware that checks requests with device credentials.

    Attributes:
        application: the guarded application.
        sessions: the issued device credentials.
    """

    application: WSGIApplication
    sessions: Sessions

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Forward a request, or respond with an error of S3's form."""
        claim = _CREDENTIAL.match(environ.get("HTTP_AUTHORIZATION", ""))
        session = self.sessions.find(claim[1]) if claim else None
        if claim is None or session is None:
            return self.application(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        refusal = self._refusal(_call(environ, body), claim, session)
        if refusal is None:
            return self.application(environ, start_response)
        status, code = refusal
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code></Error>'.encode()
        start_response(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(text)))])
        return [text]

    def _refusal(self, call: _Call, claim: re.Match[str], session: Session) -> tuple[str, str] | None:
        now = self.sessions.clock()
        signed_at = datetime.strptime(call.headers.get("x-amz-date", ""), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if session.expires <= now:
            return "400 Bad Request", "ExpiredToken"
        if call.headers.get("x-amz-security-token") != session.token:
            return "400 Bad Request", "InvalidToken"
        if abs((signed_at - now).total_seconds()) > _SKEW_SECONDS:
            return "403 Forbidden", "RequestTimeTooSkewed"
        if not _is_signed(call, claim, session):
            return "403 Forbidden", "SignatureDoesNotMatch"
        if not _is_permitted(call, session):
            return "403 Forbidden", "AccessDenied"
        return _digest_mismatch(call)


def _is_permitted(call: _Call, session: Session) -> bool:
    action = _action(call)
    resource = f"arn:aws:s3:::{call.path.removeprefix('/')}"
    context = dict(session.variables) | {"s3:authType": "REST-HEADER"}
    context |= {key: call.headers[name] for name, key in _HEADER_KEYS.items() if name in call.headers}
    query = parse_qs(call.query, keep_blank_values=True)
    makes_object = "partNumber" not in query and "uploads" not in query
    if action == "s3:PutObject":
        context["s3:ObjectCreationOperation"] = str(makes_object).lower()
    return is_allowed(role_statements(session.role), action, resource, context)


def _action(call: _Call) -> str:
    query = parse_qs(call.query, keep_blank_values=True)
    is_object = "/" in call.path.strip("/")
    of_objects = {"uploads", "uploadId", "partNumber"}
    plain = is_object and set(query) <= of_objects and "x-amz-copy-source" not in call.headers
    if call.method == "PUT" and plain:
        return "s3:PutObject"
    if call.method == "POST" and plain and query:
        return "s3:PutObject"
    names = {"GET": "s3:GetObject" if is_object else "s3:ListBucket", "HEAD": "s3:GetObject"}
    names["DELETE"] = "s3:AbortMultipartUpload" if "uploadId" in query else "s3:DeleteObject"
    return names.get(call.method, "s3:SomethingElse") if not set(query) - of_objects else "s3:SomethingElse"


def _digest_mismatch(call: _Call) -> tuple[str, str] | None:
    """Compare the body with the digests in the headers, as S3 does and moto does not."""
    digest = hashlib.sha256(call.body)
    if call.headers.get("x-amz-content-sha256") != digest.hexdigest():
        return "400 Bad Request", "XAmzContentSHA256Mismatch"
    announced = call.headers.get("x-amz-checksum-sha256")
    if announced is not None and announced != b64encode(digest.digest()).decode():
        return "400 Bad Request", "BadDigest"
    return None


def _is_signed(call: _Call, claim: re.Match[str], session: Session) -> bool:
    signed = {name: call.headers.get(name, "") for name in claim[4].split(";")}
    url = f"http://{signed.pop('host', '')}{quote(call.path, safe='/~')}{'?' if call.query else ''}{call.query}"
    request: Any = AWSRequest(call.method, url, headers=signed)
    keys = ReadOnlyCredentials(session.access_key, session.secret_key, session.token)
    signer: Any = S3SigV4Auth(keys, claim[3], claim[2])
    request.context["timestamp"] = call.headers["x-amz-date"]
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return call.headers["authorization"].endswith(f"Signature={signer.signature(text, request)}")


def _call(environ: WSGIEnvironment, body: bytes) -> _Call:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
    }
    path = unquote(str(environ.get("RAW_URI", environ["PATH_INFO"])).partition("?")[0])
    return _Call(environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""), headers, body)
