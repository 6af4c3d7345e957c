"""Lock of the spool on POSIX systems, and on Windows with its library replaced."""

import ast
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from blastlens.devices import lock
from blastlens.devices.lock import lock_file

PACKAGE = Path(lock.__file__).parents[1]
POSIX_ONLY = {"fcntl", "grp", "pwd", "resource", "termios"}


def test_a_file_is_locked_for_one_holder_until_it_is_closed(tmp_path):
    with (tmp_path / "lock").open("w") as first:
        lock_file(first)
        with (tmp_path / "lock").open("w") as second, pytest.raises(OSError):
            lock_file(second)
    with (tmp_path / "lock").open("w") as third:
        lock_file(third)


def test_windows_locks_a_byte_without_waiting(tmp_path, monkeypatch):
    calls: list[tuple[int, ...]] = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(LK_NBLCK=2, locking=lambda *given: calls.append(given)))
    on_windows = runpy.run_path(str(lock.__file__))["lock_file"]
    with (tmp_path / "lock").open("w") as file:
        on_windows(file)
        assert calls == [(file.fileno(), 2, 1)]


@pytest.mark.parametrize("folder", ["devices", "domain", "cloud"])
def test_nothing_else_that_an_agent_imports_exists_on_posix_systems_only(folder):
    for path in (PACKAGE / folder).rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert path.name == "lock.py" or not names & POSIX_ONLY, path
