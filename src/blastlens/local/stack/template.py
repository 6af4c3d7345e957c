"""template.yaml as plain CloudFormation: what `sam deploy` would send, made without a network."""

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

Template = dict[str, Any]

# Where the package lies in a checkout, five folders up: src/blastlens/local/stack/template.py.
_CHECKOUT = Path(__file__).resolve().parents[4]

_CODE = "s3://blastlens-local/code.zip"
_IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/blastlens:local"


def find_template(given: Path | None = None) -> Path:
    """Return the path of the template: the given one, the checkout's that this package runs from, the working folder's.

    Raises:
        InvalidSettings: there is none.
    """
    places = [given] if given else [_CHECKOUT / "template.yaml", Path("template.yaml")]
    for place in places:
        if place.is_file():
            return place
    raise InvalidSettings(
        f"There is no template at {' or '.join(str(place) for place in places)}. The embedded cloud is made from "
        "blastlens's template.yaml: run the command in a checkout, or say where it is with --template."
    )


def read_template(path: Path) -> Template:
    """Read a SAM template.

    Raises:
        InvalidSettings: it is no YAML, or holds no resources.
    """
    try:
        template = yaml_parse(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as fault:
        raise InvalidSettings(f"{path} is no YAML: {fault}") from fault
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        raise InvalidSettings(f"{path} holds no Resources: it is no template.")
    return template


def translate(template: Template, parameters: Mapping[str, str] | None = None) -> Template:
    """Return `template` with every `AWS::Serverless` resource turned into what it stands for.

    Args:
        template: as it was read.
        parameters: values of parameters; those without a default get one where they are not named.

    Raises:
        InvalidSettings: the translator refuses it; the message carries its reasons.
    """
    prepared = _with_built_code(deepcopy(template))
    # A session is handed over so that the user's own, and with it their region, is never looked at.
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
    """Return the parameters' values that are not their defaults; where there is no default, somebody would type one.

    Raises:
        InvalidSettings: a name is no parameter's, or its value is not allowed.
    """
    parameters = template.get("Parameters", {})
    for name, value in given.items():
        if name not in parameters:
            raise InvalidSettings(f"{name} is no parameter of the template; these are: {', '.join(parameters)}.")
        allowed = [str(one) for one in parameters[name].get("AllowedValues", [value])]
        if value not in allowed:
            raise InvalidSettings(f"The parameter {name} is {value!r}, not one of {', '.join(allowed)}.")
    return {name: "local" for name, parameter in parameters.items() if "Default" not in parameter} | dict(given)


def _with_built_code(template: Template) -> Template:
    # `sam build` replaces local folders by addresses; the translator accepts nothing else.
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
