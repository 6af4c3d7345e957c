"""Services of moto in this process, with the resources of template.yaml."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns import sns_backends

from blastlens.cloud.audit_trail import AuditTrail
from blastlens.cloud.images import ImageStore
from blastlens.cloud.notifications.endpoints import Endpoints, application_arn
from blastlens.cloud.notifications.notices import ClinicTopics
from blastlens.cloud.operations.registration import Registration
from blastlens.cloud.tables.clinics import ClinicsTable
from blastlens.cloud.tables.contents import ContentsTable
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.paging import BY_CLINIC
from blastlens.cloud.tables.patient_access import PatientAccessTable
from blastlens.cloud.tables.phones import BY_ENDPOINT, PhonesTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.cloud.tables.reviews import ReviewsTable
from blastlens.cloud.upload_queue import UploadQueue
from blastlens.domain.clinic import Phone, Platform
from blastlens.domain.upload import ObjectVersion
from tests.answers import BUCKET

REGION = "eu-central-1"
TABLE = "results"
MOST_RECEIVES = 5
CLINICS_TABLE = "clinics"
EXAMINATIONS_TABLE = "examinations"
CONTENTS_TABLE = "contents"
REVIEWS_TABLE = "reviews"
PATIENT_ACCESS_TABLE = "patient-access"
PHONES_NAME = "blastlens-test"
AUDIT_LOG_GROUP = "audit"


@dataclass(frozen=True)
class Services:
    """Clients, and our own parts made of them."""

    s3: Any
    dynamodb: Any
    sns: Any
    sqs: Any
    images: ImageStore
    results: ResultsTable
    contents: ContentsTable
    examinations: ExaminationsTable
    reviews: ReviewsTable
    queue: UploadQueue
    topics: ClinicTopics
    clinics: ClinicsTable
    phones: PhonesTable
    endpoints: Endpoints
    trail: AuditTrail
    access: PatientAccessTable

    def upload(self, key: str, data: bytes = b"smear", metadata: Mapping[str, str] | None = None) -> ObjectVersion:
        """Put an object and return the version that came to be."""
        version = self.s3.put_object(Bucket=BUCKET, Key=key, Body=data, Metadata=dict(metadata or {}))["VersionId"]
        return ObjectVersion(BUCKET, key, version, "0A", len(data))

    def keys(self, prefix: str) -> list[str]:
        """The objects under a prefix."""
        return [one["Key"] for one in self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]

    def dead_letters(self) -> list[dict[str, Any]]:
        """The messages in the dead-letter queue."""
        answer = self.sqs.receive_message(
            QueueUrl=self.queue.dead_letter_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return list(answer.get("Messages", []))

    def items(self) -> list[dict[str, Any]]:
        """Every item of the table, as DynamoDB writes them."""
        return list(self.dynamodb.scan(TableName=TABLE)["Items"])

    def published(self, topic_arn: str) -> list[Any]:
        """What a topic was given: (message id, message, subject, attributes, group) each."""
        return list(self._backend.topics[topic_arn].sent_notifications)

    def pushed(self, endpoint: str) -> list[Any]:
        """What a phone was given, each as the JSON that SNS was handed."""
        return [json.loads(one) for one in self._backend.platform_endpoints[endpoint].messages.values()]

    def sent_sms(self) -> list[tuple[str, str]]:
        """The SMS sent: (number, text) each."""
        return list(self._backend.sms_messages.values())

    def disable(self, endpoint: str) -> None:
        """Let a phone be one whose app was removed."""
        self.sns.set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Enabled": "false"})

    @property
    def registration(self) -> Registration:
        """Registers phones."""
        first = self.topics.first_arn
        return Registration(self.phones, self.endpoints, lambda one: application_arn(first, one, PHONES_NAME))

    def phone(self, token: str = "token", patient: str = "patient-41", platform: Platform = Platform.GCM) -> Phone:
        """Register a phone of a patient of clinic-7."""
        return self.registration.add(Phone("", "clinic-7", patient, platform, ""), token)

    @property
    def _backend(self) -> Any:
        return sns_backends[DEFAULT_ACCOUNT_ID][REGION]


@cache
def shared_client(service: str) -> Any:
    """Return the one client of a service that all tests of this process share.

    Creating a client takes longer than most tests: botocore reads the service's description from disk. The client holds
    no data of a test, because moto does. A test that changes its client undoes the change.
    """
    return boto3.Session().client(service, region_name=REGION)  # type: ignore[call-overload]


@cache
def shared_streams_client() -> Any:
    """Return the one client of DynamoDB's streams; see `shared_client`."""
    # moto does not know the addresses that begin with an account's number.
    plain_address = Config(account_id_endpoint_mode="disabled")
    return boto3.Session().client("dynamodbstreams", region_name=REGION, config=plain_address)


