"""Addresses of servers on this machine."""

from blastlens.domain.errors import InvalidSettings


def reachable(host: str) -> str:
    """Return the address of a server bound to `host`, as seen from this machine."""
    return "127.0.0.1" if host in ("0.0.0.0", "") else host


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a server bound to `host`."""
    return host == "localhost" or host.startswith("127.")


def cannot_listen(host: str, port: int, error: OSError) -> InvalidSettings:
    """Return the error for an address that cannot be bound, with the cause."""
    return InvalidSettings(f"Cannot listen on {host}:{port}: {error.strerror or error}.")
