"""Subscriptions of clinics and their systems in SNS, and the topics they need."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from botocore.exceptions import ClientError

from blastlens.cloud.service_errors import error_code, service_fault_from, translated_errors
from blastlens.domain.errors import BlastlensError, InvalidSettings

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

_FULL = "FilterPolicyLimitExceeded"
_GONE = "NotFound"
_PENDING = "InvalidParameter"  # also of something that is not the ARN of a subscription
_TAKEN = "already exists with different attributes"


class TopicFull(BlastlensError):
    """The topic has as many filter policies as SNS allows."""


class SubscriptionState(StrEnum):
    """State of a clinic's subscription."""

    MISSING = "missing"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNLOCKED = "unlocked"
    """Confirmed through the link, so that anyone with one of the e-mails can end it."""


@dataclass(frozen=True)
class Subscriptions:
    """Subscriptions, through a boto3 SNS client.

    Every method is idempotent, and raises ServiceFault if SNS refuses, ServiceUnavailable where a retry may help.
    """

    client: "SNSClient"

    def ensure_topic(self, topic_arn: str, key_arn: str) -> None:
        """Create a further topic for clinics, encrypted as the first.

        An existing one stays as it is.
        """
        deny = {
            "Sid": "EncryptedConnectionsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": topic_arn,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
        attributes = {"DisplayName": "blastlens", "KmsMasterKeyId": key_arn, "Policy": policy}
        with translated_errors("make a topic"):
            self.client.create_topic(Name=topic_arn.rpartition(":")[2], Attributes=attributes)

    def subscribe(self, topic_arn: str, email: str, clinic_id: str) -> str:
        """Subscribe an address, which has to confirm, to a clinic's notices.

        Returns the subscription's ARN.

        Raises:
            TopicFull: the topic has as many filter policies as SNS allows.
            InvalidSettings: the address has another subscription to this topic.
        """
        return self._subscribe(topic_arn, "email", email, clinic_id)

    def subscribe_system(self, topic_arn: str, url: str, clinic_id: str) -> str:
        """Subscribe a system, which has to confirm, to a clinic's signed reports.

        Returns the subscription's ARN.

        Raises:
            TopicFull: the topic has as many filter policies as SNS allows.
            InvalidSettings: the address has another subscription to this topic.
        """
        return self._subscribe(topic_arn, "https", url, clinic_id)

    def _subscribe(self, topic_arn: str, protocol: str, endpoint: str, clinic_id: str) -> str:
        attributes = {
            "FilterPolicyScope": "MessageAttributes",
            "FilterPolicy": json.dumps({"clinic_id": [clinic_id]}),
        }
        with translated_errors("subscribe a clinic"):
            try:
                response = self.client.subscribe(
                    TopicArn=topic_arn,
                    Protocol=protocol,
                    Endpoint=endpoint,
                    Attributes=attributes,
                    ReturnSubscriptionArn=True,
                )
            except ClientError as error:
                if error_code(error) == _FULL:
                    raise TopicFull("the topic has as many filter policies as SNS allows") from None
                if _TAKEN in str(error):
                    raise InvalidSettings(
                        "This address has another subscription to this topic, for example by the template's "
                        "parameter ClinicEmail: end that subscription first, or use another address."
                    ) from None
                raise service_fault_from("subscribe a clinic", error) from None
        return response["SubscriptionArn"]

    def confirm(self, topic_arn: str, token: str) -> None:
        """Confirm a subscription so that only an authenticated caller can end it."""
        with translated_errors("confirm a subscription"):
            self.client.confirm_subscription(TopicArn=topic_arn, Token=token, AuthenticateOnUnsubscribe="true")

    def state(self, subscription_arn: str) -> SubscriptionState:
        """Return the state of a subscription; an empty ARN means that there is none."""
        if not subscription_arn:
            return SubscriptionState.MISSING
        with translated_errors("read a subscription"):
            try:
                found = self.client.get_subscription_attributes(SubscriptionArn=subscription_arn)["Attributes"]
            except ClientError as error:
                if error_code(error) in (_GONE, _PENDING):
                    return SubscriptionState.MISSING
                raise service_fault_from("read a subscription", error) from None
        if found.get("PendingConfirmation") == "true":
            return SubscriptionState.PENDING
        is_locked = found.get("ConfirmationWasAuthenticated") == "true"
        return SubscriptionState.CONFIRMED if is_locked else SubscriptionState.UNLOCKED

    def unsubscribe(self, subscription_arn: str) -> None:
        """End a subscription.

        An unconfirmed one cannot be ended: SNS deletes it within days.
        """
        with translated_errors("end a subscription"):
            try:
                self.client.unsubscribe(SubscriptionArn=subscription_arn)
            except ClientError as error:
                if error_code(error) not in (_GONE, _PENDING):
                    raise service_fault_from("end a subscription", error) from None


def confirmation_token(link: str, topic_arn: str) -> str:
    """Return the token in the link of a confirmation e-mail.

    `link` may also be the token itself.

    Raises:
        InvalidSettings: the link has no token, or belongs to another topic.
    """
    if "://" not in link:
        return link.strip()
    query = parse_qs(urlsplit(link.strip()).query)
    if query.get("TopicArn", [topic_arn]) != [topic_arn]:
        raise InvalidSettings(
            "The link confirms another topic than this clinic's: use the link in the clinic's e-mail."
        )
    if not query.get("Token"):
        raise InvalidSettings("The link has no Token: copy all of it, from https:// to its end.")
    return query["Token"][0]
