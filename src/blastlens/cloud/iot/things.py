"""Microscopes in AWS IoT Core, with certificate and clinic."""

from collections.abc import Collection, Iterator, Mapping
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
_OUTPUTS = ("UploadBucketName", "DeviceRoleAliasName", "DevicePolicyName", "ClinicsTableName")


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
        certificate_made_at: when the oldest certificate that is active was made; None where none is.
        certificates: number of active certificates: two while they are rotated.
    """

    name: str
    clinic: str
    state: str
    enrolled_at: datetime | None
    certificate_made_at: datetime | None = None
    certificates: int = 0


@dataclass(frozen=True)
class Rotation:
    """State of a device's certificates after older ones were deactivated.

    Attributes:
        works_since: when the newest certificate that has worked was made; None where none has.
        deactivated: how many older ones were deactivated just now.
        waiting: how many active ones are newer, or have not worked.
    """

    works_since: datetime | None
    deactivated: int
    waiting: int


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
        return self._issue(name, request_pem, policy)

    def issue(self, name: str, request_pem: str, policy: str) -> Enrollment:
        """Issue one more certificate for a device, beside those that it has.

        Raises:
            InvalidSettings: there is no such device, or none of its certificates is active.
        """
        if not self._active(name):
            raise InvalidSettings(f"{name!r} has no active certificate to rotate: enroll it with `device enroll`")
        return self._issue(name, request_pem, policy)

    def clinic_of(self, name: str) -> str:
        """Return the id of a device's clinic.

        Raises:
            InvalidSettings: there is no such device.
        """
        return str(self._thing(name)["attributes"].get(_CLINIC, ""))

    def deactivate_older(self, name: str, proven: Collection[str]) -> Rotation:
        """Deactivate the active certificates that are older than the newest one that has worked.

        It may be repeated, also after an interruption. A certificate made in the same second as that one stays active.

        Args:
            name: name of the device.
            proven: ids of the certificates that have worked.

        Raises:
            InvalidSettings: there is no such device.
        """
        active = self._active(name)
        works_since = max((one["creationDate"] for one in active if one["certificateId"] in proven), default=None)
        if works_since is None:
            return Rotation(None, 0, len(active))
        older = [one for one in active if one["creationDate"] < works_since]
        for one in older:
            with translated_errors("deactivate a certificate"):
                self.client.update_certificate(certificateId=one["certificateId"], newStatus="INACTIVE")
        waiting = sum(one["certificateId"] not in proven for one in active if one not in older)
        return Rotation(works_since, len(older), waiting)

    def _issue(self, name: str, request_pem: str, policy: str) -> Enrollment:
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
        self._thing(name)
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

    def _active(self, name: str) -> list[Mapping[str, Any]]:
        self._thing(name)
        return [one for one in self._certificates(name) if one["status"] == "ACTIVE"]

    def _thing(self, name: str) -> Mapping[str, Any]:
        # Read by name: a search is eventually consistent, and a revocation must not depend on it.
        with translated_errors("find the device"):
            try:
                thing: Mapping[str, Any] = self.client.describe_thing(thingName=name)
            except self.client.exceptions.ResourceNotFoundException:
                thing = {}
        if thing.get("attributes", {}).get(_SERVICE) != _BLASTLENS:
            raise InvalidSettings(f"there is no device {name!r}: `blastlens device list` lists them")
        return thing

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
    return stack_outputs(client, stack, _OUTPUTS)


def _device(name: str, clinic: str, certificates: list[Mapping[str, Any]]) -> Device:
    if not certificates:
        return Device(name, clinic, "without certificate", None)
    active = [one["creationDate"] for one in certificates if one["status"] == "ACTIVE"]
    newest: datetime = max(one["creationDate"] for one in certificates)
    return Device(name, clinic, "active" if active else "revoked", newest, min(active, default=None), len(active))
