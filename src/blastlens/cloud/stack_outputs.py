"""Outputs and parameters of a deployed CloudFormation stack."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from blastlens.cloud.service_errors import service_fault_from, translated_errors
from blastlens.domain.errors import InvalidSettings

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef


def stack_outputs(client: "CloudFormationClient", name: str, wanted: Sequence[str]) -> dict[str, str]:
    """Return a stack's outputs by their keys; all keys of `wanted` are among them.

    Raises:
        InvalidSettings: there is no such stack, or it was deployed from an older template.
        ServiceFault: CloudFormation refused; ServiceUnavailable where trying again may help.
    """
    stack = _describe(client, name)
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
    missing = [key for key in wanted if key not in outputs]
    if missing:
        raise InvalidSettings(f"The stack {name} has no output {', '.join(missing)}: deploy this version first.")
    return outputs


def stack_parameters(client: "CloudFormationClient", name: str) -> dict[str, str]:
    """Return the values of a stack's parameters by their names.

    Raises:
        InvalidSettings: there is no such stack.
        ServiceFault: CloudFormation refused; ServiceUnavailable where trying again may help.
    """
    return {one["ParameterKey"]: one["ParameterValue"] for one in _describe(client, name).get("Parameters", [])}


def _describe(client: "CloudFormationClient", name: str) -> "StackTypeDef":
    with translated_errors("read the stack"):
        try:
            (stack,) = client.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                raise InvalidSettings(
                    f"There is no stack {name} in {client.meta.region_name} of this account: name yours with --stack "
                    "and --region, list them with `aws cloudformation list-stacks`, or deploy it with `sam deploy`."
                ) from None
            raise service_fault_from("read the stack", error) from None
    return stack
