"""Deployment of template.yaml to the embedded services."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from blastlens.domain.errors import ServiceFault
from blastlens.local.clients import LocalClients
from blastlens.local.event_sources.mappings import QueueMapping, StreamMapping, is_stream
from blastlens.local.http.page_headers import PageHeaders
from blastlens.local.http.routes import Route
from blastlens.local.stack.buckets import set_up_bucket
from blastlens.local.stack.http_api import TokenAuthorizer, read_authorizers, read_routes
from blastlens.local.stack.page_headers import read_headers
from blastlens.local.stack.selection import Selection, select
from blastlens.local.stack.signing_keys import make_signing_keys
from blastlens.local.stack.template import Template, read_template, translate, with_parameters
from blastlens.local.stack.user_pool import UserPool, make_user_pool

STACK_NAME = "blastlens-local"

_RESOLVED_TYPES = (
    "AWS::Lambda::Function",
    "AWS::Lambda::EventSourceMapping",
    "AWS::S3::Bucket",
    "AWS::ApiGatewayV2::Api",
    "AWS::CloudFront::ResponseHeadersPolicy",
)


@dataclass(frozen=True)
class FunctionSettings:
    """The template's settings of one function.

    Attributes:
        environment: its environment variables, resolved.
        timeout_seconds: timeout of one invocation.
        memory_mb: its memory; 1769 MB are one vCPU.
    """

    environment: Mapping[str, str]
    timeout_seconds: int
    memory_mb: int


@dataclass(frozen=True)
class Stack:
    """A deployed stack.

    Attributes:
        resources: logical id → physical id (a bucket's name, a queue's URL, a topic's ARN).
        functions: logical id → settings of the function.
        queues: event source mappings of queues.
        streams: event source mappings of streams.
        routes: routes of the HTTP API.
        token_authorizers: authorizers of tokens, by name.
        user_pool: the clinicians' user pool; None if the template has none.
        page_headers: headers of the page's files.
        stage: its stage.
        left_out: one line with the resource types that were not created.
        page_url: address of the page; None before it is served.
    """

    resources: Mapping[str, str]
    functions: Mapping[str, FunctionSettings]
    queues: tuple[QueueMapping, ...]
    streams: tuple[StreamMapping, ...]
    routes: tuple[Route, ...]
    token_authorizers: Mapping[str, TokenAuthorizer]
    user_pool: UserPool | None
    page_headers: PageHeaders
    stage: str
    left_out: str
    page_url: str | None = None

    @property
    def mappings(self) -> tuple[QueueMapping | StreamMapping, ...]:
        """Every event source mapping."""
        return (*self.queues, *self.streams)


def make_stack(template_path: Path, clients: LocalClients, given: Mapping[str, str] | None = None) -> Stack:
    """Create every resource of the template that the embedded services support.

    Args:
        template_path: the template.
        clients: clients of the embedded services.
        given: values of parameters; the others have their defaults.

    Raises:
        InvalidSettings: the template cannot be read or translated, or it has no such parameter.
        ServiceFault: moto rejected it.
    """
    source = read_template(template_path)
    parameters = with_parameters(source, given or {})
    plain = translate(source, parameters)
    users = make_user_pool(plain, clients)
    made = {**(users.by_logical_id if users else {}), **make_signing_keys(plain, clients)}
    selection = select(plain, made)
    resolved = _create(selection, parameters, clients)
    resources = {**_physical_ids(clients), **made}
    for name, properties in resolved["AWS::S3::Bucket"].items():
        set_up_bucket(clients.client("s3"), resources[name], properties)
    mappings = [
        (_function_of(properties["FunctionName"], selection.left_out), properties)
        for properties in resolved["AWS::Lambda::EventSourceMapping"].values()
    ]
    apis = [properties["Body"] for properties in resolved["AWS::ApiGatewayV2::Api"].values()]
    return Stack(
        resources=resources,
        functions={name: _settings(one) for name, one in resolved["AWS::Lambda::Function"].items()},
        queues=tuple(QueueMapping.from_properties(name, one) for name, one in mappings if not is_stream(one)),
        streams=tuple(StreamMapping.from_properties(name, one) for name, one in mappings if is_stream(one)),
        routes=read_routes(apis),
        token_authorizers=read_authorizers(apis),
        user_pool=users,
        page_headers=read_headers(
            _distribution(plain), resolved["AWS::CloudFront::ResponseHeadersPolicy"], clients.endpoint
        ),
        stage=parameters.get("Stage") or str(source.get("Parameters", {}).get("Stage", {}).get("Default", "")),
        left_out=selection.summary,
    )


def _distribution(plain: Template) -> Mapping[str, Any]:
    """Return the configuration of the page's distribution, not resolved; empty where the template has none."""
    found = [one for one in plain["Resources"].values() if one["Type"] == "AWS::CloudFront::Distribution"]
    configuration: Mapping[str, Any] = found[0]["Properties"]["DistributionConfig"] if found else {}
    return configuration


def _create(selection: Selection, parameters: Mapping[str, str], clients: LocalClients) -> dict[str, dict[str, Any]]:
    """Create the kept resources.

    Return type → logical id → resolved properties, for `_RESOLVED_TYPES`.
    """
    by_output = _resolved_resources(selection)
    template = {**selection.kept, "Outputs": {**selection.kept["Outputs"], **_as_outputs(by_output)}}
    cloudformation = clients.client("cloudformation")
    try:
        cloudformation.create_stack(
            StackName=STACK_NAME,
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        (stack,) = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"]
    except ClientError as error:
        raise ServiceFault(f"The embedded services reject the template: {error}") from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    resolved: dict[str, dict[str, Any]] = {kind: {} for kind in _RESOLVED_TYPES}
    for key, (name, resource) in by_output.items():
        resolved[resource["Type"]][name] = json.loads(outputs[key])
    return resolved


def _resolved_resources(selection: Selection) -> dict[str, tuple[str, Template]]:
    resources = {**selection.kept["Resources"], **selection.left_out}
    wanted = [(name, one) for name, one in sorted(resources.items()) if one["Type"] in _RESOLVED_TYPES]
    return {f"Properties{number}": item for number, item in enumerate(wanted)}


def _as_outputs(by_output: Mapping[str, tuple[str, Template]]) -> Template:
    # CloudFormation resolves references, conditions and parameters in outputs: no second resolver is needed.
    return {
        key: {"Value": {"Fn::ToJsonString": resource.get("Properties", {})}} for key, (_, resource) in by_output.items()
    }


def _physical_ids(clients: LocalClients) -> dict[str, str]:
    found = clients.client("cloudformation").describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    # moto has no physical id for some types (IoT's); they are not needed.
    return {one["LogicalResourceId"]: _address(one, clients) for one in found if "PhysicalResourceId" in one}


def _address(resource: Mapping[str, str], clients: LocalClients) -> str:
    physical = resource["PhysicalResourceId"]
    if resource["ResourceType"] != "AWS::SQS::Queue":
        return physical
    # moto returns the queue's URL in AWS; here the URL has to be one of the embedded services.
    return str(clients.client("sqs").get_queue_url(QueueName=physical.rpartition("/")[2])["QueueUrl"])


def _function_of(name: str, left_out: Mapping[str, Template]) -> str:
    """Follow an alias to the logical id of its function."""
    resource = left_out[name]
    return str(resource["Properties"]["FunctionName"]) if resource["Type"] == "AWS::Lambda::Alias" else name


def _settings(properties: Mapping[str, Any]) -> FunctionSettings:
    variables = properties.get("Environment", {}).get("Variables", {})
    return FunctionSettings(
        environment={name: str(value) for name, value in variables.items()},
        timeout_seconds=int(properties.get("Timeout", 3)),
        memory_mb=int(properties.get("MemorySize", 128)),
    )
