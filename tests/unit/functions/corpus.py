"""The events under events/, and small changes to them."""

import copy
import json
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parents[3] / "events"
NAMES = sorted(path.stem for path in EVENTS.glob("*.json"))


def event(name: str) -> Any:
    """Return a fresh copy of an event."""
    return json.loads((EVENTS / f"{name}.json").read_text())


def bodies(batch: Any) -> list[str]:
    """Return the bodies of an SQS batch."""
    return [record["body"] for record in batch["Records"]]


def changed(original: Any, path: str, value: Any = None) -> Any:
    """Return an event with the field at a dotted path set to `value`, or taken away where that is `...`."""
    made = copy.deepcopy(original)
    *way, last = path.split(".")
    place = made
    for step in way:
        place = place[int(step) if step.isdecimal() else step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return made


def pointed_at(original: Any, bucket: str, version: str | None) -> Any:
    """Return an SQS batch or a bare S3 event whose first object lies in another bucket, at another version."""
    made = copy.deepcopy(original)
    first = made["Records"][0]
    inner = json.loads(first["body"]) if "body" in first else made
    for record in inner["Records"]:
        record["s3"]["bucket"]["name"] = bucket
        if version is not None:
            record["s3"]["object"]["versionId"] = version
    if "body" in first:
        first["body"] = json.dumps(inner)
    return made
