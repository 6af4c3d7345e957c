import json
from typing import Any

import pytest

from blastlens.cloud.tables.tombstones import Tombstones
from blastlens.cloud.upload_queue import UploadQueue
from blastlens.domain.errors import InvalidEvent, ServiceUnavailable
from blastlens.domain.patient import PatientId
from blastlens.domain.upload import ObjectVersion
from blastlens.functions.classification import ClassificationDependencies
from blastlens.functions.classify import MIN_REMAINING_MS, make_handler
from blastlens.functions.telemetry import Handler
from tests.answers import BUCKET, MODEL, NOON, UPLOAD, FakeReader, lambda_context, pass_at_once
from tests.aws import CONTENTS_TABLE, EXAMINATIONS_TABLE, MOST_RECEIVES, Services
from tests.unit.functions.corpus import event, pointed_at

SMEARS = [f"uploads/clinic-7/patient-41/upload-{number:04d}.jpg" for number in range(1, 11)]


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader()


@pytest.fixture
def handler(aws: Services, reader: FakeReader, recorded) -> Handler:
    parts = ClassificationDependencies(
        aws.images, aws.results, aws.contents, reader, clock=lambda: NOON, sleep=pass_at_once
    )
    return make_handler(parts, aws.queue, MOST_RECEIVES, recorded.telemetry)


def s3_record(source: ObjectVersion, name: str = "ObjectCreated:Put") -> dict[str, Any]:
    record: dict[str, Any] = event("s3-put")["Records"][0] | {"eventName": name}
    record["s3"] = {
        "bucket": {"name": source.bucket},
        "object": {"key": source.key, "versionId": source.version_id, "sequencer": source.sequencer, "size": 5},
    }
    return record


def batch(*bodies: Any) -> dict[str, Any]:
    template = event("sqs-new-smear")["Records"][0]
    texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
    return {"Records": [template | {"messageId": f"m{index}", "body": text} for index, text in enumerate(texts)]}


def told_of(*sources: ObjectVersion) -> dict[str, Any]:
    return {"Records": [s3_record(source) for source in sources]}


def failed(answer: Any) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def statuses(aws: Services) -> list[str]:
    return sorted(item["status"]["S"] for item in aws.items())


def test_a_batch_of_smears_is_answered_whole(aws: Services, handler: Handler):
    answer = handler(batch(*(told_of(aws.upload(key)) for key in SMEARS)), lambda_context())
    assert failed(answer) == []
    assert statuses(aws) == ["CLASSIFIED"] * 10


def test_every_object_of_one_message_is_answered(aws: Services, handler: Handler):
    answer = handler(batch(told_of(*(aws.upload(key) for key in SMEARS[:3]))), lambda_context())
    assert failed(answer) == []
    assert len(aws.items()) == 3


def test_s3s_own_event_is_answered_as_well(aws: Services, handler: Handler):
    aws.upload(UPLOAD.key)
    assert failed(handler(pointed_at(event("s3-put"), BUCKET, None), lambda_context())) == []
    assert statuses(aws) == ["CLASSIFIED"]


def test_an_invalid_message_is_dead_lettered_at_once_with_its_cause(aws: Services, handler: Handler, recorded):
    answer = handler(batch("poison", told_of(aws.upload(UPLOAD.key)), {"Records": []}), lambda_context())
    assert failed(answer) == []
    assert statuses(aws) == ["CLASSIFIED"]
    letters = {one["Body"]: one["MessageAttributes"] for one in aws.dead_letters()}
    assert letters["poison"]["cause"]["StringValue"] == "the message is not JSON"
    assert letters["poison"]["first_message_id"]["StringValue"] == "m0"
    assert letters['{"Records": []}']["cause"]["StringValue"] == "Records is not a list with something in it"
    assert [line["error"] for line in recorded.lines if "error" in line] == ["InvalidEvent", "InvalidEvent"]


def test_an_invalid_message_that_cannot_be_dead_lettered_fails(aws: Services, reader: FakeReader, recorded):
    parts = ClassificationDependencies(
        aws.images, aws.results, aws.contents, reader, clock=lambda: NOON, sleep=pass_at_once
    )
    nowhere = UploadQueue(aws.sqs, aws.queue.url, aws.queue.url + "-gone")
    answer = make_handler(parts, nowhere, MOST_RECEIVES, recorded.telemetry)(
        batch("poison", "poison"), lambda_context()
    )
    assert failed(answer) == ["m0", "m1"]


def received(times: int, told: dict[str, Any]) -> dict[str, Any]:
    """A batch of one message that was handed out so often."""
    made = batch(told)
    made["Records"][0]["attributes"] = {"ApproximateReceiveCount": str(times)}
    return made


def test_the_last_receive_dead_letters_a_failed_message_with_its_cause(
    aws: Services, handler: Handler, reader: FakeReader
):
    told = told_of(aws.upload(UPLOAD.key))
    reader.fault = ServiceUnavailable("could not read an image: SlowDown (503)")
    assert failed(handler(received(MOST_RECEIVES - 1, told), lambda_context(6_000))) == ["m0"]
    assert aws.dead_letters() == []
    assert failed(handler(received(MOST_RECEIVES, told), lambda_context(60_000, 60_000, 0))) == []
    (letter,) = aws.dead_letters()
    assert letter["MessageAttributes"]["cause"]["StringValue"] == "could not read an image: SlowDown (503)"


