"""Selection of the template's resources that the embedded services support."""

import re
from collections import Counter
from collections.abc import Mapping
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
        kept: template of the supported resources; references to the others are replaced by their logical ids, or by
            the physical ids that they were made with.
        left_out: logical id → resource, with the same replacement.
    """

    kept: Template
    left_out: dict[str, dict[str, Any]]

    @property
    def summary(self) -> str:
        """One line with the types left out, or made by other means, and their counts."""
        counts = Counter(resource["Type"] for resource in self.left_out.values())
        named = [kind if count == 1 else f"{kind} ({count})" for kind, count in sorted(counts.items())]
        return f"Left out, not needed or not supported here: {', '.join(named) or 'nothing'}."


def select(template: Template, made: Mapping[str, str] | None = None) -> Selection:
    """Split a plain CloudFormation template by resource type.

    Args:
        template: a plain template.
        made: logical id → physical id of resources that were made already by other means. References to them are
            replaced by it.
    """
    physical = made or {}
    resources = template["Resources"]
    left = {name: one for name, one in resources.items() if name in physical or not _can_be_made(one["Type"])}
    texts = {name: physical.get(name, name) for name in left}
    unknown = {name: name for name in left if name not in physical}
    kept = {name: _without(one, texts) for name, one in resources.items() if name not in left}
    outputs = template.get("Outputs", {})
    selected: Template = {
        **template,
        "Resources": kept,
        "Outputs": {name: _without(one, texts) for name, one in outputs.items() if _without(one, unknown) == one},
    }
    return Selection(selected, _without(left, texts))


def _can_be_made(kind: str) -> bool:
    return kind in get_model_map() and not kind.startswith(_RUN_HERE)


def _without(value: Any, texts: Mapping[str, str]) -> Any:
    """Return `value` with every reference to one of `texts` replaced by its text."""
    if isinstance(value, list):
        return [_without(item, texts) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("Ref") in texts:
        return texts[value["Ref"]]
    if "Fn::GetAtt" in value and _first(value["Fn::GetAtt"]) in texts:
        return texts[_first(value["Fn::GetAtt"])]
    if "Fn::Sub" in value:
        return {"Fn::Sub": _text_without(value["Fn::Sub"], texts)}
    rest = {key: _without(item, texts) for key, item in value.items() if key != "DependsOn"}
    return rest | _dependencies(value.get("DependsOn"), texts)


def _first(attribute: list[str] | str) -> str:
    return attribute[0] if isinstance(attribute, list) else attribute.split(".")[0]


def _text_without(text: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(text, list):
        return [_text_without(text[0], texts), _without(text[1], texts)]
    return _PLACE.sub(lambda place: texts.get(place[1], place[0]), text)


def _dependencies(given: Any, texts: Mapping[str, str]) -> dict[str, list[str]]:
    wanted = [given] if isinstance(given, str) else list(given or [])
    kept = [name for name in wanted if name not in texts]
    return {"DependsOn": kept} if kept else {}
