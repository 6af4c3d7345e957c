"""Address of the page, and a user to sign in with, as `demo` prints them."""

from typing import TYPE_CHECKING

from blastlens.domain.clinician import Role

if TYPE_CHECKING:
    from blastlens.local.cloud import EmbeddedCloud

PAGE_PORT = 4567
"""Port of the page where it is free: then its address is the same in every run."""

_NOT_BUILT = "The page is not built yet: type `make web`, then reload the address."


def choose_port(host: str = "127.0.0.1") -> int:
    """Return `PAGE_PORT` where it is free, else 0 for any free port."""
    from blastlens.local.http.addresses import is_free

    return PAGE_PORT if is_free(host, PAGE_PORT) else 0


def page_address(cloud: "EmbeddedCloud") -> str:
    """Return the address of the clinicians' page of a running cloud."""
    return f"{cloud.api_address}/"


def page_lines(cloud: "EmbeddedCloud") -> list[str]:
    """Return what a person needs to open the page of a running cloud that has ready users."""
    signer = next(one for one in cloud.accounts.ready.values() if one.role is Role.SIGNER)
    lines = [
        f"Page: {page_address(cloud)}",
        f"Sign in as {signer.name}: {signer.email}, password {signer.password}. The sign-in page has the one-time "
        "code, and more users.",
        f"Screening by a camera, without a network too: {page_address(cloud)}screening/",
    ]
    return lines if (cloud.page / "index.html").is_file() else [*lines, _NOT_BUILT]