def test_the_cause_of_an_unexpected_error_is_its_type_only(aws: Services, handler: Handler, reader: FakeReader):
    reader.fault = ValueError("patient-41")
    handler(received(MOST_RECEIVES, told_of(aws.upload(UPLOAD.key))), lambda_context())
    (letter,) = aws.dead_letters()
    assert letter["MessageAttributes"]["cause"]["StringValue"] == "unexpected: ValueError"


def test_a_bare_event_that_cannot_be_read_is_raised(handler: Handler):
    with pytest.raises(InvalidEvent):
        handler({"Records": [{"eventSource": "aws:s3", "eventVersion": "3.0"}]}, lambda_context())


def test_rejections_are_answers_and_never_come_back(aws: Services, handler: Handler):
    gone = aws.upload(SMEARS[1])
    aws.s3.delete_object(Bucket=BUCKET, Key=gone.key, VersionId=gone.version_id)
    unreadable = ObjectVersion(BUCKET, "uploads/clinic-7/Jane+Doe/1.jpg", "v1", "0A")
    answer = handler(
        batch(told_of(aws.upload(SMEARS[0], b"no image")), told_of(gone), told_of(unreadable)), lambda_context()
    )
    assert failed(answer) == []
    assert statuses(aws) == ["REJECTED"] * 3


def test_the_test_event_and_removals_are_logged_and_leave_nothing(aws: Services, handler: Handler, recorded):
    (test_event,) = (record["body"] for record in event("sqs-test-event")["Records"])
    removed = {"Records": [s3_record(aws.upload(UPLOAD.key), "ObjectRemoved:DeleteMarkerCreated")]}
    assert failed(handler(batch(test_event, removed), lambda_context())) == []
    assert aws.items() == []
    assert recorded.messages() == ["event ignored", "event ignored"]


def test_a_duplicate_costs_no_inference(aws: Services, handler: Handler, reader: FakeReader, recorded):
    told = told_of(aws.upload(UPLOAD.key))
    assert failed(handler(batch(told, told), lambda_context())) == []
    assert len(reader.read) == 1
    assert recorded.messages() == ["answered", "answered before"]


def test_what_passes_is_tried_again_and_then_answered(aws: Services, handler: Handler, reader: FakeReader):
    told = batch(told_of(aws.upload(UPLOAD.key)))
    reader.fault = ServiceUnavailable("busy")
    assert failed(handler(told, lambda_context())) == ["m0"]
    assert aws.items() == []
    reader.fault = None
    assert failed(handler(told, lambda_context())) == []
    assert statuses(aws) == ["CLASSIFIED"]


def test_of_a_message_that_fails_halfway_the_retry_does_only_the_rest(
    aws: Services, handler: Handler, reader: FakeReader
):
    told = batch(told_of(aws.upload(SMEARS[0]), aws.upload(SMEARS[1])))
    assert failed(handler(told, lambda_context(60_000, 60_000, MIN_REMAINING_MS - 1))) == ["m0"]
    assert len(aws.items()) == 1
    assert failed(handler(told, lambda_context())) == []
    assert (len(aws.items()), len(reader.read)) == (2, 2)


def test_with_too_little_time_left_nothing_is_begun(aws: Services, handler: Handler, reader: FakeReader):
    told = [told_of(aws.upload(key)) for key in SMEARS[:3]]
    answer = handler(batch(*told), lambda_context(60_000, 60_000, MIN_REMAINING_MS - 1))
    assert failed(answer) == ["m1", "m2"]
    assert len(reader.read) == 1


def test_an_unexpected_error_fails_only_its_message_and_is_logged(
    aws: Services, handler: Handler, reader: FakeReader, recorded
):
    reader.fault = ZeroDivisionError("by zero")
    assert failed(handler(batch(told_of(aws.upload(UPLOAD.key))), lambda_context())) == ["m0"]
    (line,) = (line for line in recorded.lines if line.get("message") == "item failed")
    assert line["error"] == "ZeroDivisionError"
    assert "Traceback" in line["exception"]


def test_the_log_names_upload_and_request_but_no_person(aws: Services, handler: Handler, recorded):
    unreadable = ObjectVersion(BUCKET, "uploads/clinic-7/Jane+Doe/1.jpg", "v1", "0A")
    handler(batch(told_of(aws.upload(UPLOAD.key)), told_of(unreadable), "Jane Doe"), lambda_context())
    assert "patient-41" not in recorded.text
    assert "Jane" not in recorded.text
    answered = [line for line in recorded.lines if line.get("message") == "answered"]
    assert [line["upload_id"] for line in answered] == ["upload-0001", "unreadable"]
    assert {line["function_request_id"] for line in answered} == {"9a1f6a0e-request"}


