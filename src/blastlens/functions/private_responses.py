"""Responses that hold patients' data: no browser caches them."""

from typing import Any

_PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def with_private_headers(response: dict[str, Any]) -> dict[str, Any]:
    """Return a response that no browser caches: computers on a ward are shared."""
    return response | {"headers": response.get("headers", {}) | _PRIVATE}
