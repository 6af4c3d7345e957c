"""Where servers of this machine are found."""

from blastlens.domain.errors import InvalidSettings


def reachable(host: str) -> str:
    """Return the address under which this machine reaches a server bound to `host`."""
    return "127.0.0.1" if host in ("0.0.0.0", "") else host


def is_loopback(host: str) -> bool:
    """Tell whether nobody but this machine can reach a server bound to `host`."""
    return host == "localhost" or host.startswith("127.")


def cannot_listen(host: str, port: int, fault: OSError) -> InvalidSettings:
    """Return the error that says which address cannot be bound, and why."""
    return InvalidSettings(f"Cannot listen on {host}:{port}: {fault.strerror or fault}.")