def test_the_log_names_the_microscope_of_an_upload_so_that_an_alarm_can_count_them(aws: Services, handler, recorded):
    for upload_id in ("scope-3_0123456789abcdef0123456789abcdef", "upload-0001"):
        handler(batch(told_of(aws.upload(f"uploads/clinic-7/patient-41/{upload_id}.jpg"))), lambda_context())
    answered = [line for line in recorded.lines if line.get("message") == "answered"]
    assert [line.get("device") for line in answered] == ["scope-3", None]


def test_the_metrics_count_answers_and_failures(aws: Services, handler: Handler, recorded):
    told = told_of(aws.upload(SMEARS[0]))
    handler(batch(told, told, told_of(aws.upload(SMEARS[1], b"no image")), "poison"), lambda_context())
    metrics = recorded.metrics()
    assert {name: metrics[name] for name in ("Classified", "AnsweredBefore", "Rejected", "ItemFailed")} == {
        "Classified": [1.0],
        "AnsweredBefore": [1.0],
        "Rejected": [1.0],
        "ItemFailed": [1.0],
    }
    assert len(metrics["AnswerTime"]) == 3
    assert {f"{stage}Time" for stage in ("Look", "Fetch", "Read", "Draw", "Keep", "Store")} <= set(metrics)
    assert metrics["Abstained"] == [0.0]
    assert recorded.counted("Rejected", "reason") == ["corrupt"]
    assert recorded.counted("Classified", "label") == ["pre_b"]


def screened(digest: str = "7a" * 32, labels: str = "benign") -> dict[str, str]:
    """Metadata of an image that was screened at the microscope."""
    return {"edge-digest": digest, "edge-probabilities": "benign=0.5,malignant=0.5", "edge-set": labels}


def test_the_metrics_count_disagreements_of_the_screening_by_the_packages_of_both(aws: Services, reader, recorded):
    parts = ClassificationDependencies(aws.images, aws.results, aws.contents, reader, clock=lambda: NOON)
    handler = make_handler(parts, aws.queue, MOST_RECEIVES, recorded.telemetry, frozenset({"7a" * 32}))
    given = [screened(), screened(labels="malignant"), screened("99" * 32), {"edge-set": "benign"}, {}]
    smears = [aws.upload(key, metadata=metadata) for key, metadata in zip(SMEARS, given, strict=False)]
    refused = aws.upload(SMEARS[9], b"no image", screened())
    handler(batch(*(told_of(one) for one in (*smears, refused))), lambda_context())
    metrics = recorded.metrics()
    assert (metrics["EdgeDisagreed"], metrics["EdgeUnusable"]) == ([1.0, 0.0, 1.0], [1.0])
    counted = [(line["edge"], line["model"], line["EdgeDisagreed"]) for line in recorded.lines if "model" in line]
    assert counted == [
        ("7a" * 32, MODEL.digest, [1.0]),
        ("7a" * 32, MODEL.digest, [0.0]),
        ("other", MODEL.digest, [1.0]),
    ]
    assert "patient-41" not in recorded.text


PLACEHOLDERS = (
    "uploads/clinic-7/",
    "uploads/clinic-7/patient-41/",
    "uploads/scans.jpg/",
    "uploads/c/p/.keep",
    "uploads/c/p_$folder$",
)


@pytest.mark.parametrize("key", PLACEHOLDERS)
def test_an_empty_object_that_stands_for_a_folder_leaves_no_record(key: str, aws: Services, handler: Handler, reader):
    source = aws.upload(key, b"")
    record = s3_record(source)
    record["s3"]["object"]["size"] = 0
    assert failed(handler(batch({"Records": [record]}), lambda_context())) == []
    assert aws.items() == []
    assert aws.dead_letters() == []


@pytest.mark.parametrize(
    ("key", "size"), [("uploads/clinic-7/", 5), ("uploads/c/p/Jane Doe.jpg", 0), ("uploads/c/p/x", 5)]
)
def test_an_object_with_content_or_with_an_images_ending_is_answered(
    key: str, size: int, aws: Services, handler: Handler
):
    record = s3_record(aws.upload(key, b"x" * size))
    record["s3"]["object"]["size"] = size
    assert failed(handler(batch({"Records": [record]}), lambda_context())) == []
    assert statuses(aws) == ["REJECTED"]


def test_an_image_of_an_erased_patient_is_not_read_even_where_it_is_gone(aws, reader, handler, recorded):
    patient = PatientId("clinic-7", "patient-41")
    Tombstones(aws.dynamodb, EXAMINATIONS_TABLE, CONTENTS_TABLE).add(patient, NOON)
    late, gone = aws.upload(SMEARS[0]), aws.upload(SMEARS[1])
    aws.s3.delete_object(Bucket=gone.bucket, Key=gone.key, VersionId=gone.version_id)
    assert failed(handler(batch(told_of(late, gone)), lambda_context())) == []
    assert reader.read == [] and aws.items() == [] and aws.keys("artifacts/") == []
    assert sum(recorded.metrics()["OfErasedPatient"]) == 2
    assert "patient-41" not in recorded.text
    other = aws.upload("uploads/clinic-7/patient-4/upload-0001.jpg")
    assert failed(handler(batch(told_of(other)), lambda_context())) == []
    assert statuses(aws) == ["CLASSIFIED"]
