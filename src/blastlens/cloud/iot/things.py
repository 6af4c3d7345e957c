"""Microscopes in AWS IoT Core: each a thing whose type is its clinic, with a certificate of its own."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from blastlens.cloud.service_errors import service_faults
from blastlens.cloud.stack_outputs import stack_outputs
from blastlens.domain.device import check_device_name
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.upload import is_valid_id

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_iot import IoTClient

_CLINIC, _SERVICE = "clinic", "service"
_OURS = "blastlens"


@dataclass(frozen=True)
class Enrolled:
    """What an enrolled device needs: its certificate (PEM), and where it gets credentials."""

    certificate: str
    credentials_address: str


@dataclass(frozen=True)
class Device:
    """A device as the registry knows it.

    Attributes:
        name: its name.
        clinic: id of its clinic.
        state: `active`, `revoked`, or `without certificate`.
        enrolled_at: when its newest certificate was made; None without one.
    """

    name: str
    clinic: str
    state: str
    enrolled_at: datetime | None


@dataclass(frozen=True)
class Things:
    """The registry, by a boto3 client of IoT.

    Every method raises ServiceFault where IoT refuses, and ServiceUnavailable where trying again may help.
    """

    client: "IoTClient"

    def enroll(self, name: str, clinic: str, request_pem: str, policy: str) -> Enrolled:
        """Give a device its identity. Where it has one already, this is one more: revoke the old one first.

        Every step may be repeated: an enrolment that broke off is simply done again.

        Args:
            name: the device's.
            clinic: id of the clinic whose it is.
            request_pem: the signing request that was made on the device.
            policy: name of the IoT policy for devices.

        Raises:
            InvalidSettings: name or clinic is no id, or the device belongs to another clinic.
        """
        check_device_name(name)
        if not is_valid_id(clinic):
            raise InvalidSettings(f"{clinic!r} is no clinic's id: 1 to 64 letters, digits, '-' or '_'")
        self._make_type(clinic)
        self._make_thing(name, clinic)
        with service_faults("certify the device"):
            made = self.client.create_certificate_from_csr(certificateSigningRequest=request_pem, setAsActive=True)
            arn = made["certificateArn"]
            self.client.attach_thing_principal(thingName=name, principal=arn)
            # Last: until now the certificate opens nothing.
            self.client.attach_policy(policyName=policy, target=arn)
            endpoint = self.client.describe_endpoint(endpointType="iot:CredentialProvider")
        return Enrolled(made["certificatePem"], f"https://{endpoint['endpointAddress']}")

    def devices(self, clinic: str | None = None) -> Iterator[Device]:
        """Yield every device, or one clinic's, in order of name."""
        found = sorted(self._things(), key=lambda thing: str(thing["thingName"]))
        for thing in found:
            its_clinic = str(thing.get("attributes", {}).get(_CLINIC, thing.get("thingTypeName", "")))
            if clinic in (None, its_clinic):
                certificates = self._certificates(thing["thingName"])
                yield _device(str(thing["thingName"]), its_clinic, certificates)

    def revoke(self, name: str) -> int:
        """Take every certificate from a device for good; return how many were active.

        Credentials it holds are good for up to 15 minutes more. Doing it twice changes nothing.

        Raises:
            InvalidSettings: there is no such device.
        """
        if not self._is_ours(name):
            raise InvalidSettings(f"there is no device {name!r}; `blastlens device list` names them")
        active = 0
        for certificate in self._certificates(name):
            active += certificate["status"] == "ACTIVE"
            with service_faults("revoke a certificate"):
                self.client.update_certificate(certificateId=certificate["certificateId"], newStatus="REVOKED")
        return active

    def _make_type(self, clinic: str) -> None:
        with service_faults("look for the clinic's devices"):
            try:
                self.client.describe_thing_type(thingTypeName=clinic)
                return
            except self.client.exceptions.ResourceNotFoundException:
                pass
            # Somebody else may be quicker.
            with suppress(self.client.exceptions.ResourceAlreadyExistsException):
                # A thing with a type is found by those of its attributes alone that the type names, once and for all.
                self.client.create_thing_type(
                    thingTypeName=clinic, thingTypeProperties={"searchableAttributes": [_SERVICE, _CLINIC]}
                )

    def _make_thing(self, name: str, clinic: str) -> None:
        with service_faults("register the device"):
            try:
                kind = self.client.describe_thing(thingName=name).get("thingTypeName")
            except self.client.exceptions.ResourceNotFoundException:
                self.client.create_thing(
                    thingName=name,
                    thingTypeName=clinic,
                    attributePayload={"attributes": {_CLINIC: clinic, _SERVICE: _OURS}},
                )
                return
        if kind != clinic:
            raise InvalidSettings(f"the device {name!r} belongs to another clinic: choose another name")

    def _is_ours(self, name: str) -> bool:
        # Asked for by its name: what must be revoked now may not depend on how soon a search finds it.
        with service_faults("look for the device"):
            try:
                thing = self.client.describe_thing(thingName=name)
            except self.client.exceptions.ResourceNotFoundException:
                return False
        return thing.get("attributes", {}).get(_SERVICE) == _OURS

    def _things(self) -> Iterator[Mapping[str, Any]]:
        with service_faults("list the devices"):
            pages = self.client.get_paginator("list_things").paginate(attributeName=_SERVICE, attributeValue=_OURS)
            found = [thing for page in pages for thing in page["things"]]
        yield from found

    def _certificates(self, name: str) -> list[Mapping[str, Any]]:
        with service_faults("look for the device's certificates"):
            pages = self.client.get_paginator("list_thing_principals").paginate(thingName=name)
            arns = [arn for page in pages for arn in page["principals"]]
            return [
                self.client.describe_certificate(certificateId=arn.rpartition("/")[2])["certificateDescription"]
                for arn in arns
                if ":cert/" in arn
            ]


def stack_facts(client: "CloudFormationClient", stack: str) -> Mapping[str, str]:
    """Return the outputs of a deployed stack that takes microscopes.

    Raises:
        InvalidSettings: there is no such stack, or it was deployed from an older template.
        ServiceFault: CloudFormation refused; ServiceUnavailable where trying again may help.
    """
    return stack_outputs(client, stack, ("UploadBucketName", "DeviceRoleAliasName", "DevicePolicyName"))


def _device(name: str, clinic: str, certificates: list[Mapping[str, Any]]) -> Device:
    if not certificates:
        return Device(name, clinic, "without certificate", None)
    is_active = any(one["status"] == "ACTIVE" for one in certificates)
    newest: datetime = max(one["creationDate"] for one in certificates)
    return Device(name, clinic, "active" if is_active else "revoked", newest)
