"""Actions of a scenario, its end, and its checks."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

import numpy as np

from blastlens.cloud.operations.dead_letters import UNKNOWN_CAUSE, DeadLetterMessage
from blastlens.cloud.tables.outbox import records_to_notify, request_notification
from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.errors import InvalidEvent, ServiceFault
from blastlens.domain.labels import Label
from blastlens.domain.record import SignOff
from blastlens.domain.upload import ObjectVersion
from blastlens.functions.s3_events import read_body
from blastlens.imaging.overlay import encode_png
from tests.answers import BUCKET
from tests.aws import TABLE
from tests.failing_clients import FaultyClient
from tests.functional.faults import checks, notices
from tests.functional.faults.cloud import Clock, Cloud, in_memory
from tests.functional.faults.tally import Tally
from tests.functional.faults.world import World
from tests.functional.quick_reader import QuickReader

CLINIC, PATIENT, NAME = "clinic-nobody-may-know", "patient-nobody-may-know", "Jane Doe"
KEYS = [f"uploads/{CLINIC}/{PATIENT}/upload-{number}.png" for number in range(3)]
KEYS += [f"uploads/{CLINIC}/{NAME}/smear.png"]
FILES = [encode_png(np.full((64, 64, 3), 90, dtype=np.uint8)), b"no image", b""]
INVALID_MESSAGES = [
    "no JSON at all",
    '{"Records": []}',
    '{"Records": [{"eventSource": "aws:s3", "eventVersion": "9.0"}]}',
    "[]",
]
VISIBILITY_SECONDS = 541
MOST_ROUNDS = 60
MOST_PHONES = 3


class Scenario:
    """One world, and what was done to it."""

    def __init__(self, tally: Tally, make_cloud: Callable[[Clock], Cloud] = in_memory):
        self.tally = tally
        self.world = World(tally, make_cloud)
        self.versions: list[ObjectVersion] = []
        self.events: list[str] = []
        self.held_back: list[str] = []
        self.invalid: list[str] = []
        self.digests = [self.world.identity.digest]

    @property
    def version_ids(self) -> frozenset[str]:
        """The object versions that there have been so far."""
        return frozenset(one.version_id for one in self.versions)

    # ---- what happens -----------------------------------------------------------------------------------------------

    def upload(self, key: str, data: bytes, copies: int, held_back: bool) -> None:
        """Put an object; its event is sent now, `copies` times, or held back."""
        _, clinic_id, patient_id, _ = key.split("/")
        if not self.world.phones.of(clinic_id, patient_id):
            self.world.phones.give(clinic_id, patient_id, self.version_ids)
        version = self.world.cloud.objects.put_object(Bucket=BUCKET, Key=key, Body=data)["VersionId"]
        source = ObjectVersion(BUCKET, key, version, f"{len(self.versions) + 1:016X}", len(data))
        self.versions.append(source)
        self.events.append(_event(source, self.world.clock().isoformat()))
        self.tally.uploads += 1
        if held_back:
            self.held_back.append(self.events[-1])
        for _ in range(0 if held_back else copies):
            self.send(self.events[-1])

    def repeat(self, place: int) -> None:
        """Send the event of an object again."""
        if self.events:
            self.send(self.events[place % len(self.events)])

    def send_together(self, places: list[int]) -> None:
        """Send one message with the events of several objects."""
        if self.events:
            told = [json.loads(self.events[place % len(self.events)])["Records"][0] for place in places]
            self.send(json.dumps({"Records": told}))

    def delete(self, place: int) -> None:
        """Delete an object version permanently."""
        if self.versions:
            version = self.versions[place % len(self.versions)]
            self.world.cloud.objects.delete_object(Bucket=BUCKET, Key=version.key, VersionId=version.version_id)

    def give_another_phone(self) -> None:
        """Give the patient one more phone, with the same app on it."""
        if len(self.world.phones.of(CLINIC, PATIENT)) < MOST_PHONES:
            self.world.phones.give(CLINIC, PATIENT, self.version_ids)

    def lose_phone(self, place: int) -> None:
        """Disable one of the patient's phones."""
        alive = [one for one in self.world.phones.of(CLINIC, PATIENT) if one.dead_since is None]
        if alive:
            self.world.phones.kill(alive[place % len(alive)], self.version_ids)

    def send_invalid(self, body: str) -> None:
        """Send a message that is not an S3 event."""
        self.invalid.append(body)
        self.send(body)

    def send(self, body: str) -> None:
        """Put a message into the queue."""
        self.world.cloud.queues.send_message(QueueUrl=self.world.cloud.uploads, MessageBody=body)

    def deploy_model(self) -> None:
        """Start the functions with another model."""
        self.digests.append(f"{len(self.digests):064x}")
        self.world.reader = QuickReader(self.digests[-1])
        self.world.start()

    def sign(self, place: int, label: Label) -> None:
        """Sign one of the predictions, with the model's label or another."""
        waiting = [one for one in checks.records(self.world) if one.finding is not None and one.signed_off is None]
        if waiting:
            word = SignOff("Dr. Vogel", "arn:aws:iam::123456789012:user/vogel", label, self.world.clock())
            ResultsTable(self.world.cloud.table, TABLE).sign_off(waiting[place % len(waiting)].id, word)
            self.tally.signatures += 1

    # ---- what an operator does --------------------------------------------------------------------------------------

    def redrive(self) -> None:
        """Redrive dead letters, except invalid messages with a known cause."""

        def put_back() -> None:
            for message in list(self.world.dead_letters.receive_all()):
                self._redrive(message)

        self._surviving(put_back)

    def redrive_notices(self) -> None:
        """Request all pending notifications, then delete the invocation records."""
        client: Any = FaultyClient(self.world.cloud.table, self.world.decide)

        def ask() -> None:
            for record in list(records_to_notify(client, TABLE)):
                request_notification(client, TABLE, record.id, self.world.clock())
            self.world.cloud.queues.purge_queue(QueueUrl=self.world.cloud.failed_notices)

        self._surviving(ask)

    def _redrive(self, message: DeadLetterMessage) -> None:
        if message.cause == UNKNOWN_CAUSE or not _is_invalid(message.body):
            self.world.dead_letters.redrive(message)
        else:
            self.world.dead_letters.release(message)

    def _surviving(self, work: Callable[[], Any]) -> None:
        def tried() -> None:
            try:
                work()
            except ServiceFault:
                return

        self.world.survive(tried)

    # ---- quiet ------------------------------------------------------------------------------------------------------

    def finish(self, told: list[str]) -> None:
        """Send held-back events, and let everything finish without faults."""
        for event in told:
            self.send(event)
        self.settle()

    def settle(self) -> None:
        """Process and redrive until nothing is left to do."""
        with self.world.without_faults():
            for _ in range(MOST_ROUNDS):
                self.world.sleep(VISIBILITY_SECONDS)
                self.redrive()
                self.world.pump_queue()
                if self._is_drained():
                    break
            self.world.pump_whole_stream()
            self.redrive_notices()
            self.world.pump_whole_stream()
            self.world.sleep(VISIBILITY_SECONDS)

    def _is_drained(self) -> bool:
        """Return whether the queue is empty, also after redriving messages that it just moved."""
        uploads = self.world.cloud.uploads
        if not self.world.waiting(uploads):
            self.redrive()
        return not self.world.waiting(uploads)

    def check(self) -> None:
        """Run all checks."""
        self.finish(self.held_back)
        checks.check_all_answered(self.world, self.versions, self.digests)
        before = self.world.items()
        if len(self.digests) > 1:
            # After repeated events a new model reads the images again and adds records.
            self.finish(self.events)
            after = {_place(item): item for item in self.world.items()}
            assert all(_unchanging(item) == _unchanging(after[_place(item)]) for item in before)
        checks.check_records(self.world, self.versions, self.digests[-1])
        checks.check_artifacts(self.world)
        found = checks.records(self.world)
        notices.check_phones(self.world, found)
        notices.check_notices(self.world, found)
        checks.check_queues(self.world, self.invalid)
        checks.check_order(self.world, self.versions, self.digests[-1])
        checks.check_log(self.world, [CLINIC, PATIENT, NAME, quote_plus(NAME)])
        self.tally.scenarios += 1
        self.tally.corrections += sum(mark.endswith("#corrected") for one in found for mark in one.pushed)
        self.tally.phones_forgotten += sum(not self.world.phones.is_known(one) for one in self.world.phones.given)


def _event(source: ObjectVersion, time: str) -> str:
    thing = {
        "key": quote_plus(source.key, safe="/"),
        "versionId": source.version_id,
        "sequencer": source.sequencer,
        "size": source.size,
    }
    place = {"s3": {"bucket": {"name": source.bucket}, "object": thing}, "eventTime": time}
    kind = {"eventSource": "aws:s3", "eventVersion": "2.1", "eventName": "ObjectCreated:Put"}
    return json.dumps({"Records": [kind | place]})


def _is_invalid(body: str) -> bool:
    try:
        read_body(body)
    except InvalidEvent:
        return True
    return False


def _place(item: dict[str, Any]) -> tuple[str, str]:
    return item["upload"]["S"], item["reading"]["S"]


def _unchanging(item: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in item.items()
        if name not in ("told", "pushed", "asked_again", "patient_heard", "left_to_clinic")
    }
