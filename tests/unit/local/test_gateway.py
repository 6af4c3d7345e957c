"""The server in the place of API Gateway, as callers on bad networks meet it."""

import socket
import struct
import threading

import pytest

from blastlens.local.event_sources.invocation import Function
from blastlens.local.http.gateway import Gateway

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

    with Failing(Function("api", handler), ("GET /hello",), port=0) as gateway:
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
