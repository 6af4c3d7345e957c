"""Signing keys of the template, made through moto's API for KMS."""

from collections.abc import Mapping

from blastlens.local.clients import LocalClients
from blastlens.local.stack.template import Template


def make_signing_keys(template: Template, clients: LocalClients) -> Mapping[str, str]:
    """Make the keys of a plain template that sign; return logical id → ARN.

    moto's CloudFormation makes every key one for encryption.
    """
    kms = clients.client("kms")
    made = {}
    for name, resource in template["Resources"].items():
        given = resource.get("Properties", {})
        if resource["Type"] == "AWS::KMS::Key" and given.get("KeyUsage") == "SIGN_VERIFY":
            key = kms.create_key(KeySpec=given["KeySpec"], KeyUsage=given["KeyUsage"])
            made[name] = str(key["KeyMetadata"]["Arn"])
    return made
