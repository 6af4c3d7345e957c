"""Program that writes the table of suppressed rules into docs/security.md.

The rules and their reasons come from the metadata of the resources in template.yaml.
"""

import sys
from pathlib import Path
from typing import Any

from blastlens.local.stack.template import Template, find_template, read_template

PAGE = Path(__file__).resolve().parent / "security.md"
START, END = "<!-- suppressions: made by docs/make_suppressions.py -->\n", "<!-- end of suppressions -->"


def suppressed(template: Template) -> list[tuple[str, str, str]]:
    """Return (rule, resource, reason) of every suppression of checkov and cfn-guard, sorted."""
    found: list[tuple[str, str, str]] = []
    for name, resource in template["Resources"].items():
        metadata: dict[str, Any] = resource.get("Metadata", {})
        found += [(one["id"], name, one["comment"]) for one in metadata.get("checkov", {}).get("skip", [])]
        guard = metadata.get("guard", {})
        found += [(rule, name, guard["Reasons"][rule]) for rule in guard.get("SuppressedRules", [])]
    return sorted(found)


def table(template: Template) -> str:
    """Return the Markdown table: one line for each rule and reason, with the resources that share it."""
    resources: dict[tuple[str, str], list[str]] = {}
    for rule, name, reason in suppressed(template):
        resources.setdefault((rule, " ".join(reason.split())), []).append(name)
    lines = [f"| `{rule}` | {', '.join(names)} | {reason} |" for (rule, reason), names in resources.items()]
    return "\n".join(["| rule | resources | why |", "|---|---|---|", *lines, ""])


def render(page: str, template: Template) -> str:
    """Return the page with a new table."""
    before, _, rest = page.partition(START)
    return before + START + table(template) + END + rest.partition(END)[2]


if __name__ == "__main__":
    sys.exit(PAGE.write_text(render(PAGE.read_text("utf-8"), read_template(find_template())), "utf-8") < 0)
