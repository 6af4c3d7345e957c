"""Commands that messages print to be typed."""

import sys

import pytest

from blastlens.cli.printed_commands import install_command, program


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A folder with an installation, whose path has a space."""
    folder = tmp_path / "my programs"
    folder.mkdir()
    (folder / "blastlens").write_text("#!/bin/sh\n")
    (folder / "blastlens").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    return folder


def test_the_program_is_called_by_its_name_where_the_shell_finds_it(installed, monkeypatch):
    monkeypatch.setenv("PATH", str(installed))
    assert program() == "blastlens"


def test_the_program_is_called_by_its_path_where_the_shell_does_not_find_it(installed, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert program() == f"'{installed}/blastlens'"


def test_an_extra_is_installed_from_a_clone_or_the_wheel_and_never_from_pypi():
    assert "make install EXTRAS=export" in install_command("export")
    assert "'blastlens[" not in install_command("export")
