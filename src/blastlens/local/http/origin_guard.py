"""Protection against cross-origin requests and DNS rebinding.

The embedded services have no authentication, and passwords stand on the sign-in page. They are safe because only this
machine can reach them; but so can a browser on this machine, for any page that is open in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from blastlens.local.http.addresses import is_loopback

REFUSAL = (
    "The embedded cloud only accepts requests of programs and pages of this machine. To use another name, start it "
    "with --host and that name, or 0.0.0.0."
)
# Names of the host inside containers. Nobody can register them, so that no page from elsewhere has one.
_FROM_CONTAINERS = ("host.docker.internal", "gateway.docker.internal", "host.containers.internal")


def is_allowed_origin(origin: str | None, host: str | None, bound: str) -> bool:
    """Return whether a request is allowed.

    Args:
        origin: its header Origin, which browsers send for a page of another address; None without one.
        host: its header Host. A page whose name resolves to this machine (DNS rebinding) sends that name.
        bound: address the server is bound to. The names of an address that others can reach are not known here.
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
    """WSGI middleware that rejects requests of other origins.

    Attributes:
        application: the guarded application.
        bound: address the server is bound to.
    """

    application: WSGIApplication
    bound: str

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Forward a request, or respond with 403."""
        if is_allowed_origin(environ.get("HTTP_ORIGIN"), environ.get("HTTP_HOST"), self.bound):
            return self.application(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "text/plain"), ("Content-Length", str(len(REFUSAL)))])
        return [REFUSAL.encode()]
