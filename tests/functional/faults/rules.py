"""Event source mappings of the functions, read from template.yaml."""

from functools import cache
from typing import Any

from blastlens.local.event_sources.mappings import QueueMapping, StreamMapping
from blastlens.local.stack.template import find_template, read_template


@cache
def queue_rules() -> QueueMapping:
    """How classify is fed."""
    return QueueMapping.from_properties("ClassifyFunction", _source("ClassifyFunction", "Uploads", "arn:sqs"))


@cache
def stream_rules() -> StreamMapping:
    """How notify is fed."""
    source = _source("NotifyFunction", "NewResults", "arn:dynamodb")
    return StreamMapping.from_properties("NotifyFunction", source | {"DestinationConfig": {}})


@cache
def max_receives() -> int:
    """How often the queue hands a message out."""
    queue = read_template(find_template())["Resources"]["UploadQueue"]["Properties"]
    return int(queue["RedrivePolicy"]["maxReceiveCount"])


def _source(function: str, event: str, arn: str) -> dict[str, Any]:
    resources = read_template(find_template())["Resources"]
    properties: dict[str, Any] = resources[function]["Properties"]["Events"][event]["Properties"]
    return {**properties, "EventSourceArn": arn}
