"""docs/risk.md: every control names an existing test."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "docs" / "risk.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (\d+\. [^\n]+)\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
ROW = re.compile(r"^\| ([^|]+) \| `([^`]+)` \|$", re.MULTILINE)
CONTROLS = [(title, *row) for title, text in SECTIONS.items() for row in ROW.findall(text)]


@cache
def names_in(file: str) -> frozenset[str]:
    """Names of the test functions of a file; none where there is no such file."""
    path = REPOSITORY / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(one.name for one in tree.body if isinstance(one, ast.FunctionDef) and one.name.startswith("test_"))


@pytest.mark.parametrize(("title", "control", "test"), CONTROLS)
def test_every_control_names_a_test_that_exists(title, control, test):
    file, _, name = test.partition("::")
    assert file.startswith("tests/") and name in names_in(file), f"{title}: {control}"


def test_every_hazard_of_the_table_has_a_section_and_every_section_a_row():
    table = PAGE.partition("## Hazards")[2].partition("\n## ")[0]
    assert re.findall(r"^\| \[(\d+\. [^\]]+)\]", table, flags=re.MULTILINE) == list(SECTIONS)


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_has_hazard_sequence_harm_controls_and_residual_risk(title):
    text = SECTIONS[title]
    assert re.match(r"\n\*[^*]+\*\n", text)
    harm = re.search(r"^\*\*Harm\.\*\* .+: (critical|serious|moderate)\.$", text, flags=re.MULTILINE)
    assert harm and all(f"**{part}.** " in text for part in ("Sequence", "Residual risk"))
    rows = [line for line in text.splitlines() if line.startswith("| ") and line != "| control | test |"]
    assert len(rows) == len(ROW.findall(text)) > 0


def test_the_severity_in_the_table_is_that_of_the_section():
    table = dict(re.findall(r"^\| \[(\d+\. [^\]]+)\][^|]*\|[^|]*\| (\w+) \|$", PAGE, flags=re.MULTILINE))
    stated = {title: re.findall(r": (\w+)\.$", text, flags=re.MULTILINE)[:1] for title, text in SECTIONS.items()}
    assert stated == {title: [severity] for title, severity in table.items()}


def test_the_hazards_to_start_from_are_on_the_page():
    wanted = (
        "wrong patient, stale, duplicate notice, silent loss, over-trust in benign, contradictory fields, "
        "superseded image, before a doctor looked, retraction, model change in mid-examination, gate bypass, "
        "skew between training and serving, lower magnification, language, clock skew"
    )
    titles = " ".join(SECTIONS).lower()
    assert [one for one in wanted.split(", ") if one not in titles] == []
