"""References in CONTRIBUTING, hooks and hosted CI; selection of browser tests."""

import re
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import yaml

from tests import conftest

REPOSITORY = Path(__file__).resolve().parents[2]
CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text("utf-8")
MAKEFILE = (REPOSITORY / "Makefile").read_text("utf-8")
HOOKS = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text("utf-8"))
WORKFLOW = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "ci.yml").read_text("utf-8"))


def ignores_browser(*args: str, mark: str = "") -> bool:
    """Tell whether a run of pytest with these arguments leaves tests/browser out."""
    config = SimpleNamespace(args=list(args), getoption=lambda name: mark)
    return bool(conftest.pytest_ignore_collect(REPOSITORY / "tests" / "browser", cast(pytest.Config, config)))


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", CONTRIBUTING))))
def test_a_link_in_contributing_leads_somewhere(link):
    assert "://" in link or (REPOSITORY / link).exists()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z-]+)", CONTRIBUTING))))
def test_a_make_target_in_contributing_exists(target):
    assert re.search(rf"^{target}:.*## ", MAKEFILE, flags=re.MULTILINE)


@pytest.mark.parametrize("folder", sorted(set(re.findall(r"^\| `(tests/\w+)/`", CONTRIBUTING, flags=re.MULTILINE))))
def test_a_test_folder_in_contributing_exists(folder):
    assert (REPOSITORY / folder).is_dir()


@pytest.mark.parametrize("hook", HOOKS["repos"][0]["hooks"], ids=lambda hook: hook["id"])
def test_a_hook_calls_a_tool_of_make_check(hook):
    program, *arguments = hook["entry"].removeprefix(".venv/bin/").split()
    command = " ".join([program, *(word for word in arguments if word not in ("--force-exclude", "--fix"))])
    assert f"\t$(BIN)/{command}" in MAKEFILE


def test_hooks_download_nothing():
    assert [repo["repo"] for repo in HOOKS["repos"]] == ["local"]


def test_hosted_ci_runs_the_script_on_every_supported_python():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    supported = [line.rpartition(" ")[2] for line in project["classifiers"] if re.search(r":: 3\.\d+$", line)]
    job = WORKFLOW["jobs"]["run"]
    assert job["strategy"]["matrix"]["python"] == supported
    assert job["steps"][-1]["run"] == "bash .ci/run"


@pytest.mark.parametrize("args", [["tests"], ["tests/unit", "tests/model"], [str(REPOSITORY)]])
def test_browser_tests_are_left_out(args):
    assert ignores_browser(*args)


@pytest.mark.parametrize("args", [["tests/browser"], ["tests/unit", "tests/browser/test_page.py::test_opens"]])
def test_browser_tests_run_where_they_are_named(args, monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    assert not ignores_browser(*args)


def test_browser_tests_run_where_their_mark_is_named():
    assert not ignores_browser("tests", mark="browser and not slow")
