"""Commands, files and figures of README.md."""

import json
import re
from pathlib import Path

import pytest

from blastlens.cli.main import COMMANDS
from blastlens.local.clients import REGION
from blastlens.local.sam_files import ENVIRONMENT, EVENTS

REPOSITORY = Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text("utf-8")
SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL))


def test_every_command_is_shown_and_every_shown_command_exists():
    assert set(re.findall(r"blastlens ([a-z-]+)", SHELL)) == set(COMMANDS)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"^make ([a-z]+)", SHELL, flags=re.MULTILINE))))
def test_a_make_target_in_the_readme_exists(target):
    assert re.search(rf"^{target}:.*## ", (REPOSITORY / "Makefile").read_text("utf-8"), flags=re.MULTILINE)


def test_the_lines_of_sam_name_the_files_that_local_writes_and_the_functions_of_the_template():
    folder = re.search(r"blastlens local .*--sam (\S+)", SHELL)
    invoked = re.findall(r"sam local invoke (\w+) --event (\S+) --env-vars (\S+) --region (\S+)", SHELL)
    assert folder is not None
    assert [(one[0], one[1]) for one in invoked] == [
        (function, f"{folder[1]}/{event}") for function, event in EVENTS.items()
    ]
    assert {one[2:] for one in invoked} == {(f"{folder[1]}/{ENVIRONMENT}", REGION)}


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_a_link_to_a_file_in_the_readme_leads_somewhere(link):
    assert "://" in link or (REPOSITORY / link).exists()


def test_the_costs_in_the_readme_are_those_of_the_performance_page():
    run = json.loads((REPOSITORY / "docs" / "runs" / "performance-cost.json").read_text("utf-8"))["figures"]
    rows = [row for row in run["rows"] if row["memory_mb"] == run["template_mb"]]
    expected = [f"| {row['a_day']:,} | {row['usd_per_1000']:.3g} | {row['without_snapshot']:.3g} |" for row in rows]
    assert len(expected) == 3 and all(line in README for line in expected)
