"""Page on its own port that shows the messages of the embedded cloud."""

from dataclasses import dataclass
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from blastlens.local.http.addresses import cannot_listen, reachable
from blastlens.local.http.background import Serving
from blastlens.local.http.origin_guard import REFUSAL, is_allowed_origin
from blastlens.local.outbox.messages import Message, Outbox

_REFRESH_SECONDS = 5
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta http-equiv="refresh" content="{seconds}"><title>Messages of blastlens</title></head>
<body>
<h1>Messages</h1>
<p>Nothing is delivered from here: these are the texts that receivers would get. Newest first.</p>
{messages}
</body>
</html>
"""


@dataclass
class OutboxPage:
    """Serves the page; a context manager.

    Attributes:
        outbox: the messages.
        host: address to bind.
        port: port to bind, 0 for a free one.
    """

    outbox: Outbox
    host: str = "127.0.0.1"
    port: int = 0

    def __enter__(self) -> Self:
        """Start serving.

        Raises:
            InvalidSettings: the address cannot be bound.
        """
        try:
            server = _Server((self.host, self.port), _handler(self.outbox, self.host))
        except OSError as error:
            raise cannot_listen(self.host, self.port, error, "--outbox-port") from error
        self.port = server.server_address[1]
        self._serving = Serving(server, "outbox")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._serving.end()

    @property
    def address(self) -> str:
        """Address of the page, as seen from this machine."""
        return f"http://{reachable(self.host)}:{self.port}"


def format_page(messages: list[Message]) -> str:
    """Return the page as HTML."""
    shown = "\n".join(_format_message(message) for message in reversed(messages)) or "<p>No messages so far.</p>"
    return _PAGE.format(seconds=_REFRESH_SECONDS, messages=shown)


def _format_message(message: Message) -> str:
    head = f"{message.number}. {message.kind} to {message.to}, {message.sent_at:%H:%M:%S} UTC"
    title = f"<p>Subject: {escape(message.subject)}</p>" if message.subject else ""
    return f"<article><h2>{escape(head)}</h2>{title}<pre>{escape(message.text)}</pre></article>"


class _Server(ThreadingHTTPServer):
    daemon_threads = True


def _handler(outbox: Outbox, bound: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def do_GET(self) -> None:
            """Send the page, whatever the path."""
            allowed = is_allowed_origin(self.headers.get("origin"), self.headers.get("host"), bound)
            body = (format_page(list(outbox.messages)) if allowed else REFUSAL).encode()
            self.send_response(200 if allowed else 403)
            for name, value in _HEADERS.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Write no request log."""

    return Handler
