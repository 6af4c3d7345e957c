"""Check of template.yaml against the rules of hipaa.guard with cfn-guard.

The template suppresses rules at a resource, with a reason. `python -m security.guard` prints the counts and fails if a
rule is broken, a reason is missing, or a suppression is not needed.
"""

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blastlens.local.stack.template import Template, find_template, read_template, translate

HERE = Path(__file__).resolve().parent
RULES = HERE / "hipaa.guard"
PROGRAM = HERE.parent / ".venv-security" / "bin" / "cfn-guard"

Finding = tuple[str, str]
"""Rule, and resource that breaks it."""

_RESOURCE = re.compile(r"/Resources/(\w+)")
_BROKEN = 19  # cfn-guard's exit status when a rule is broken; 5 and others are its own failures


@dataclass(frozen=True)
class Report:
    """Result of cfn-guard, without suppressions.

    Attributes:
        passed: rules that every resource follows.
        not_applicable: rules that concern no resource.
        broken: rule and resource.
    """

    passed: frozenset[str]
    not_applicable: frozenset[str]
    broken: frozenset[Finding]


def find_suppressions(template: Template) -> dict[Finding, str]:
    """Return (rule, resource) → reason, from `Metadata.guard`.

    The reason is "" if none is given.
    """
    found: dict[Finding, str] = {}
    for name, resource in template["Resources"].items():
        guard = resource.get("Metadata", {}).get("guard", {})
        for rule in guard.get("SuppressedRules", []):
            found[rule, name] = guard.get("Reasons", {}).get(rule, "")
    return found


def run_guard(template: Template, program: Path = PROGRAM) -> Report:
    """Run cfn-guard over a plain CloudFormation template.

    Raises:
        RuntimeError: cfn-guard failed; the message is its own.
    """
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "template.json"
        data.write_text(json.dumps(template), "utf-8")
        command: list[str | Path] = [program, "validate", "--rules", RULES, "--data", data]
        options = ["--structured", "--output-format", "json", "--show-summary", "none"]
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    if done.returncode not in (0, _BROKEN):
        raise RuntimeError(f"cfn-guard ended with {done.returncode}: {done.stderr.strip()}")
    (report,) = json.loads(done.stdout)
    return Report(
        frozenset(report["compliant"]),
        frozenset(report["not_applicable"]),
        frozenset(finding for broken in report["not_compliant"] for finding in _findings(broken["Rule"])),
    )


def _findings(rule: dict[str, Any]) -> set[Finding]:
    # A rule that requires the existence of a resource may name none.
    names = set(_RESOURCE.findall(json.dumps(rule["checks"]))) or {"template"}
    return {(rule["name"], name) for name in names}


def find_violations(report: Report, suppressed: dict[Finding, str]) -> list[str]:
    """Return a sentence for each violation."""
    return [
        *(f"{name} breaks {rule}" for rule, name in sorted(report.broken - suppressed.keys())),
        *(
            f"{name} suppresses {rule}, which it does not break"
            for rule, name in sorted(suppressed.keys() - report.broken)
        ),
        *(f"{name} suppresses {rule} without a reason" for (rule, name), why in sorted(suppressed.items()) if not why),
    ]


def main() -> int:
    """Print the counts and the violations; return the exit status."""
    template = translate(read_template(find_template()))
    report, suppressed = run_guard(template), find_suppressions(template)
    found = find_violations(report, suppressed)
    rules = {rule for rule, _ in report.broken}
    print(
        f"cfn-guard, HIPAA rules: {len(report.passed)} rules kept, {len(report.not_applicable)} without a resource, "
        f"{len(rules)} broken at {len(report.broken)} resources, of which {len(suppressed)} suppressed with a reason."
    )
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
