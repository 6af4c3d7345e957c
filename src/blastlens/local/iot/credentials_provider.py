"""Credentials provider of AWS IoT Core on loopback, over mutual TLS.

It follows AWS's developer guide: a certificate authenticates the device; its IoT policy has to allow
`iot:AssumeRoleWithCertificate` on the role alias; the thing's name is optional, has to be attached to the certificate,
and adds name and type to the credentials. The bodies of error responses are our own.
"""

import json
import ssl
import tempfile
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from blastlens.local.http.background import Serving
from blastlens.local.iot.certificate_authority import CertificateAuthority
from blastlens.local.iot.device_registry import (
    certificate_statements,
    find_certificate,
    role_alias_of,
    thing_type_of,
    trusts_credentials_provider,
)
from blastlens.local.iot.policies import is_allowed
from blastlens.local.iot.sessions import Session, Sessions

_HOST = "127.0.0.1"
_SECONDS = 20


class Refused(Exception):
    """A refused request, with HTTP status and cause."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class LocalCredentialsProvider:
    """Serves credentials; a context manager.

    Attributes:
        sessions: the issued credentials.
        authority: the certificate authority of devices.
    """

    sessions: Sessions
    authority: CertificateAuthority

    def __enter__(self) -> Self:
        """Start serving on a free port."""
        self._folder = tempfile.TemporaryDirectory(prefix="blastlens-")
        self.authority_file = Path(self._folder.name) / "authority.pem"
        self.authority_file.write_text(self.authority.pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=self.authority.pem)
        identity = Path(self._folder.name) / "server.pem"
        identity.touch(mode=0o600)
        identity.write_text(self.authority.server_certificate(_HOST))
        context.load_cert_chain(identity)
        self._server = _Server(self, context)
        self._serving = Serving(self._server, "credentials")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._serving.end()
        self._folder.cleanup()

    @property
    def place(self) -> str:
        """Host and port, as `127.0.0.1:8443`."""
        return f"{_HOST}:{self._server.server_address[1]}"

    @property
    def address(self) -> str:
        """Address for devices on this machine."""
        return f"https://{self.place}"

    def issue(self, path: str, thing: str | None, certificate_pem: str) -> Session:
        """Return credentials for a request.

        Args:
            path: of the request, `/role-aliases/NAME/credentials`.
            thing: name of the thing in the header; None without one.
            certificate_pem: the client certificate.

        Raises:
            Refused: AWS's provider would refuse the request too.
        """
        match path.split("/"):
            case ["", "role-aliases", name, "credentials"]:
                alias = role_alias_of(unquote(name))
            case _:
                alias = None
        if alias is None:
            raise Refused(404, "there is no such role alias")
        alias_arn, role, seconds = alias
        certificate = find_certificate(certificate_pem)
        if certificate is None or not certificate[2]:
            raise Refused(403, "the certificate is not active")
        arn, certificate_id, _ = certificate
        if not is_allowed(certificate_statements(arn), "iot:AssumeRoleWithCertificate", alias_arn, {}):
            raise Refused(403, "no policy of the certificate allows it")
        if not trusts_credentials_provider(role):
            raise Refused(403, "the role does not trust the credentials provider")
        return self.sessions.issue(role, _variables(thing, arn, certificate_id), seconds)


def _variables(thing: str | None, certificate_arn: str, certificate_id: str) -> dict[str, str]:
    variables = {"credentials-iot:AwsCertificateId": certificate_id}
    if thing is None:
        return variables
    kind = thing_type_of(thing, certificate_arn)
    if kind is None:
        raise Refused(403, "the thing is not attached to the certificate")
    named = {"credentials-iot:ThingName": thing, "credentials-iot:ThingTypeName": kind}
    return variables | {name: value for name, value in named.items() if value}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, provider: LocalCredentialsProvider, context: ssl.SSLContext) -> None:
        super().__init__((_HOST, 0), _Handler)
        self.provider = provider
        self._context = context

    def finish_request(self, request: Any, client_address: Any) -> None:
        # The handshake runs in the connection's own thread, so that a stalled client does not block others.
        request.settimeout(_SECONDS)
        try:
            with self._context.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)
        except OSError:
            return  # a client without a certificate of ours, or one that disconnected


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    connection: ssl.SSLSocket

    def _answer(self) -> None:
        der = self.connection.getpeercert(binary_form=True)
        try:
            session = self.server.provider.issue(
                self.path, self.headers.get("x-amzn-iot-thingname"), ssl.DER_cert_to_PEM_cert(der or b"")
            )
        except Refused as refusal:
            self._send(refusal.status, {"message": str(refusal)})
        else:
            self._send(200, {"credentials": _view(session)})

    do_GET = _answer  # noqa: N815

    def _send(self, status: int, body: Any) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        """Write no request log."""


def _view(session: Session) -> dict[str, str]:
    return {
        "accessKeyId": session.access_key,
        "secretAccessKey": session.secret_key,
        "sessionToken": session.token,
        "expiration": session.expires.isoformat().replace("+00:00", "Z"),
    }
