"""Addresses of servers on this machine."""

import errno
import os
import socket

from blastlens.domain.errors import InvalidSettings


def reachable(host: str) -> str:
    """Return the address of a server bound to `host`, as seen from this machine."""
    return "127.0.0.1" if host in ("0.0.0.0", "") else host


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a server bound to `host`."""
    return host == "localhost" or host.startswith("127.")


def is_free(host: str, port: int) -> bool:
    """Return whether a server could bind an address now."""
    try:
        with socket.create_server((host, port)):
            return True
    except OSError:
        return False


def cannot_listen(host: str, port: int, error: OSError, options: str = "--port or --api-port") -> InvalidSettings:
    """Return the error for an address that cannot be bound, with the cause and the options that set its port."""
    can_move = error.errno in (errno.EADDRINUSE, errno.EACCES)
    advice = f" Choose another port with {options}, 0 for a free one." if can_move else ""
    # Python adds the address to the text of some of them, which is there already.
    why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or error
    return InvalidSettings(f"Cannot listen on {host}:{port}: {why}.{advice}")
