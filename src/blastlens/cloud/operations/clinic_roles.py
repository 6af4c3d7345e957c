"""IAM roles of clinics: each reaches the HTTP API's paths of its own clinic only."""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from blastlens.cloud.service_errors import error_code, service_fault_from, translated_errors
from blastlens.cloud.tables.clinics import ClinicsTable
from blastlens.domain.clinic import ROLE_NAME, Clinic
from blastlens.domain.errors import InvalidSettings

POLICY = "api"
"""Name of the role's inline policy."""

CLINIC_TAG = "blastlens:clinic"

_PRINCIPAL = re.compile(r"arn:[a-z-]+:(?:iam|sts)::\d{12}:\S{1,512}")
_API_URL = re.compile(r"https://(?P<api>[a-z0-9]+)\.execute-api\.(?P<region>[a-z0-9-]+)\.\S+")


@dataclass(frozen=True)
class ClinicRoles:
    """Makes and deletes the roles of clinics.

    Every step may be repeated: an interrupted command is run again.

    Attributes:
        client: boto3's client of IAM.
        clinics: the table of clinics, which holds the name of each clinic's role.
        prefix: beginning of the roles' names, before `-clinic-CLINIC`.
        api_arn: ARN of the stage of the HTTP API, before the method.
    """

    client: Any
    clinics: ClinicsTable
    prefix: str
    api_arn: str

    @classmethod
    def of_stack(cls, client: Any, clinics: ClinicsTable, prefix: str, api_url: str, topic_arn: str) -> "ClinicRoles":
        """Return the roles of a stack's clinics.

        Args:
            client: boto3's client of IAM.
            clinics: the table of clinics.
            prefix: `blastlens-STAGE`.
            api_url: the stack's output ApiUrl; "" if it has none.
            topic_arn: ARN of a topic of the stack, which names partition and account.

        Raises:
            InvalidSettings: the stack has no API that a role could be for.
        """
        found = _API_URL.fullmatch(api_url)
        if found is None:
            raise InvalidSettings(
                "This stack has no API Gateway, so that a role would have no effect: `blastlens local` admits every "
                "caller. Leave --iam out."
            )
        partition, account = topic_arn.split(":")[1], topic_arn.split(":")[4]
        api_arn = f"arn:{partition}:execute-api:{found['region']}:{account}:{found['api']}/$default"
        return cls(client, clinics, prefix, api_arn)

    def ensure(self, clinic: Clinic, trusted: Sequence[str] = ()) -> str:
        """Make the role of a clinic, or bring its permissions up to date; return its ARN.

        Args:
            clinic: as it is stored.
            trusted: ARNs of who may assume the role; by default the account, whose own policies decide then. A role
                that exists keeps whom it trusts if none are given.

        Raises:
            InvalidSettings: an ARN is not one of a principal, or there is such a role that is not this clinic's.
            ServiceFault: IAM refused; ServiceUnavailable where a retry may help.
        """
        name = self.name(clinic)
        for principal in trusted:
            if _PRINCIPAL.fullmatch(principal) is None:
                raise InvalidSettings(f"{principal!r} is not the ARN of an account, role or user.")
        # Stored first: a role that the table does not name would outlive its clinic.
        self.clinics.put(replace(clinic, role=name))
        arn = self._create(name, clinic, trusted)
        with translated_errors("give the clinic's role its permissions"):
            document = json.dumps(clinic_policy(self.api_arn, clinic.id))
            self.client.put_role_policy(RoleName=name, PolicyName=POLICY, PolicyDocument=document)
        return arn

    def remove(self, clinic: Clinic) -> None:
        """Delete the role of a clinic, with which its open sessions end; it may be deleted already."""
        if not clinic.role:
            return
        gone = self.client.exceptions.NoSuchEntityException
        with translated_errors("delete the clinic's role"):
            with suppress(gone):
                self.client.delete_role_policy(RoleName=clinic.role, PolicyName=POLICY)
            with suppress(gone):
                self.client.delete_role(RoleName=clinic.role)

    def name(self, clinic: Clinic) -> str:
        """Return the name of a clinic's role.

        Raises:
            InvalidSettings: the clinic's id is too long for it.
        """
        name = f"{self.prefix}-clinic-{clinic.id}"
        if ROLE_NAME.fullmatch(name) is None:
            raise InvalidSettings(f"The id {clinic.id} is too long for a role's name: it may have 38 characters.")
        return name

    def _create(self, name: str, clinic: Clinic, trusted: Sequence[str]) -> str:
        account = self.api_arn.split(":")[4]
        partition = self.api_arn.split(":")[1]
        trust = json.dumps(trust_policy(trusted or [f"arn:{partition}:iam::{account}:root"]))
        with translated_errors("create the clinic's role"):
            try:
                made = self.client.create_role(
                    RoleName=name,
                    AssumeRolePolicyDocument=trust,
                    Description="Reaches the blastlens API of one clinic",
                    Tags=[{"Key": CLINIC_TAG, "Value": clinic.id}],
                )
                return str(made["Role"]["Arn"])
            except self.client.exceptions.EntityAlreadyExistsException:
                pass
            except ClientError as error:
                raise _explain(error) from None
            return self._renew(name, clinic, trust if trusted else None)

    def _renew(self, name: str, clinic: Clinic, trust: str | None) -> str:
        role = self.client.get_role(RoleName=name)["Role"]
        tags = {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])}
        if role["RoleName"] != name or tags.get(CLINIC_TAG) != clinic.id:
            raise InvalidSettings(f"There is a role {role['RoleName']} already that is not this clinic's: delete it.")
        if trust is not None:
            try:
                self.client.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
            except ClientError as error:
                raise _explain(error) from None
        return str(role["Arn"])


def clinic_policy(api_arn: str, clinic_id: str) -> dict[str, Any]:
    """Return what a clinic's role may do: call the routes of its own path.

    In a policy `*` also matches slashes; what follows the clinic's id is all its own.
    """
    paths = [f"{api_arn}/{method}/clinics/{clinic_id}/*" for method in ("GET", "POST")]
    statement = {"Sid": "OwnClinic", "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": paths}
    return {"Version": "2012-10-17", "Statement": [statement]}


def trust_policy(trusted: Sequence[str]) -> dict[str, Any]:
    """Return who may assume a clinic's role."""
    statement = {"Effect": "Allow", "Principal": {"AWS": list(trusted)}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _explain(error: ClientError) -> Exception:
    if error_code(error) == "MalformedPolicyDocument":
        return InvalidSettings("AWS does not know an ARN of --trust: check that the account, role or user exists.")
    return service_fault_from("create the clinic's role", error)
