"""Files for `sam local invoke` with the embedded cloud: environment and events."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from blastlens.domain.errors import InvalidSettings
from blastlens.domain.result import result_id
from blastlens.domain.upload import ObjectVersion, Upload
from blastlens.local.clients import REGION, LocalClients
from blastlens.local.cloud import EmbeddedCloud, MakeFunctions
from blastlens.local.demo.smears import drawn_smears
from blastlens.local.event_sources.invocation import Function
from blastlens.local.event_sources.object_events import sequencer
from blastlens.local.stack.deployment import Stack
from blastlens.local.stack.outbox_reader import subscribe_outbox

ENVIRONMENT = "environment.json"
EVENTS = {
    "ClassifyFunction": "good-smear.json",
    "ExamineFunction": "new-field.json",
    "NotifyFunction": "changed-examination.json",
}
"""Function -> file of the event that drives it, in the order in which they follow one another."""

_UPLOAD = Upload("clinic-7", "patient-41", "upload-0001", "png")
_QUEUES = {
    "UPLOAD_QUEUE_URL": "UploadQueue",
    "UPLOAD_DEAD_LETTER_QUEUE_URL": "UploadDeadLetterQueue",
    "SETTLE_QUEUE_URL": "SettleQueue",
}
_READER = "CLINIC_EMAIL_SUBSCRIPTION"


def with_idle_functions(make: MakeFunctions) -> MakeFunctions:
    """Return a maker whose functions do nothing where containers take their place; those of the HTTP API stay."""

    def idle(stack: Stack, clients: LocalClients) -> Mapping[str, Function]:
        return {
            name: Function(name, lambda event, context: {"batchItemFailures": []}) if name in EVENTS else one
            for name, one in make(stack, clients).items()
        }

    return idle


def write_sam_files(cloud: EmbeddedCloud, folder: Path, digest: str) -> None:
    """Upload a drawn smear, and write the environment file and an event for each function.

    Args:
        cloud: a running cloud with idle functions.
        folder: folder of the files, which is made.
        digest: digest of the model package in the container.

    Raises:
        InvalidSettings: the folder cannot be written.
    """
    smear = next(drawn_smears()).fields[0].data
    bucket = cloud.stack.resources["UploadBucket"]
    s3 = cloud.clients.client("s3")
    stored = s3.put_object(Bucket=bucket, Key=_UPLOAD.key, Body=smear)
    modified = s3.head_object(Bucket=bucket, Key=_UPLOAD.key)["LastModified"]
    source = ObjectVersion(bucket, _UPLOAD.key, stored["VersionId"], sequencer(modified), len(smear))
    identity, examination = result_id(source, digest), _UPLOAD.examination
    events = {
        "ClassifyFunction": _object_event(source),
        "ExamineFunction": _stream_event(upload=identity.upload, reading=identity.reading),
        "NotifyFunction": _stream_event(patient=examination.patient, examination=examination.examination_id),
    }
    files = {ENVIRONMENT: {name: _environment(cloud, name) for name in cloud.stack.functions}}
    files |= {EVENTS[name]: event for name, event in events.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in files.items():
            (folder / name).write_text(json.dumps(value, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise InvalidSettings(f"{folder} cannot be written: {error.strerror}. Name another folder.") from None


def _environment(cloud: EmbeddedCloud, function: str) -> dict[str, str]:
    given = dict(cloud.stack.functions[function].environment)
    # The environment's URLs are those that the queues would have in AWS.
    queues = {name: cloud.stack.resources[queue] for name, queue in _QUEUES.items() if name in given}
    reader = {_READER: subscribe_outbox(cloud.stack, cloud.clients)} if _READER in given else {}
    return given | queues | reader | {"AWS_ENDPOINT_URL": cloud.endpoint}


def _object_event(source: ObjectVersion) -> dict[str, Any]:
    s3_object = {
        "key": source.key,
        "size": source.size,
        "versionId": source.version_id,
        "sequencer": source.sequencer,
    }
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": source.bucket}, "object": s3_object},
    }
    return {"Records": [record]}


def _stream_event(**key: str) -> dict[str, Any]:
    """Return the event of a new item with a key."""
    keys = {name: {"S": value} for name, value in key.items()}
    image = {"SequenceNumber": "100000000000000000001", "StreamViewType": "NEW_IMAGE", "Keys": keys, "NewImage": keys}
    return {"Records": [{"eventID": "1", "eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": image}]}
