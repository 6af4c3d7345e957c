"""SNS platform endpoints of patients' phones, and SMS."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from blastlens.cloud.service_errors import error_code, service_fault_from, translated_errors
from blastlens.domain.clinic import Platform
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.notice import Notice

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

# SNS names the existing endpoint: "Token Reason: Endpoint ARN already exists with the same Token, but different
# attributes".
_KNOWN = re.compile(r"Endpoint (arn:\S+) already exists with the same [Tt]oken")
_UNKNOWN_TARGET = "No endpoint found"


@dataclass(frozen=True)
class Endpoints:
    """Phone endpoints, through a boto3 SNS client, which threads may share.

    Every method raises ServiceFault if SNS refuses, and ServiceUnavailable where a retry may help.
    """

    client: "SNSClient"

    def register(self, application_arn: str, token: str) -> str:
        """Return the ARN of a token's endpoint.

        Create it if there is none, and enable it.

        Raises:
            InvalidSettings: the platform application does not exist.
        """
        endpoint = self._create(application_arn, token)
        with translated_errors("enable a phone"):
            # SNS disables an endpoint when the app is removed; a new registration means that it is installed again.
            self.client.set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Token": token, "Enabled": "true"})
        return endpoint

    def publish(self, endpoint: str, notice: Notice) -> bool:
        """Publish a notice to one phone.

        Returns False if the phone's endpoint is disabled or deleted.
        """
        with translated_errors("notify the patient"):
            try:
                self.client.publish(TargetArn=endpoint, Message=notice.message, MessageStructure="json")
            except ClientError as error:
                if _is_dead(error):
                    return False
                raise service_fault_from("notify the patient", error) from None
        return True

    def send_sms(self, number: str, notice: Notice) -> bool:
        """Send a notice's short text to a phone number.

        Returns False if its owner has opted out of SMS.
        """
        with translated_errors("send an SMS to the patient"):
            try:
                self.client.publish(PhoneNumber=number, Message=notice.bodies["sms"])
            except ClientError as error:
                if error_code(error) == "OptedOut":
                    return False
                raise service_fault_from("send an SMS to the patient", error) from None
        return True

    def delete(self, endpoint: str) -> None:
        """Delete an endpoint; it may be deleted already."""
        with translated_errors("delete a phone"):
            self.client.delete_endpoint(EndpointArn=endpoint)

    def _create(self, application_arn: str, token: str) -> str:
        with translated_errors("register a phone"):
            try:
                response = self.client.create_platform_endpoint(PlatformApplicationArn=application_arn, Token=token)
            except ClientError as error:
                known = _KNOWN.search(str(error.response.get("Error", {}).get("Message", "")))
                if known is not None:
                    return known[1]
                if error_code(error) == "NotFound":
                    raise InvalidSettings(
                        f"There is no platform application {application_arn.rpartition(':')[2]}: "
                        "docs/clinics.md describes how to make it."
                    ) from None
                raise service_fault_from("register a phone", error) from None
        return response["EndpointArn"]


def application_arn(topic_arn: str, platform: Platform, name: str) -> str:
    """Return the ARN of a platform application, in the account and region of a topic."""
    return f"{topic_arn.rpartition(':')[0]}:app/{str(platform).upper()}/{name}"


def _is_dead(error: ClientError) -> bool:
    message = str(error.response.get("Error", {}).get("Message", ""))
    return error_code(error) in ("EndpointDisabled", "NotFound") or _UNKNOWN_TARGET in message
