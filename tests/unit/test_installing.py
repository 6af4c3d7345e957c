"""Installing by make: extras, and the wheel for other computers."""

import re
import subprocess
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
EXTRAS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]


def make(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run make as if the environment were installed already."""
    command = ["make", "--old-file", ".venv/.installed", "--old-file", ".venv/.made", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_extras_are_installed_in_the_versions_of_the_lock():
    shown = make("--dry-run", "install", "EXTRAS=export,device").stdout
    assert "--editable '.[export,device]'" in shown
    assert "requirements/dev.lock > .venv/constraints.txt" in shown
    assert "--editable" not in make("--dry-run", "install").stdout


def test_an_unknown_extra_is_refused_with_those_that_exist():
    done = make("install", "EXTRAS=device,exprot")
    assert done.returncode != 0
    assert "There is no extra 'exprot'" in done.stderr
    listed = re.search(r"EXTRAS takes (.*), separated", done.stderr)
    assert listed is not None
    assert set(re.split(r", | and ", listed[1])) == set(EXTRAS)


def test_the_lock_of_extras_has_every_library_of_the_extras():
    lock = (REPOSITORY / "requirements" / "dev.lock").read_text("utf-8").lower()
    for requirement in (*EXTRAS["export"], *EXTRAS["device"]):
        name = re.split(r"[\[><=; ]", requirement)[0].lower().replace(".", "-")
        assert re.search(rf"^{re.escape(name)}==", lock, flags=re.MULTILINE), name


def test_the_wheel_is_built_into_the_folder_that_the_page_names():
    page = (REPOSITORY / "docs" / "microscopes.md").read_text("utf-8")
    assert "--wheel-dir dist" in make("--dry-run", "wheel").stdout
    assert "`dist/blastlens-VERSION-py3-none-any.whl`" in page
    assert page.count("blastlens-VERSION-py3-none-any.whl[device]") == 3
