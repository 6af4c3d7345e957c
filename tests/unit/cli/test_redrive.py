import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from click.testing import CliRunner
from moto import mock_aws

from blastlens.cli.redrive import redrive
from blastlens.cloud.operations import dead_letters
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.upload_queue import UploadQueue
from blastlens.domain.errors import InvalidSettings, ServiceFault
from blastlens.domain.examining import examine
from blastlens.domain.record import Audience
from blastlens.domain.upload import ExaminationId
from tests.answers import NOON, UPLOAD, record, result
from tests.aws import REGION

TEMPLATE = {
    "Resources": {
        "Uploads": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "uploads"}},
        "Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead"}},
        "Failed": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "failed"}},
        "Settle": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "settle"}},
        "FailedExaminations": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "failed-examinations"}},
        "Examinations": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "examinations",
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": "S"} for name in ("patient", "examination")
                ],
                "KeySchema": [
                    {"AttributeName": "patient", "KeyType": "HASH"},
                    {"AttributeName": "examination", "KeyType": "RANGE"},
                ],
            },
        },
    },
    "Outputs": {
        "UploadQueueUrl": {"Value": {"Ref": "Uploads"}},
        "UploadDeadLetterQueueUrl": {"Value": {"Ref": "Dead"}},
        "NotifyFailureQueueUrl": {"Value": {"Ref": "Failed"}},
        "SettleQueueUrl": {"Value": {"Ref": "Settle"}},
        "ExamineFailureQueueUrl": {"Value": {"Ref": "FailedExaminations"}},
        "ExaminationsTableName": {"Value": {"Ref": "Examinations"}},
        "AuditLogGroupName": {"Value": "/blastlens/dev/audit"},
        **{
            f"{name}Name": {"Value": name}
            for name in (
                *("UploadBucket", "ResultsTable", "ContentsTable"),
                *("ReviewsTable", "ClinicsTable", "PatientAccessTable"),
            )
        },
    },
}
BODY = json.dumps({"Records": [{"s3": {"object": {"key": UPLOAD.key}}}]})


@pytest.fixture
def sqs():
    with mock_aws():
        cloudformation = boto3.client("cloudformation", region_name=REGION)
        cloudformation.create_stack(StackName="blastlens-dev", TemplateBody=json.dumps(TEMPLATE))
        other = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
        cloudformation.create_stack(StackName="other", TemplateBody=json.dumps(other))
        yield boto3.client("sqs", region_name=REGION)


def url(sqs: Any, name: str) -> str:
    return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])


def waiting(sqs: Any, name: str) -> list[str]:
    answer = sqs.receive_message(QueueUrl=url(sqs, name), MaxNumberOfMessages=10, VisibilityTimeout=0)
    return sorted(one["Body"] for one in answer.get("Messages", []))


def set_aside(sqs: Any, *bodies: str) -> None:
    for number, body in enumerate(bodies):
        UploadQueue(sqs, url(sqs, "uploads"), url(sqs, "dead")).send_to_dead_letter_queue(
            body, f"first-{number}", f"cause {number}"
        )


def run(*arguments: str) -> str:
    done = CliRunner().invoke(redrive, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def ids(listing: str) -> list[str]:
    return [line.split()[0] for line in listing.splitlines()[:-1]]


def test_a_dead_letter_is_shown_with_upload_and_error_but_no_person_and_stays(sqs):
    set_aside(sqs, BODY, "Jane Doe")
    shown = run()
    assert UPLOAD.upload_id in shown and "cause 0" in shown and "first-0" in shown
    assert UPLOAD.patient_id not in shown and "Jane" not in shown
    assert shown.splitlines()[-1] == "0 put back, 2 left."
    assert waiting(sqs, "dead") == sorted([BODY, "Jane Doe"])


def test_what_is_chosen_is_put_back_and_the_rest_stays(sqs):
    set_aside(sqs, BODY, "poison")
    chosen = next(line.split()[0] for line in run().splitlines() if "cause 0" in line)
    assert "1 put back, 1 left." in run(chosen)
    assert (waiting(sqs, "uploads"), waiting(sqs, "dead")) == ([BODY], ["poison"])


def test_everything_can_be_put_back_and_then_nothing_is_left(sqs):
    set_aside(sqs, BODY, "poison")
    assert "2 put back, 0 left." in run("--all")
    assert run("--all") == "The dead-letter queue is empty.\n"
    assert waiting(sqs, "uploads") == sorted([BODY, "poison"])


def test_an_unknown_id_is_reported(sqs):
    with pytest.raises(InvalidSettings, match="nobody-knows-it"):
        run("nobody-knows-it")


def test_a_letter_whose_deletion_fails_is_there_twice_rather_than_lost(sqs, monkeypatch: pytest.MonkeyPatch):
    set_aside(sqs, BODY)

    def fail(*_: object) -> None:
        raise ServiceFault("could not delete a dead letter")

    monkeypatch.setattr(dead_letters.DeadLetterQueue, "delete", fail)
    with pytest.raises(ServiceFault):
        run("--all")
    assert waiting(sqs, "uploads") == [BODY]
    sqs.purge_queue(QueueUrl=url(sqs, "uploads"))


def test_who_is_owed_a_notice_is_asked_for_again_and_the_notes_go(sqs):
    dynamodb: Any = boto3.client("dynamodb", region_name=REGION)
    table = ExaminationsTable(dynamodb, "examinations")
    owed, later = record(), NOON + timedelta(days=1)
    told = record(result(upload=replace(UPLOAD, upload_id="upload-0002")), {Audience.CLINIC: NOON})
    for one in (owed, told):
        identity = ExaminationId(*one.id.upload.split("/"))
        table.put(examine(identity, [one], None, later, timedelta(seconds=180)).examination, None)
    sqs.send_message(QueueUrl=url(sqs, "failed"), MessageBody="{}")
    assert run("--notices") == "1 examinations are processed again; 1 notes about failures are deleted.\n"
    asked = [
        one["examination"]["S"] for one in dynamodb.scan(TableName="examinations")["Items"] if "asked_again" in one
    ]
    assert asked == [UPLOAD.upload_id]
    assert waiting(sqs, "failed") == []


def test_a_stack_of_something_else_is_refused(sqs):
    with pytest.raises(InvalidSettings, match="deploy this version first"):
        run("--stack", "other")


def test_a_stack_that_is_not_there_is_named(sqs):
    with pytest.raises(InvalidSettings, match="no stack nowhere"):
        run("--stack", "nowhere")
