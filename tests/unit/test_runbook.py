"""docs/runbook.md: a section for each alarm, and its commands."""

import re
from pathlib import Path

from blastlens.cli.main import COMMANDS
from blastlens.local.stack.template import find_template, read_template

REPOSITORY = Path(__file__).resolve().parents[2]
RUNBOOK = (REPOSITORY / "docs" / "runbook.md").read_text("utf-8")


def sections() -> dict[str, str]:
    parts = re.split(r"^## (\w+)$", RUNBOOK, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_alarm_has_a_section_and_every_section_an_alarm():
    resources = read_template(find_template())["Resources"]
    alarms = {name for name, one in resources.items() if one["Type"] == "AWS::CloudWatch::Alarm"}
    assert set(sections()) == alarms


def test_every_section_begins_with_the_meaning_of_its_alarm():
    assert all(re.match(r"\s*\*[A-Z].+?\*", text, flags=re.DOTALL) for text in sections().values())


def test_every_blastlens_command_in_the_runbook_exists():
    typed = "\n".join(re.findall(r"```sh\n(.*?)```", RUNBOOK, flags=re.DOTALL))
    named = set(re.findall(r"bin/blastlens ([a-z-]+)", typed))
    assert {"redrive", "quarantine", "audit-trail", "reconcile"} <= named <= set(COMMANDS)
