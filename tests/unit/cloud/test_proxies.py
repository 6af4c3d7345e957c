"""A device behind a proxy: CONNECT to a service that no other way leads to."""

import base64
import contextlib
import json
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from blastlens.cloud.iot.connection import EMPTY_SHA256, DeviceConnection
from blastlens.cloud.iot.credentials import CredentialsProvider
from blastlens.cloud.iot.proxies import find_proxy
from blastlens.cloud.iot.request_signing import Credentials, UnsignedRequest
from blastlens.devices.certificate_request import write_certificate_request
from blastlens.domain.errors import InvalidSettings, ServiceUnavailable
from blastlens.local.iot.certificate_authority import CertificateAuthority

# An address for documentation: nothing answers there, so that only the proxy can lead to the service.
HOST = "192.0.2.1"
URL = f"https://{HOST}/x"


class Service(BaseHTTPRequestHandler):
    """The credentials provider and S3 in one; it needs a device's certificate for the first."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        expires = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        given = {"accessKeyId": "a", "secretAccessKey": "s", "sessionToken": "t", "expiration": expires}
        certificate = self.connection.getpeercert() or {}
        name = dict(pair for (pair,) in certificate.get("subject", ())).get("commonName")
        refused = self.path.startswith("/role-aliases/") and name != "scope-1"
        body = json.dumps({"credentials": given}).encode()
        self.send_response(403 if refused else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class ProxyServer(ThreadingHTTPServer):
    """What the proxy was asked for, and what it does about it."""

    def __init__(self, service: int) -> None:
        super().__init__(("127.0.0.1", 0), Proxy)
        self.service = service
        self.asked: list[tuple[str, str | None]] = []
        self.refuses = False


class Proxy(BaseHTTPRequestHandler):
    """Tunnels every CONNECT to the service."""

    server: ProxyServer

    def do_CONNECT(self):
        self.server.asked.append((self.path, self.headers.get("Proxy-Authorization")))
        if self.server.refuses:
            self.send_error(407)
            return
        self.send_response(200)
        self.end_headers()
        with socket.create_connection(("127.0.0.1", self.server.service)) as service:
            back = threading.Thread(target=forward, args=(service, self.connection), daemon=True)
            back.start()
            forward(self.connection, service)
            back.join(5)

    def log_message(self, *_):
        pass


def forward(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def serving(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def authority():
    return CertificateAuthority()


@pytest.fixture
def proxy(authority, tmp_path, monkeypatch):
    """Run service and proxy, and name the proxy in the environment."""
    identity = tmp_path / "server.pem"
    identity.write_text(authority.server_certificate(HOST))
    (tmp_path / "authority.pem").write_text(authority.pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=authority.pem)
    context.load_cert_chain(identity)
    context.verify_mode = ssl.CERT_OPTIONAL
    service = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    service.socket = context.wrap_socket(service.socket, server_side=True)
    tunnel = ProxyServer(service.server_address[1])
    monkeypatch.setenv("HTTPS_PROXY", f"http://lab:p%40ss@127.0.0.1:{tunnel.server_address[1]}")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with serving(service), serving(tunnel):
        yield tunnel


def provider(authority, folder):
    request = write_certificate_request("scope-1", folder)
    certificate = folder / "scope-1.pem"
    certificate.write_text(authority.sign_request(request.read_text()))
    key = request.with_suffix(".key")
    return CredentialsProvider(f"https://{HOST}", "alias", "scope-1", certificate, key, folder / "authority.pem")


def connection():
    expires = datetime.now(UTC) + timedelta(hours=1)
    return DeviceConnection(lambda: Credentials("a", "s", "t", expires), "eu-central-1", seconds=5)


def test_credentials_are_fetched_through_the_proxy_with_the_devices_certificate(proxy, authority, tmp_path):
    assert provider(authority, tmp_path)().access_key == "a"
    ((target, user),) = proxy.asked
    assert target == f"{HOST}:443"
    assert user is not None and base64.b64decode(user.removeprefix("Basic ")) == b"lab:p@ss"


def test_uploads_and_questions_go_through_the_proxy(proxy):
    reply = connection().send("s3", UnsignedRequest("GET", URL, {}, EMPTY_SHA256))
    assert reply.status == 200
    assert [target for target, _ in proxy.asked] == [f"{HOST}:443"]


def test_a_proxy_that_refuses_is_named(proxy, authority, tmp_path):
    proxy.refuses = True
    for ask in (
        provider(authority, tmp_path),
        lambda: connection().send("s3", UnsignedRequest("GET", URL, {}, EMPTY_SHA256)),
    ):
        with pytest.raises(ServiceUnavailable, match="HTTPS_PROXY"):
            ask()


@pytest.mark.parametrize("excluded", [HOST, "*"])
def test_hosts_of_no_proxy_and_this_machine_are_reached_directly(monkeypatch, excluded: str):
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    monkeypatch.setenv("HTTP_PROXY", "proxy.example:3128")
    assert find_proxy(URL) == "http://proxy.example:3128"
    assert find_proxy("http://127.0.0.1:4566/bucket") is None
    assert find_proxy("http://localhost:4566/bucket") is None
    monkeypatch.setenv("NO_PROXY", excluded)
    assert find_proxy(URL) is None


@pytest.mark.parametrize("given", ["socks5://user:secret@proxy.example:1080", "http://", "http://proxy:port"])
def test_what_is_no_http_proxy_is_refused_without_its_password(monkeypatch, given: str):
    monkeypatch.setenv("HTTPS_PROXY", given)
    with pytest.raises(InvalidSettings, match="HTTPS_PROXY") as refused:
        find_proxy(URL)
    assert "secret" not in str(refused.value)
