"""Selection of the template's resources that the embedded services support."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from moto.cloudformation.parsing import get_model_map

from blastlens.local.stack.template import Template

# moto would run these in containers or not at all; here functions are called in this process, and nothing is scheduled.
_RUN_HERE = ("AWS::Lambda::", "AWS::ApiGateway::", "AWS::ApiGatewayV2::", "AWS::Serverless::", "AWS::Events::")

_PLACE = re.compile(r"\$\{(\w+)(?:\.[\w.]+)?\}")


@dataclass(frozen=True)
class Selection:
    """A template, split into supported and other resources.

    Attributes:
        kept: template of the supported resources; references to the others are replaced by their logical ids.
        left_out: logical id → resource, with the same replacement.
    """

    kept: Template
    left_out: dict[str, dict[str, Any]]

    @property
    def summary(self) -> str:
        """One line with the types left out and their counts."""
        counts = Counter(resource["Type"] for resource in self.left_out.values())
        named = [kind if count == 1 else f"{kind} ({count})" for kind, count in sorted(counts.items())]
        return f"Left out, not needed or not supported here: {', '.join(named) or 'nothing'}."


def select(template: Template) -> Selection:
    """Split a plain CloudFormation template by resource type."""
    left = {name: one for name, one in template["Resources"].items() if not _can_be_made(one["Type"])}
    names = frozenset(left)
    kept = {name: _without(one, names) for name, one in template["Resources"].items() if name not in names}
    outputs = template.get("Outputs", {})
    selected: Template = {
        **template,
        "Resources": kept,
        "Outputs": {name: one for name, one in outputs.items() if _without(one, names) == one},
    }
    return Selection(selected, _without(left, names))


def _can_be_made(kind: str) -> bool:
    return kind in get_model_map() and not kind.startswith(_RUN_HERE)


def _without(value: Any, names: frozenset[str]) -> Any:
    """Return `value` with every reference to one of `names` replaced by the name."""
    if isinstance(value, list):
        return [_without(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("Ref") in names:
        return value["Ref"]
    if "Fn::GetAtt" in value and _first(value["Fn::GetAtt"]) in names:
        return _first(value["Fn::GetAtt"])
    if "Fn::Sub" in value:
        return {"Fn::Sub": _text_without(value["Fn::Sub"], names)}
    rest = {key: _without(item, names) for key, item in value.items() if key != "DependsOn"}
    return rest | _dependencies(value.get("DependsOn"), names)


def _first(attribute: list[str] | str) -> str:
    return attribute[0] if isinstance(attribute, list) else attribute.split(".")[0]


def _text_without(text: Any, names: frozenset[str]) -> Any:
    if isinstance(text, list):
        return [_text_without(text[0], names), _without(text[1], names)]
    return _PLACE.sub(lambda place: place[1] if place[1] in names else place[0], text)


def _dependencies(given: Any, names: frozenset[str]) -> dict[str, list[str]]:
    wanted = [given] if isinstance(given, str) else list(given or [])
    kept = [name for name in wanted if name not in names]
    return {"DependsOn": kept} if kept else {}
