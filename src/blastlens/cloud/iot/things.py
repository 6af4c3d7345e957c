"""Microscopes in AWS IoT Core, with certificate and clinic."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.stack_outputs import stack_outputs
from blastlens.domain.device import check_device_name
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.upload import is_valid_id

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_iot import IoTClient

_CLINIC, _SERVICE = "clinic", "service"
_BLASTLENS = "blastlens"


@dataclass(frozen=True)
class Enrollment:
    """A device's certificate (PEM) and the address of its credentials provider."""

    certificate: str
    credentials_address: str


@dataclass(frozen=True)
class Device:
    """A registered device.

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
class ThingRegistry:
    """The registry of devices, through a boto3 IoT client.

    Every method raises ServiceFault if IoT refuses, and ServiceUnavailable where a retry may help.
    """

    client: "IoTClient"

    def enroll(self, name: str, clinic: str, request_pem: str, policy: str) -> Enrollment:
        """Register a device and issue a certificate.

        Revoke an old certificate first: this adds another one.

        Every step may be repeated, so that an interrupted enrolment can be run again.

        Args:
            name: name of the device.
            clinic: id of its clinic.
            request_pem: the certificate signing request that was made on the device.
            policy: name of the IoT policy for devices.

        Raises:
            InvalidSettings: name or clinic is not a valid id, or the device belongs to another clinic.
        """
        check_device_name(name)
        if not is_valid_id(clinic):
            raise InvalidSettings(f"{clinic!r} is not a clinic's id: 1 to 64 letters, digits, '-' or '_'")
        self._ensure_thing_type(clinic)
        self._ensure_thing(name, clinic)
        with translated_errors("issue the device's certificate"):
            made = self.client.create_certificate_from_csr(certificateSigningRequest=request_pem, setAsActive=True)
            arn = made["certificateArn"]
            self.client.attach_thing_principal(thingName=name, principal=arn)
            # Last: without the policy the certificate allows nothing.
            self.client.attach_policy(policyName=policy, target=arn)
            endpoint = self.client.describe_endpoint(endpointType="iot:CredentialProvider")
        return Enrollment(made["certificatePem"], f"https://{endpoint['endpointAddress']}")

    def devices(self, clinic: str | None = None) -> Iterator[Device]:
        """Yield every device, or those of one clinic, in order of name."""
        found = sorted(self._things(), key=lambda thing: str(thing["thingName"]))
        for thing in found:
            its_clinic = str(thing.get("attributes", {}).get(_CLINIC, thing.get("thingTypeName", "")))
            if clinic in (None, its_clinic):
                certificates = self._certificates(thing["thingName"])
                yield _device(str(thing["thingName"]), its_clinic, certificates)

    def revoke(self, name: str) -> int:
        """Revoke every certificate of a device permanently; return how many were active.

        Credentials that it holds stay valid for up to 15 minutes. A second call changes nothing.

        Raises:
            InvalidSettings: there is no such device.
        """
        if not self._is_registered(name):
            raise InvalidSettings(f"there is no device {name!r}: `blastlens device list` lists them")
        active = 0
        for certificate in self._certificates(name):
            active += certificate["status"] == "ACTIVE"
            with translated_errors("revoke a certificate"):
                self.client.update_certificate(certificateId=certificate["certificateId"], newStatus="REVOKED")
        return active

    def _ensure_thing_type(self, clinic: str) -> None:
        with translated_errors("find the clinic's thing type"):
            try:
                self.client.describe_thing_type(thingTypeName=clinic)
                return
            except self.client.exceptions.ResourceNotFoundException:
                pass
            # Another enrolment may have created it in between.
            with suppress(self.client.exceptions.ResourceAlreadyExistsException):
                # Only attributes that the type names can be searched for; they cannot be changed later.
                self.client.create_thing_type(
                    thingTypeName=clinic, thingTypeProperties={"searchableAttributes": [_SERVICE, _CLINIC]}
                )

    def _ensure_thing(self, name: str, clinic: str) -> None:
        with translated_errors("register the device"):
            try:
                kind = self.client.describe_thing(thingName=name).get("thingTypeName")
            except self.client.exceptions.ResourceNotFoundException:
                self.client.create_thing(
                    thingName=name,
                    thingTypeName=clinic,
                    attributePayload={"attributes": {_CLINIC: clinic, _SERVICE: _BLASTLENS}},
                )
                return
        if kind != clinic:
            raise InvalidSettings(f"the device {name!r} belongs to another clinic: choose another name")

    def _is_registered(self, name: str) -> bool:
        # Read by name: a search is eventually consistent, and a revocation must not depend on it.
        with translated_errors("find the device"):
            try:
                thing = self.client.describe_thing(thingName=name)
            except self.client.exceptions.ResourceNotFoundException:
                return False
        return thing.get("attributes", {}).get(_SERVICE) == _BLASTLENS

    def _things(self) -> Iterator[Mapping[str, Any]]:
        with translated_errors("list the devices"):
            pages = self.client.get_paginator("list_things").paginate(attributeName=_SERVICE, attributeValue=_BLASTLENS)
            found = [thing for page in pages for thing in page["things"]]
        yield from found

    def _certificates(self, name: str) -> list[Mapping[str, Any]]:
        with translated_errors("list the device's certificates"):
            pages = self.client.get_paginator("list_thing_principals").paginate(thingName=name)
            arns = [arn for page in pages for arn in page["principals"]]
            return [
                self.client.describe_certificate(certificateId=arn.rpartition("/")[2])["certificateDescription"]
                for arn in arns
                if ":cert/" in arn
            ]


def device_stack_outputs(client: "CloudFormationClient", stack: str) -> Mapping[str, str]:
    """Return the outputs of a deployed stack that devices need.

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
