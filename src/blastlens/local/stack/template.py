"""template.yaml as plain CloudFormation, translated offline as `sam deploy` does."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse
from yaml import YAMLError

from blastlens.domain.errors import InvalidSettings
from blastlens.local.clients import LocalClients
from blastlens.local.stack.rules import check_rules

Template = dict[str, Any]

# Where the package lies in a checkout, five folders up: src/blastlens/local/stack/template.py.
CHECKOUT = Path(__file__).resolve().parents[4]

_CODE = "s3://blastlens-local/code.zip"
_IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/blastlens:local"


def find_template(given: Path | None = None) -> Path:
    """Return the path of the template.

    It is the given one, that of the checkout, or that of the working folder.

    Raises:
        InvalidSettings: there is none.
    """
    places = [given] if given else [CHECKOUT / "template.yaml", Path("template.yaml")]
    for place in places:
        if place.is_file():
            return place
    raise InvalidSettings(
        f"There is no template at {' or '.join(str(place) for place in places)}. The embedded cloud is made from "
        "blastlens's template.yaml: run the command in a checkout, or name its path with --template."
    )


def read_template(path: Path) -> Template:
    """Read a SAM template.

    Raises:
        InvalidSettings: it is not YAML, or has no resources.
    """
    try:
        template = yaml_parse(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"{path} is not YAML: {error}") from error
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        raise InvalidSettings(f"{path} is not a template: it has no Resources.")
    return template


def translate(template: Template, parameters: Mapping[str, str] | None = None) -> Template:
    """Return `template` with every `AWS::Serverless` resource expanded.

    Args:
        template: as it was read.
        parameters: values of parameters; a parameter without a default gets one if it is not named.

    Raises:
        InvalidSettings: the translator rejects it; the message has its causes.
    """
    prepared = _with_built_code(deepcopy(template))
    # With an explicit session the translator does not read the user's region.
    session = LocalClients("http://127.0.0.1:1").session()
    try:
        plain: Template = Translator({}, Parser(), boto_session=session).translate(
            prepared, parameter_values=with_parameters(template, parameters or {}), get_managed_policy_map=dict
        )
    except InvalidDocumentException as refusal:
        causes = "; ".join(str(cause.message) for cause in refusal.causes)
        raise InvalidSettings(f"The template cannot be translated: {causes}") from refusal
    return plain


def with_parameters(template: Template, given: Mapping[str, str]) -> dict[str, str]:
    """Return the given values, and `local` for every parameter without a default.

    Raises:
        InvalidSettings: the template has no such parameter, its value is not allowed, or a rule refuses it.
    """
    parameters = template.get("Parameters", {})
    for name, value in given.items():
        if name not in parameters:
            raise InvalidSettings(f"{name} is not a parameter of the template: it has {', '.join(parameters)}.")
        allowed = [str(one) for one in parameters[name].get("AllowedValues", [value])]
        if value not in allowed:
            raise InvalidSettings(f"The parameter {name} is {value!r}, not one of {', '.join(allowed)}.")
    complete = {name: "local" for name, parameter in parameters.items() if "Default" not in parameter} | dict(given)
    check_rules(template, complete)
    return complete


def _with_built_code(template: Template) -> Template:
    # `sam build` replaces local folders by URLs; the translator accepts only those.
    functions = template.get("Globals", {}).get("Function", {})
    functions.pop("CodeUri", None)
    for resource in template["Resources"].values():
        properties = resource.setdefault("Properties", {})
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            properties["ContentUri"] = _CODE
        elif resource["Type"] == "AWS::Serverless::Function":
            _point_to_built_code(properties, package_type=functions.get("PackageType", "Zip"))
    return template


def _point_to_built_code(properties: dict[str, Any], package_type: str) -> None:
    if properties.get("PackageType", package_type) == "Image":
        properties["ImageUri"] = _IMAGE
    else:
        properties.pop("InlineCode", None)
        properties["CodeUri"] = _CODE
