"""Who subscribes to what in SNS: clinics' e-mail addresses, and the topics they need."""

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
_PENDING = "InvalidParameter"
_TAKEN = "already exists with different attributes"


class TopicFull(BlastlensError):
    """SNS takes no further filter policy for a topic."""


class SubscriptionState(StrEnum):
    """How far a clinic's address has come."""

    MISSING = "missing"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNLOCKED = "unlocked"
    """Confirmed by whoever opened the link: whoever gets hold of one of the mails can end it, too."""


@dataclass(frozen=True)
class Subscriptions:
    """Subscriptions, by a boto3 SNS client.

    Every method may be called again without harm, and raises ServiceFault where SNS refuses, ServiceUnavailable
    where trying again may help.
    """

    client: "SNSClient"

    def ensure_topic(self, topic_arn: str, key_arn: str) -> None:
        """Make a further topic for clinics, encrypted as the first; where it is there already, nothing changes."""
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
        """Ask an address whether it wants a clinic's notices; return the ARN its subscription has or will have.

        Raises:
            TopicFull: the topic has all the filter policies it may have.
            InvalidSettings: the address is subscribed there for something else.
        """
        attributes = {
            "FilterPolicyScope": "MessageAttributes",
            "FilterPolicy": json.dumps({"clinic_id": [clinic_id]}),
        }
        with translated_errors("subscribe a clinic"):
            try:
                response = self.client.subscribe(
                    TopicArn=topic_arn,
                    Protocol="email",
                    Endpoint=email,
                    Attributes=attributes,
                    ReturnSubscriptionArn=True,
                )
            except ClientError as error:
                if error_code(error) == _FULL:
                    raise TopicFull("the topic has no room for another clinic") from None
                if _TAKEN in str(error):
                    raise InvalidSettings(
                        "This address is subscribed to the clinics' topic already, for something else (the template's "
                        "parameter ClinicEmail?): end that subscription first, or take another address."
                    ) from None
                raise service_fault_from("subscribe a clinic", error) from None
        return response["SubscriptionArn"]

    def confirm(self, topic_arn: str, token: str) -> None:
        """Confirm a subscription so that only its owner, signed in, can end it."""
        with translated_errors("confirm a subscription"):
            self.client.confirm_subscription(TopicArn=topic_arn, Token=token, AuthenticateOnUnsubscribe="true")

    def state(self, subscription_arn: str) -> SubscriptionState:
        """Return how far a subscription has come; the empty ARN is one that was never made."""
        if not subscription_arn:
            return SubscriptionState.MISSING
        with translated_errors("look at a subscription"):
            try:
                found = self.client.get_subscription_attributes(SubscriptionArn=subscription_arn)["Attributes"]
            except ClientError as error:
                if error_code(error) == _GONE:
                    return SubscriptionState.MISSING
                raise service_fault_from("look at a subscription", error) from None
        if found.get("PendingConfirmation") == "true":
            return SubscriptionState.PENDING
        is_locked = found.get("ConfirmationWasAuthenticated") == "true"
        return SubscriptionState.CONFIRMED if is_locked else SubscriptionState.UNLOCKED

    def unsubscribe(self, subscription_arn: str) -> None:
        """End a subscription. One that nobody confirmed cannot be ended: SNS forgets it by itself within days."""
        with translated_errors("end a subscription"):
            try:
                self.client.unsubscribe(SubscriptionArn=subscription_arn)
            except ClientError as error:
                if error_code(error) not in (_GONE, _PENDING):
                    raise service_fault_from("end a subscription", error) from None


def confirmation_token(link: str, topic_arn: str) -> str:
    """Return the token in the link of a confirmation mail, or `link` itself where it is a bare token.

    Raises:
        InvalidSettings: the link has none, or belongs to another topic.
    """
    if "://" not in link:
        return link.strip()
    query = parse_qs(urlsplit(link.strip()).query)
    if query.get("TopicArn", [topic_arn]) != [topic_arn]:
        raise InvalidSettings("The link confirms another topic than this clinic's: take the one from its own e-mail.")
    if not query.get("Token"):
        raise InvalidSettings("The link holds no Token: copy it whole, from https:// to its end.")
    return query["Token"][0]
