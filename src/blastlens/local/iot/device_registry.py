"""Things, certificates and roles, read from moto."""

import json
from collections.abc import Callable
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.config import default_user_config
from moto.iam.models import iam_backends
from moto.iot.exceptions import InvalidRequestException, ResourceNotFoundException
from moto.iot.models import IoTBackend, iot_backends

from blastlens.local.clients import REGION
from blastlens.local.iot.certificate_authority import CertificateAuthority
from blastlens.local.iot.policies import Statement

_PARTITION = "aws"


def patch_moto_certificates(authority: CertificateAuthority, provider_address: Callable[[], str]) -> Callable[[], None]:
    """Patch moto to certify a request's key, to name our credentials provider, and to number certificates as AWS does.

    moto issues a certificate for a key of its own, which the device does not have. Unless told otherwise, it derives
    a certificate's id from its PEM text and not from its DER encoding.

    Args:
        authority: signs.
        provider_address: returns host and port of the credentials provider.

    Returns:
        A function that removes the patch.
    """
    numbering = dict(default_user_config["iot"])
    create, describe = IoTBackend.create_certificate_from_csr, IoTBackend.describe_endpoint

    def create_certificate_from_csr(self: Any, csr: str, set_as_active: bool) -> Any:
        try:
            pem = authority.sign_request(csr)
        except ValueError as error:
            raise InvalidRequestException(str(error)) from None
        return self.register_certificate(pem, ca_certificate_pem=None, set_as_active=set_as_active, status="INACTIVE")

    def describe_endpoint(self: Any, endpoint_type: str) -> Any:
        endpoint = describe(self, endpoint_type)
        if endpoint_type == "iot:CredentialProvider":
            endpoint.endpoint = provider_address()
        return endpoint

    default_user_config["iot"]["use_valid_cert"] = True
    IoTBackend.create_certificate_from_csr = create_certificate_from_csr  # type: ignore[method-assign]
    IoTBackend.describe_endpoint = describe_endpoint  # type: ignore[method-assign]

    def restore() -> None:
        default_user_config["iot"].update(numbering)  # type: ignore[typeddict-item]
        IoTBackend.create_certificate_from_csr = create  # type: ignore[method-assign]
        IoTBackend.describe_endpoint = describe  # type: ignore[method-assign]

    return restore


def find_certificate(pem: str) -> tuple[str, str, bool] | None:
    """Return a registered certificate's ARN, its id and whether it is active.

    Returns None for an unknown one.
    """
    wanted = "".join(pem.split())
    for one in list(_iot().certificates.values()):
        if "".join(one.certificate_pem.split()) == wanted:
            return one.arn, one.certificate_id, one.status == "ACTIVE"
    return None


def thing_type_of(thing: str, certificate_arn: str) -> str | None:
    """Return the type of a thing that a certificate is attached to, "" for none.

    Returns None where it is not attached.
    """
    if thing not in _iot().list_principal_things(certificate_arn):
        return None
    kind = _iot().describe_thing(thing).thing_type
    return kind.thing_type_name if kind else ""


def certificate_statements(certificate_arn: str) -> list[Statement]:
    """Return the statements of a certificate's IoT policies."""
    return [one for policy in _iot().list_attached_policies(certificate_arn) for one in _statements(policy.document)]


def role_alias_of(name: str) -> tuple[str, str, int] | None:
    """Return a role alias's ARN, role name and credential duration in seconds.

    Returns None if there is none.
    """
    try:
        alias = _iot().describe_role_alias(name)
    except ResourceNotFoundException:
        return None
    return alias.arn, alias.role_arn.rpartition("/")[2], int(alias.credential_duration_seconds)


def role_statements(role: str) -> list[Statement]:
    """Return the statements of a role's inline policies."""
    policies = iam_backends[DEFAULT_ACCOUNT_ID][_PARTITION].get_role(role).policies
    return [one for document in policies.values() for one in _statements(document)]


def trusts_credentials_provider(role: str) -> bool:
    """Return whether a role's trust policy admits the credentials provider."""
    trust = _statements(iam_backends[DEFAULT_ACCOUNT_ID][_PARTITION].get_role(role).assume_role_policy_document)
    return any(
        one.get("Principal") == {"Service": "credentials.iot.amazonaws.com"} and one["Action"] == "sts:AssumeRole"
        for one in trust
        if one["Effect"] == "Allow"
    )


def _iot() -> Any:
    return iot_backends[DEFAULT_ACCOUNT_ID][REGION]


def _statements(document: Any) -> list[Statement]:
    found = (json.loads(document) if isinstance(document, str) else document)["Statement"]
    return found if isinstance(found, list) else [found]
