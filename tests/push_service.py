"""A push service on this machine, and a key that signs for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from blastlens.cloud.push_key import PushKey
from tests.aws import shared_client


class PushService:
    """A push service on this machine, with the requests that it got."""

    def __init__(self) -> None:
        self.status = 201
        self.location = ""
        self.requests: list[tuple[str, dict[str, str], bytes]] = []

    def handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                service.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(service.status)
                if service.location:
                    self.send_header("location", service.location)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


@contextmanager
def served(service: PushService) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), service.handler())
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_push_key() -> PushKey:
    """Return a key of moto's KMS."""
    kms = shared_client("kms")
    return PushKey(kms, kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"])
