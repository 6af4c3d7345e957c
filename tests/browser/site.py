"""The built page and the packages of its tests."""

from pathlib import Path

from blastlens.local.cloud import BUILT_PAGE

NOT_BUILT = "the page is not built: type `make web`"

_AXE = BUILT_PAGE.parent / "web-packages" / "node_modules" / "axe-core" / "axe.min.js"


def find_site() -> Path | None:
    """Return the folder of the built page; None before `make web`."""
    return BUILT_PAGE if (BUILT_PAGE / "index.html").is_file() else None


def find_axe() -> Path | None:
    """Return the script of axe-core; None where `make test ARGS=tests/browser` has not installed it."""
    return _AXE if _AXE.is_file() else None
