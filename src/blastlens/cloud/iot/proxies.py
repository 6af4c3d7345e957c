"""Connection pools of a device, through the proxy that its environment names."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3 import PoolManager, ProxyManager, make_headers

from blastlens.domain.errors import InvalidSettings

PROXY_FAILED = "the proxy that HTTPS_PROXY names refuses the connection or cannot be reached"

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def find_proxy(url: str) -> str | None:
    """Return the address of the proxy for a URL, or None.

    It is that of HTTPS_PROXY or HTTP_PROXY, or on macOS and Windows of the system's settings, unless NO_PROXY names the
    host. This machine itself is never reached through a proxy.

    Raises:
        InvalidSettings: it is not an address of an HTTP proxy.
    """
    target = urlsplit(url)
    host = target.hostname or ""
    if host in _LOOPBACK or proxy_bypass(target.netloc) or proxy_bypass(host):
        return None
    given = getproxies().get(target.scheme) or getproxies().get("all")
    if not given:
        return None
    address = given if "://" in given else f"http://{given}"
    try:
        parts = urlsplit(address)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        # The value may hold a password: it is not repeated.
        raise InvalidSettings(
            f"The proxy for {target.scheme} is not an HTTP proxy: set {target.scheme.upper()}_PROXY to "
            "http://HOST:PORT, or unset it."
        )
    return address


def make_pool(proxy: str | None, **settings: Any) -> PoolManager:
    """Return a pool of connections, through a proxy if there is one.

    HTTPS is tunnelled (CONNECT): the proxy sees the host's name and the amount of data, nothing else.

    Args:
        proxy: address of the proxy, with user and password if it needs them.
        settings: of urllib3's `PoolManager`.
    """
    if proxy is None:
        return PoolManager(retries=False, **settings)
    parts = urlsplit(proxy)
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
    headers = make_headers(proxy_basic_auth=user) if user else None
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return ProxyManager(address, proxy_headers=headers, retries=False, **settings)


@dataclass(frozen=True)
class Pools:
    """Pools of connections, one for each proxy."""

    _made: dict[str | None, PoolManager] = field(default_factory=dict)

    def find(self, url: str) -> PoolManager:
        """Return the pool for a URL.

        Raises:
            InvalidSettings: the proxy's address is wrong.
        """
        proxy = find_proxy(url)
        if proxy not in self._made:
            self._made[proxy] = make_pool(proxy, num_pools=4)
        return self._made[proxy]
