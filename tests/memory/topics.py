"""SNS as far as we use it, in memory."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Published:
    """One message as it was handed over."""

    topic_arn: str
    subject: str
    message: str
    attributes: dict[str, str]


@dataclass
class MemoryTopics:
    """Stands in for boto3's SNS client.

    Attributes:
        published: everything, oldest first.
    """

    published: list[Published] = field(default_factory=list)

    def publish(
        self, TopicArn: str, Subject: str, Message: str, MessageStructure: str, MessageAttributes: dict[str, Any]
    ) -> dict[str, Any]:
        """Take a message."""
        assert MessageStructure == "json"
        attributes = {name: one["StringValue"] for name, one in MessageAttributes.items()}
        self.published.append(Published(TopicArn, Subject, Message, attributes))
        return {"MessageId": f"notice-{len(self.published)}"}
