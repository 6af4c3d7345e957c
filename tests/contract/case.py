"""One set of services that the contract holds: moto's, or those in memory."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from blastlens.cloud.images import ImageStore
from blastlens.cloud.operations.dead_letters import DeadLetterQueue
from blastlens.cloud.tables.contents import ContentsTable
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.phones import PhonesTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.cloud.tables.reviews import ReviewsTable
from blastlens.cloud.upload_queue import UploadQueue
from tests.aws import CLINICS_TABLE, CONTENTS_TABLE, EXAMINATIONS_TABLE, MOST_RECEIVES, REVIEWS_TABLE, TABLE
from tests.memory.objects import MemoryObjects
from tests.memory.queues import MemoryQueue, MemoryQueues
from tests.memory.table import MemoryTables, make_tables
from tests.memory.topics import MemoryTopics


@dataclass(frozen=True)
class Case:
    """One set of services, as boto3's clients."""

    s3: Any
    dynamodb: Any
    streams: Any
    sqs: Any
    queue_url: str
    dead_url: str
    sns: Any
    topic_arn: str
    phone_arn: str

    @property
    def results(self) -> ResultsTable:
        return ResultsTable(self.dynamodb, TABLE)

    @property
    def examinations(self) -> ExaminationsTable:
        return ExaminationsTable(self.dynamodb, EXAMINATIONS_TABLE)

    @property
    def reviews(self) -> ReviewsTable:
        return ReviewsTable(self.dynamodb, REVIEWS_TABLE, EXAMINATIONS_TABLE)

    @property
    def contents(self) -> ContentsTable:
        return ContentsTable(self.dynamodb, CONTENTS_TABLE)

    @property
    def phones(self) -> PhonesTable:
        return PhonesTable(self.dynamodb, CLINICS_TABLE)

    @property
    def images(self) -> ImageStore:
        return ImageStore(self.s3)

    @property
    def queue(self) -> UploadQueue:
        return UploadQueue(self.sqs, self.queue_url, self.dead_url)

    @property
    def dead_letters(self) -> DeadLetterQueue:
        return DeadLetterQueue(self.sqs, self.dead_url, self.queue_url)

    def receive(self) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        )
        return list(answer.get("Messages", []))

    def changes(self, table: str = TABLE) -> list[dict[str, Any]]:
        arn = table
        if not isinstance(self.streams, MemoryTables):
            arn = self.streams.list_streams(TableName=table)["Streams"][0]["StreamArn"]
        (shard,) = self.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        start = self.streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        return list(self.streams.get_records(ShardIterator=start["ShardIterator"], Limit=1000)["Records"])


def memory_case() -> Case:
    def clock() -> datetime:
        return datetime.now(UTC)

    tables = make_tables()
    queues = {"uploads": MemoryQueue(dead_letters="dead", max_receives=MOST_RECEIVES), "dead": MemoryQueue(30)}
    return Case(
        MemoryObjects(clock),
        tables,
        tables,
        MemoryQueues(clock, queues),
        "uploads",
        "dead",
        MemoryTopics(),
        "arn:t",
        "arn:p",
    )
