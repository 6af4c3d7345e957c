"""Keeps out of the embedded cloud what a strange web page asks of it through the browser of who runs it.

The embedded cloud asks nobody who they are. It is safe because only this machine reaches it, and a browser on this
machine does so too, for any page that is open in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from blastlens.local.http.addresses import is_loopback

REFUSAL = (
    "The embedded cloud answers programs and pages of this machine alone. Under another name it is reached when it was "
    "started with --host and that name, or 0.0.0.0."
)
# What containers call the machine that they run on. Nobody can register these names, so no page from elsewhere has one.
_FROM_CONTAINERS = ("host.docker.internal", "gateway.docker.internal", "host.containers.internal")


def is_allowed_origin(origin: str | None, host: str | None, bound: str) -> bool:
    """Tell whether a request may come in.

    Args:
        origin: its header Origin, which browsers send for a page of another address; None where it has none.
        host: its header Host. A page whose own name was made to lead here (DNS rebinding) sends that name.
        bound: address the server is bound to. One that others may reach goes by names that nobody knows here.
    """
    own, only_here = urlsplit(f"//{host or ''}").hostname, is_loopback(bound)
    if host is not None and only_here and not _is_here(own, bound):
        return False
    page = None if origin is None else urlsplit(origin).hostname
    return origin is None or _is_here(page, bound) or (not only_here and page is not None and page == own)


def _is_here(name: str | None, bound: str) -> bool:
    if name is None:
        return False
    if name in ("localhost", bound, *_FROM_CONTAINERS) or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class OriginGuard:
    """A WSGI application before another.

    Attributes:
        application: what is guarded.
        bound: address the server is bound to.
    """

    application: WSGIApplication
    bound: str

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Let a request through, or answer that it is refused."""
        if is_allowed_origin(environ.get("HTTP_ORIGIN"), environ.get("HTTP_HOST"), self.bound):
            return self.application(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "text/plain"), ("Content-Length", str(len(REFUSAL)))])
        return [REFUSAL.encode()]
