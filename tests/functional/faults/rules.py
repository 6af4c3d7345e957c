"""Event source mappings and properties of queues, from template.yaml."""

from functools import cache
from typing import Any

from blastlens.local.event_sources.mappings import QueueMapping, StreamMapping
from blastlens.local.stack.template import find_template, read_template


@cache
def upload_rules() -> QueueMapping:
    """How classify is fed."""
    return QueueMapping.from_properties("ClassifyFunction", _source("ClassifyFunction", "Uploads", "arn:sqs"))


@cache
def field_rules() -> StreamMapping:
    """How examine is fed with fields."""
    return _stream("ExamineFunction", "NewFields")


@cache
def reminder_rules() -> QueueMapping:
    """How examine is fed with its own delayed messages."""
    return QueueMapping.from_properties("ExamineFunction", _source("ExamineFunction", "Reminders", "arn:sqs"))


@cache
def examination_rules() -> StreamMapping:
    """How notify is fed."""
    return _stream("NotifyFunction", "ChangedExaminations")


@cache
def queue_properties(name: str) -> dict[str, Any]:
    """Return the properties of a queue."""
    properties: dict[str, Any] = _resources()[name]["Properties"]
    return properties


def max_receives(name: str) -> int:
    """How often a queue hands a message out."""
    return int(queue_properties(name)["RedrivePolicy"]["maxReceiveCount"])


def _stream(function: str, event: str) -> StreamMapping:
    source = _source(function, event, "arn:dynamodb")
    # Where it begins differs in the template for stacks that exist already; here nothing was there before.
    changed = {"DestinationConfig": {}, "StartingPosition": "TRIM_HORIZON"}
    return StreamMapping.from_properties(function, source | changed)


@cache
def _resources() -> dict[str, Any]:
    resources: dict[str, Any] = read_template(find_template())["Resources"]
    return resources


def _source(function: str, event: str, arn: str) -> dict[str, Any]:
    properties: dict[str, Any] = _resources()[function]["Properties"]["Events"][event]["Properties"]
    return {**properties, "EventSourceArn": arn}