@contextmanager
def services() -> Iterator[Services]:
    """Make the services; nothing of them is left afterwards."""
    with mock_aws():
        s3, dynamodb, sns, sqs = (shared_client(name) for name in ("s3", "dynamodb", "sns", "sqs"))
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        _create_table(dynamodb)
        create_examinations_table(dynamodb)
        create_contents_table(dynamodb)
        create_reviews_table(dynamodb)
        create_clinics_table(dynamodb)
        create_patient_access_table(dynamodb)
        topics = ClinicTopics(sns, sns.create_topic(Name="clinic")["TopicArn"])
        for platform in ("GCM", "APNS"):
            sns.create_platform_application(Name=PHONES_NAME, Platform=platform, Attributes={})
        yield Services(
            s3,
            dynamodb,
            sns,
            sqs,
            ImageStore(s3),
            ResultsTable(dynamodb, TABLE),
            ContentsTable(dynamodb, CONTENTS_TABLE),
            ExaminationsTable(dynamodb, EXAMINATIONS_TABLE),
            ReviewsTable(dynamodb, REVIEWS_TABLE, EXAMINATIONS_TABLE),
            UploadQueue(sqs, *_queues(sqs)),
            topics,
            ClinicsTable(dynamodb, CLINICS_TABLE),
            PhonesTable(dynamodb, CLINICS_TABLE),
            Endpoints(sns),
            _audit_trail(),
            PatientAccessTable(dynamodb, PATIENT_ACCESS_TABLE),
        )


def _audit_trail() -> AuditTrail:
    logs = shared_client("logs")
    logs.create_log_group(logGroupName=AUDIT_LOG_GROUP)
    return AuditTrail(logs, AUDIT_LOG_GROUP)


def _queues(sqs: Any) -> tuple[str, str]:
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": MOST_RECEIVES})
    attributes = {"RedrivePolicy": redrive, "VisibilityTimeout": "540"}
    return sqs.create_queue(QueueName="uploads", Attributes=attributes)["QueueUrl"], dead


def create_clinics_table(dynamodb: Any) -> None:
    """Make the table of clinics and phones."""
    dynamodb.create_table(
        TableName=CLINICS_TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("place", "entry", "endpoint")],
        KeySchema=_keys("place", "entry"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": BY_ENDPOINT,
                "KeySchema": [{"AttributeName": "endpoint", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )


def create_examinations_table(dynamodb: Any) -> None:
    """Make the table of examinations."""
    names = ("patient", "examination", "clinic_id", "rank")
    dynamodb.create_table(
        TableName=EXAMINATIONS_TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        KeySchema=_keys("patient", "examination"),
        GlobalSecondaryIndexes=[
            {"IndexName": BY_CLINIC, "KeySchema": _keys("clinic_id", "rank"), "Projection": _EVERYTHING}
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )


def create_contents_table(dynamodb: Any) -> None:
    """Make the table of images' contents."""
    dynamodb.create_table(
        TableName=CONTENTS_TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "content", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "content", "KeyType": "HASH"}],
    )


def create_reviews_table(dynamodb: Any) -> None:
    """Make the table of reviews."""
    dynamodb.create_table(
        TableName=REVIEWS_TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("patient", "entry")],
        KeySchema=_keys("patient", "entry"),
    )


def create_patient_access_table(dynamodb: Any) -> None:
    """Make the table of patients' access codes, sessions and browsers."""
    dynamodb.create_table(
        TableName=PATIENT_ACCESS_TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("place", "entry")],
        KeySchema=_keys("place", "entry"),
    )


def _create_table(dynamodb: Any) -> None:
    names = ("upload", "reading", "clinic_id", "uploaded_at")
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        KeySchema=_keys("upload", "reading"),
        GlobalSecondaryIndexes=[
            {"IndexName": BY_CLINIC, "KeySchema": _keys("clinic_id", "uploaded_at"), "Projection": _EVERYTHING}
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )


_EVERYTHING = {"ProjectionType": "ALL"}


def _keys(first: str, second: str) -> list[dict[str, str]]:
    return [{"AttributeName": first, "KeyType": "HASH"}, {"AttributeName": second, "KeyType": "RANGE"}]
