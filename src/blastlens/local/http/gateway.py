"""HTTP server in the place of API Gateway."""

import json
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Any, Self

from blastlens.local.event_sources.invocation import Function
from blastlens.local.http.addresses import cannot_listen, reachable
from blastlens.local.http.background import Serving
from blastlens.local.http.bodies import MalformedBody, read_body
from blastlens.local.http.http_events import Request, Response, http_event, http_response
from blastlens.local.http.origin_guard import REFUSAL, is_allowed_origin
from blastlens.local.http.routes import match_route

MAX_BODY_BYTES = 10 * 1024 * 1024
"""Largest body that API Gateway accepts."""

_HANG_UP_SECONDS = 2
_JSON = (("content-type", "application/json"),)


@dataclass
class Gateway:
    """Serves a function's routes over HTTP.

    A context manager. Only the origin of requests is checked.

    Attributes:
        function: the function that is invoked.
        routes: as in the template, `GET /clinics/{clinic_id}/results`.
        host: address to bind.
        port: port to bind, 0 for a free one.
    """

    function: Function
    routes: Sequence[str]
    host: str = "127.0.0.1"
    port: int = 0
    _invocation_lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        """Start serving.

        Raises:
            InvalidSettings: the address cannot be bound.
        """
        try:
            self._server = _Server((self.host, self.port), self._handler())
        except OSError as error:
            raise cannot_listen(self.host, self.port, error) from error
        self.port = self._server.server_address[1]
        self._serving = Serving(self._server, "gateway")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._serving.end()

    @property
    def address(self) -> str:
        """Address of the API, as seen from this machine."""
        return f"http://{reachable(self.host)}:{self.port}"

    def answer(self, request: Request) -> Response:
        """Return the response to one request."""
        if not self._is_allowed_origin(request):
            return Response(403, _JSON, json.dumps({"message": REFUSAL}).encode())
        if len(request.body) > MAX_BODY_BYTES:
            return Response(413, _JSON, b'{"message":"Request Entity Too Large"}')
        match = match_route(self.routes, request.method, request.path)
        if match is None:
            return Response(404, _JSON, b'{"message":"Not Found"}')
        # A Lambda environment processes one request at a time, and handlers rely on that.
        with self._invocation_lock:
            return http_response(self.function.invoke(http_event(request, match)))

    def _is_allowed_origin(self, request: Request) -> bool:
        headers = {name.lower(): value for name, value in request.headers}
        return is_allowed_origin(headers.get("origin"), headers.get("host"), self.host)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Handler(_RequestHandler):
            def answer(self, request: Request) -> Response:
                return gateway.answer(request)

        return Handler


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect before the response."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _RequestHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def answer(self, request: Request) -> Response:
        raise NotImplementedError

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        try:
            # One byte over the limit is enough to reject the request.
            body = read_body(self.rfile, self.headers, MAX_BODY_BYTES + 1)
        except MalformedBody as error:
            self._send(Response(400, _JSON, json.dumps({"message": str(error)}).encode()))
            self._hang_up()
            return
        request = Request(self.command, path, query, list(self.headers.items()), body, self.client_address[0])
        self._send(self.answer(request))
        if len(body) > MAX_BODY_BYTES:
            self._hang_up()

    def _hang_up(self) -> None:
        """End the connection after a body that was not read to its end.

        What the client still sends is read and dropped: closing before would reset the connection, and the client could
        lose the response.
        """
        self.close_connection = True
        left = MAX_BODY_BYTES
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_HANG_UP_SECONDS)
            while left > 0 and (data := self.connection.recv(65_536)):
                left -= len(data)

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Write no request log: a path holds ids."""
