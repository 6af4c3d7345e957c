"""Published SNS messages, which moto keeps instead of delivering them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from blastlens.local.clients import REGION


@dataclass(frozen=True)
class SentNotice:
    """One published message.

    Attributes:
        subject: the e-mail's subject.
        bodies: the text by protocol; `default` is for every protocol not named.
        attributes: message attributes for filter policies.
    """

    subject: str
    bodies: Mapping[str, str]
    attributes: Mapping[str, str]

    @property
    def examination_id(self) -> str:
        """The examination that it is about; empty for none."""
        return self.attributes.get("examination_id", "")

    def body(self, protocol: str) -> str:
        """Return the text for a subscriber of a protocol."""
        return self.bodies.get(protocol, self.bodies["default"])


def sent_notices(topic_arn: str) -> list[SentNotice]:
    """Return the messages of a topic in this process's embedded cloud, oldest first."""
    topic = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[topic_arn]
    return [
        SentNotice(
            subject or "", _bodies(message), {name: str(one["Value"]) for name, one in (attributes or {}).items()}
        )
        for _, message, subject, attributes, _ in list(topic.sent_notifications)
    ]


def pushed_notices() -> list[SentNotice]:
    """Return the messages of all phones in this process's embedded cloud.

    They have no subject.
    """
    endpoints = list(sns_backends[DEFAULT_ACCOUNT_ID][REGION].platform_endpoints.values())
    return [_pushed(message) for endpoint in endpoints for message in list(endpoint.messages.values())]


def _pushed(message: str) -> SentNotice:
    bodies = _bodies(message)
    data = json.loads(bodies["GCM"])["fcmV1Message"]["message"]["data"] if "GCM" in bodies else {}
    return SentNotice("", bodies, {name: data[name] for name in ("examination_id", "upload_id") if name in data})


def _bodies(message: str) -> dict[str, str]:
    try:
        bodies = json.loads(message)
    except ValueError:
        return {"default": message}
    return bodies if isinstance(bodies, dict) and "default" in bodies else {"default": message}
