"""The server in the place of API Gateway, as callers on bad networks meet it."""

import http.client
import socket
import struct
import threading

import pytest

from blastlens.local.event_sources.invocation import Function
from blastlens.local.http.gateway import MAX_BODY_BYTES, Gateway
from blastlens.local.http.routes import Route

REQUEST = b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@pytest.mark.parametrize("fault", [ConnectionResetError("gone"), ValueError("ours")])
def test_a_disconnected_client_is_ignored_and_other_errors_are_shown(fault, capfd):
    asked, gone, done = threading.Event(), threading.Event(), threading.Event()

    def handler(event, context):
        asked.set()
        gone.wait(5)
        return {"statusCode": 200, "body": "x" * 1_000_000}

    class Failing(Gateway):
        def answer(self, request):
            try:
                super().answer(request)
                raise fault
            finally:
                done.set()

    with Failing({"api": Function("api", handler)}, [Route("GET /hello", "api")]) as gateway:
        with socket.create_connection(("127.0.0.1", gateway.port)) as caller:
            caller.sendall(REQUEST)
            assert asked.wait(5)
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        gone.set()
        assert done.wait(5)
        shown = ""
        for _ in range(50):
            shown += capfd.readouterr().err
            if "ours" in shown:
                break
            threading.Event().wait(0.02)
    assert ("ours" in shown) is isinstance(fault, ValueError)
    assert "gone" not in shown


@pytest.fixture(scope="module")
def echo():
    """A gateway whose function returns the body of the request."""

    def handler(event, context):
        return {"statusCode": 200, "body": event.get("body") or ""}

    with Gateway({"api": Function("api", handler)}, [Route("POST /echo", "api")]) as gateway:
        yield gateway


def post(gateway: Gateway, headers: str, *parts: bytes) -> bytes:
    """Send a request whose body comes in parts, and return the whole response."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as caller:
        head = f"POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nConnection: close\r\n{headers}"
        caller.sendall(f"{head}\r\n".encode())
        for part in parts:
            caller.sendall(part)
        caller.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: caller.recv(65536), b""))


CHUNKED = "Transfer-Encoding: chunked\r\n"


def test_a_chunked_body_is_read(echo):
    response = post(echo, CHUNKED, b"5;note=x\r\nhello\r\n", b"8\r\n, world!\r\n", b"0\r\nTrailer: x\r\n\r\n")
    assert response.startswith(b"HTTP/1.1 200")
    assert response.endswith(b"\r\n\r\nhello, world!")


def test_two_chunked_requests_use_one_connection(echo):
    connection = http.client.HTTPConnection("127.0.0.1", echo.port, timeout=10)
    for text in (b"first", b"second"):
        connection.request("POST", "/echo", iter([text]), {"Content-Type": "text/plain"}, encode_chunked=True)
        assert connection.getresponse().read() == text
    connection.close()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (CHUNKED, b"hello"),
        (CHUNKED, b"-5\r\nhello\r\n0\r\n\r\n"),
        (CHUNKED, b"5\r\nhel"),
        (CHUNKED, b"5\r\nhello world\r\n0\r\n\r\n"),
        (CHUNKED + "Content-Length: 5\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        ("Transfer-Encoding: gzip\r\n", b"hello"),
        ("Content-Length: five\r\n", b"hello"),
        ("Content-Length: 50\r\n", b"hello"),
    ],
)
def test_a_malformed_body_is_a_bad_request(headers, body, echo):
    assert post(echo, headers, body).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("more", [1, 2_000_000])
def test_a_chunked_body_over_the_limit_is_too_large_and_its_client_gets_to_know(echo, more: int):
    connection = http.client.HTTPConnection("127.0.0.1", echo.port, timeout=10)
    connection.request("POST", "/echo", iter([b"x" * (MAX_BODY_BYTES + more)]), encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()
