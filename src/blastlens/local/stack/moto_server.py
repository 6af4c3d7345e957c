"""moto's server in this process, with access control and no request log."""

import socket
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodbstreams.models import dynamodbstreams_backends
from moto.moto_api._internal import moto_api_backend
from moto.server import DomainDispatcherApplication, create_backend_app
from moto.server import MotoRequestHandler as RequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from blastlens.domain.errors import InvalidSettings
from blastlens.local.clients import REGION
from blastlens.local.event_sources.object_events import complete_object_events
from blastlens.local.http.addresses import cannot_listen, reachable
from blastlens.local.http.background import Serving
from blastlens.local.http.origin_guard import OriginGuard
from blastlens.local.iot.s3_access_control import S3AccessControl
from blastlens.local.iot.sessions import Sessions

_in_use = threading.Lock()


class _QuietHandler(RequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write no request log: a pump makes many requests a second."""


@dataclass(frozen=True)
class _Preflights:
    """WSGI middleware that answers a browser's question before an upload as S3 does: without checking a signature.

    moto checks the one in the query, which was made for the upload and not for the question.
    """

    application: WSGIApplication

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "OPTIONS":
            environ["QUERY_STRING"] = ""
        return self.application(environ, start_response)


@dataclass
class MotoServer:
    """The embedded services; a context manager.

    moto has one set of buckets, queues and tables per process, so that only one server runs in a process at a time;
    they are deleted when it stops.

    Attributes:
        host: address to bind.
        port: port to bind, 0 for a free one.
        sessions: issued device credentials. Devices may do what their role allows, other callers everything.
    """

    host: str = "127.0.0.1"
    port: int = 0
    sessions: Sessions = field(default_factory=Sessions)

    def __enter__(self) -> Self:
        """Start serving.

        Raises:
            InvalidSettings: the address cannot be bound, or another server runs in this process.
        """
        if not _in_use.acquire(blocking=False):
            raise InvalidSettings("An embedded cloud is already running in this process: stop it first.")
        try:
            self._socket = socket.create_server((self.host, self.port))
        except OSError as error:
            _in_use.release()
            raise cannot_listen(self.host, self.port, error) from error
        self.port = self._socket.getsockname()[1]
        self._restore_events = complete_object_events()
        self._server = _make_server(self._socket, self.host, self.sessions)
        self._serving = Serving(self._server, "moto")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._serving.end()
            self._socket.close()
        finally:
            self._restore_events()
            _empty_all_services()
            _in_use.release()

    @property
    def endpoint(self) -> str:
        """Address of the services, as seen from this machine."""
        return f"http://{reachable(self.host)}:{self.port}"


def _make_server(listening: socket.socket, requested_host: str, sessions: Sessions) -> BaseWSGIServer:
    # The socket is bound before, because Werkzeug ends the process if a port is in use.
    host, port = listening.getsockname()[:2]
    application: Any = OriginGuard(
        _Preflights(S3AccessControl(DomainDispatcherApplication(create_backend_app), sessions)), requested_host
    )
    return make_server(host, port, application, threaded=True, request_handler=_QuietHandler, fd=listening.fileno())


def drop_old_iterators(most: int = 100) -> None:
    """Drop all but the newest stream iterators, which do not expire in moto."""
    iterators = dynamodbstreams_backends[DEFAULT_ACCOUNT_ID][REGION].shard_iterators
    for name in list(iterators)[:-most]:
        iterators.pop(name, None)


def _empty_all_services() -> None:
    moto_api_backend.reset()
