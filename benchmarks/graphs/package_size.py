"""Installed size of a package and its requirements."""

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def measure_installed_mb(package: str) -> float:
    """Return the installed size of a package in MB.

    Its requirements count, NumPy does not.
    """
    return _bytes(package, {"numpy"}) / 1e6  # every runtime needs NumPy arrays


def _bytes(package: str, counted: set[str]) -> int:
    name = re.sub(r"[-_.]+", "-", package).lower()
    if name in counted:
        return 0
    counted.add(name)
    try:
        found = distribution(name)
    except PackageNotFoundError:  # for another platform, or an extra that is not installed
        return 0
    files = (Path(str(file.locate())) for file in found.files or ())
    own = sum(file.stat().st_size for file in files if file.is_file())
    return own + sum(_bytes(required, counted) for required in _required(found.requires or []))


def _required(lines: list[str]) -> list[str]:
    names = (_NAME.match(line) for line in lines if "extra ==" not in line)
    return [match.group() for match in names if match]
