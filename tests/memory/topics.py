"""SNS as far as we use it, in memory."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.memory.answers import refusal


@dataclass(frozen=True)
class Published:
    """One message as it was handed over.

    Attributes:
        arn: of the topic or the phone.
        subject: what mail has.
        message: the bodies by protocol, as JSON.
        attributes: what subscribers filter by; of a push message its data.
    """

    arn: str
    subject: str
    message: str
    attributes: dict[str, str]


@dataclass
class MemoryTopics:
    """Stands in for boto3's SNS client.

    Attributes:
        published: everything, oldest first.
        disabled: endpoints of phones that take no messages any more.
        subscriptions: ARNs of the subscriptions, which are confirmed at once.
    """

    published: list[Published] = field(default_factory=list)
    disabled: set[str] = field(default_factory=set)
    subscriptions: set[str] = field(default_factory=set)

    def publish(
        self,
        Message: str,
        MessageStructure: str,
        TopicArn: str = "",
        TargetArn: str = "",
        Subject: str = "",
        MessageAttributes: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Take a message for a topic, or for one phone that is enabled."""
        assert MessageStructure == "json"
        if TargetArn in self.disabled:
            raise refusal("EndpointDisabled", "Publish")
        attributes = {name: one["StringValue"] for name, one in (MessageAttributes or {}).items()}
        self.published.append(Published(TopicArn or TargetArn, Subject, Message, attributes or push_data(Message)))
        return {"MessageId": f"notice-{len(self.published)}"}

    def subscribe(
        self,
        TopicArn: str,
        Protocol: str,
        Endpoint: str,
        Attributes: dict[str, str] | None = None,
        ReturnSubscriptionArn: bool = False,
    ) -> dict[str, Any]:
        """Add a subscription."""
        arn = f"{TopicArn}:{Protocol}-{Endpoint}"
        self.subscriptions.add(arn)
        return {"SubscriptionArn": arn}

    def get_subscription_attributes(self, SubscriptionArn: str) -> dict[str, Any]:
        """Return the attributes of a subscription."""
        if SubscriptionArn not in self.subscriptions:
            raise refusal("NotFound", "GetSubscriptionAttributes", 404)
        return {"Attributes": {"SubscriptionArn": SubscriptionArn, "PendingConfirmation": "false"}}

    def unsubscribe(self, SubscriptionArn: str) -> dict[str, Any]:
        """End a subscription; an ended one is not an error."""
        self.subscriptions.discard(SubscriptionArn)
        return {}

    def delete_endpoint(self, EndpointArn: str) -> dict[str, Any]:
        """Delete an endpoint, which takes nothing from then on."""
        self.disabled.add(EndpointArn)
        return {}

    def set_endpoint_attributes(self, EndpointArn: str, Attributes: dict[str, str]) -> dict[str, Any]:
        """Enable or disable an endpoint; every endpoint is there."""
        (self.disabled.discard if Attributes["Enabled"] == "true" else self.disabled.add)(EndpointArn)
        return {}


def push_data(message: str) -> dict[str, str]:
    """Return what a push message brings along for the app."""
    data: dict[str, str] = json.loads(json.loads(message)["GCM"])["fcmV1Message"]["message"]["data"]
    return data
