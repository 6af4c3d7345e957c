"""CloudFormation's template rules: checks of parameters before a deployment."""

from collections.abc import Callable, Mapping
from typing import Any

from blastlens.domain.errors import InvalidSettings

Parameters = Mapping[str, str]


def check_rules(template: Mapping[str, Any], parameters: Parameters) -> None:
    """Check the assertions of the section Rules, as CloudFormation does.

    Args:
        template: as it was read.
        parameters: values of parameters; the others have their defaults.

    Raises:
        InvalidSettings: an assertion does not hold; the message is its description.
    """
    defaults = {name: str(one.get("Default", "")) for name, one in template.get("Parameters", {}).items()}
    values = {**defaults, **parameters}
    for rule in template.get("Rules", {}).values():
        if "RuleCondition" in rule and not _evaluate(rule["RuleCondition"], values):
            continue
        for assertion in rule["Assertions"]:
            if not _evaluate(assertion["Assert"], values):
                raise InvalidSettings(str(assertion["AssertDescription"]).strip())


def _evaluate(expression: Any, values: Parameters) -> Any:
    if isinstance(expression, list):
        return [_evaluate(one, values) for one in expression]
    if not isinstance(expression, dict):
        return str(expression)
    ((function, given),) = expression.items()
    if function == "Ref":
        return values[given]
    arguments = _evaluate(given, values)
    return _FUNCTIONS[function](*arguments)


_FUNCTIONS: dict[str, Callable[..., bool]] = {
    "Fn::Equals": lambda first, second: bool(first == second),
    "Fn::Contains": lambda texts, text: text in texts,
    "Fn::Not": lambda condition: not condition,
    "Fn::And": lambda *conditions: all(conditions),
    "Fn::Or": lambda *conditions: any(conditions),
}
