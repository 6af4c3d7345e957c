"""Fixtures of all tests: fake credentials, loopback only, folder of real images."""

import os
import socket
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader

from tests.groups import GroupScheduling, group_of

REPOSITORY = Path(__file__).resolve().parent.parent

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "POWERTOOLS_METRICS_NAMESPACE": "blastlens",
    "POWERTOOLS_SERVICE_NAME": "blastlens",
    "POWERTOOLS_TRACE_DISABLED": "true",
    "TF_CPP_MIN_LOG_LEVEL": "2",
}
# A developer's own account, endpoint or proxy must not reach a test.
UNSET = ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def pytest_configure(config: pytest.Config) -> None:
    """Set the environment before any test module, and so any of our modules, is imported."""
    os.environ.update(ENVIRONMENT)
    for name in (*UNSET, *PROXIES, *(name.lower() for name in PROXIES)):
        os.environ.pop(name, None)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the browser tests out of every run that names neither their folder nor their mark."""
    browser = REPOSITORY / "tests" / "browser"
    if collection_path != browser or "browser" in (config.getoption("-m") or ""):
        return None
    named = any(Path(argument.partition("::")[0]).resolve().is_relative_to(browser) for argument in config.args)
    return None if named else True


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Distribute tests by the groups of `tests.groups`."""
    return GroupScheduling(config, log) if config.getoption("dist") == "loadgroup" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the groups with slow tests first, so that no process is left with one of them at the end."""
    slow = {group_of(item.nodeid) for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: group_of(item.nodeid) not in slow)


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """Refuse every connection of this process that would leave the machine."""
    connect = socket.socket.connect

    def guarded(this: socket.socket, address: Any) -> None:
        if this.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise PermissionError(f"tests stay on this machine, but one connects to {address}")
        connect(this, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(scope="session", autouse=True)
def service_descriptions() -> Iterator[None]:
    """Parse each of botocore's files once for all clients of this process.

    Each session parses them again otherwise, which takes most of the time in which an embedded cloud starts.
    """
    load = cache(JSONFileLoader().load_file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", lambda _, path: load(path))
        yield


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that pyproject.toml lies in."""
    return REPOSITORY


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real images; tests that ask for it are skipped where there is none.

    Real images are never part of the repository. They are looked for where BLASTLENS_DATA says,
    else in ../shared/data beside the repository. Inside lie taleqani-all/, wbc-masks/, other-smears/
    and not-smears/.
    """
    folder = Path(os.environ.get("BLASTLENS_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real images in {folder}: name their folder in BLASTLENS_DATA")
    return folder
