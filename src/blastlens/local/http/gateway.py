"""HTTP server in the place of CloudFront and API Gateway."""

import json
import logging
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Any, Protocol, Self

from blastlens.domain.errors import InvalidSettings
from blastlens.local.event_sources.invocation import Function, InvocationResult
from blastlens.local.http.addresses import cannot_listen, reachable
from blastlens.local.http.authorizers import AUTHORIZERS, Authorizer, Unauthorized
from blastlens.local.http.background import Serving
from blastlens.local.http.bodies import MalformedBody, read_body
from blastlens.local.http.http_events import Request, Response, http_event, http_response
from blastlens.local.http.origin_guard import REFUSAL, is_allowed_origin
from blastlens.local.http.routes import Match, Route, match_route

MAX_BODY_BYTES = 10 * 1024 * 1024
"""Largest body that API Gateway accepts."""

_HANG_UP_SECONDS = 2
_JSON = (("content-type", "application/json"),)


_log = logging.getLogger(__name__)


class Site(Protocol):
    """Answers requests that no route of the API has: pages and their files."""

    def answer(self, request: Request) -> Response | None:
        """Return the response to a request; None where it is not one of this site."""


@dataclass
class Gateway:
    """Serves the routes of functions, and sites, at one address.

    A context manager.

    Attributes:
        functions: the functions by logical id; a route whose function is missing answers 500, as in API Gateway.
        routes: the routes of the HTTP API.
        authorizers: by name; those of `AUTHORIZERS` where nothing else is given.
        sites: asked in their order where no route matches.
        host: address to bind.
        port: port to bind, 0 for a free one.
    """

    functions: Mapping[str, Function]
    routes: Sequence[Route]
    authorizers: Mapping[str, Authorizer] = field(default_factory=lambda: AUTHORIZERS)
    sites: Sequence[Site] = ()
    host: str = "127.0.0.1"
    port: int = 0
    _locks: dict[str, threading.Lock] = field(init=False)
    _by_key: dict[str, Route] = field(init=False)

    def __post_init__(self) -> None:
        """Index the routes.

        Raises:
            InvalidSettings: a route has an authorizer that is unknown here.
        """
        unknown = {one.authorizer for one in self.routes if one.authorizer} - set(self.authorizers)
        if unknown:
            raise InvalidSettings(f"The template has an authorizer that is unknown here: {', '.join(sorted(unknown))}.")
        self._locks = {one.function: threading.Lock() for one in self.routes}
        self._by_key = {one.key: one for one in self.routes}

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
        match = match_route(self._by_key, request.method, request.path)
        if match is not None:
            return self._invoke(request, match)
        answers = (site.answer(request) for site in self.sites)
        return next((one for one in answers if one is not None), Response(404, _JSON, b'{"message":"Not Found"}'))

    def _invoke(self, request: Request, match: Match) -> Response:
        route = self._by_key[match.key]
        try:
            authorized = self.authorizers[route.authorizer](request) if route.authorizer else None
        except Unauthorized as refusal:
            return Response(401, (*_JSON, ("www-authenticate", refusal.challenge)), b'{"message":"Unauthorized"}')
        if route.function not in self.functions:
            _log.warning("%s has no function %s", route.key, route.function)
            return http_response(InvocationResult("", error="no function"))
        # A Lambda environment processes one request at a time, and handlers rely on that.
        with self._locks[route.function]:
            return http_response(self.functions[route.function].invoke(http_event(request, match, authorized)))

    def _is_allowed_origin(self, request: Request) -> bool:
        return is_allowed_origin(request.header("origin"), request.header("host"), self.host)

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
