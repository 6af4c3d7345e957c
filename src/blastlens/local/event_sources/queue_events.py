"""Lambda events of a batch of queue messages."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from blastlens.local.clients import REGION

Message = Mapping[str, Any]


def queue_event(messages: Iterable[Message], queue_arn: str) -> dict[str, Any]:
    """Return the event of messages of boto3's `receive_message`."""
    return {"Records": [_record(message, queue_arn) for message in messages]}


def filter_view(message: Message) -> dict[str, Any]:
    """Return a message with a parsed JSON body, for filter patterns."""
    try:
        body = json.loads(message["Body"])
    except ValueError:
        body = message["Body"]
    return {"body": body, "messageId": message["MessageId"], "attributes": message.get("Attributes", {})}


def _record(message: Message, queue_arn: str) -> dict[str, Any]:
    attributes = message.get("MessageAttributes", {})
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {name: _attribute(value) for name, value in attributes.items()},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": REGION,
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    attribute: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        attribute["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return attribute
