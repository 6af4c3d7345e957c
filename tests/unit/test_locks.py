"""Lock files against pyproject.toml and each other."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS_OF_LOCK = {"lambda": (), "local": ("local",), "dev": ("local", "training", "export", "dev")}


def read_lock(name: str) -> dict[str, set[str]]:
    """Return the pinned versions by package; a package has two where they differ by Python version."""
    pins: dict[str, set[str]] = {}
    for line in (REPOSITORY / "requirements" / f"{name}.lock").read_text("utf-8").splitlines():
        if pin := re.match(r"([\w.-]+)==(\S+)", line):
            pins.setdefault(canonicalize_name(pin[1]), set()).add(pin[2])
    return pins


@pytest.mark.parametrize("name", EXTRAS_OF_LOCK)
def test_a_lock_pins_all_that_its_extras_ask_for(name):
    asked = [*PROJECT["dependencies"]]
    for extra in EXTRAS_OF_LOCK[name]:
        asked += PROJECT["optional-dependencies"][extra]
    pins = read_lock(name)
    for requirement in map(Requirement, asked):
        versions = pins.get(canonicalize_name(requirement.name), set())
        assert versions, f"{requirement.name} is in no lock: run make lock"
        assert all(version in requirement.specifier for version in versions), f"{requirement}: run make lock"


@pytest.mark.parametrize("name", ["lambda", "local", "layer", "push", "report"])
def test_what_runs_is_what_was_tested(name):
    tested = read_lock("dev")
    assert all(versions == tested[package] for package, versions in read_lock(name).items())


@pytest.mark.parametrize("lock", sorted((REPOSITORY / "requirements").glob("*.lock")), ids=lambda lock: lock.name)
def test_a_lock_names_no_registry_and_no_path(lock):
    assert not re.search(r"://|^-|^\s*/", lock.read_text("utf-8"), flags=re.MULTILINE)


def test_making_a_lock_names_no_registry():
    recipes = (REPOSITORY / "Makefile").read_text("utf-8")
    assert not re.search(r"index[^\n]*://|://[^\s]*/simple", recipes)
