"""Actions of a scenario, its end, and its checks."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus

from blastlens.cloud.operations.dead_letters import UNKNOWN_CAUSE, DeadLetterMessage
from blastlens.cloud.tables.notice_requests import examinations_to_notify, request_notification
from blastlens.domain.discrepancy import Kind
from blastlens.domain.errors import InvalidEvent, ServiceFault
from blastlens.domain.patient import PatientId
from blastlens.domain.upload import ObjectVersion
from blastlens.functions.s3_events import read_body
from tests.answers import BUCKET
from tests.aws import EXAMINATIONS_TABLE
from tests.functional.faults import checks, examinations, notices
from tests.functional.faults.clinicians import Clinicians
from tests.functional.faults.cloud import Clock, Cloud, in_memory
from tests.functional.faults.erased import ErasedPatients
from tests.functional.faults.fields import CLINIC, NAME, NEIGHBOUR, PATIENT, ShadeReader, image
from tests.functional.faults.tally import Tally
from tests.functional.faults.world import World

INVALID_MESSAGES = [
    "no JSON at all",
    '{"Records": []}',
    '{"Records": [{"eventSource": "aws:s3", "eventVersion": "9.0"}]}',
    "[]",
]
VISIBILITY_SECONDS = 541
MOST_ROUNDS = 60
MOST_PHONES = 3
_NEIGHBOUR = PatientId(CLINIC, NEIGHBOUR)


class Scenario:
    """One world, and what was done to it."""

    def __init__(self, tally: Tally, make_cloud: Callable[[Clock], Cloud] = in_memory):
        self.tally = tally
        self.world = World(tally, make_cloud)
        self.clinicians = Clinicians(self.world)
        self.erased = ErasedPatients(self.world)
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

    def upload(
        self, key: str, kind: int, copies: int = 1, held_back: bool = False, declared: Mapping[str, str] | None = None
    ) -> None:
        """Put an image; its event is sent now, `copies` times, or held back."""
        self.upload_data(key, image(key, kind), copies, held_back, declared)

    def upload_data(
        self,
        key: str,
        data: bytes,
        copies: int = 1,
        held_back: bool = False,
        declared: Mapping[str, str] | None = None,
    ) -> None:
        """Put an object; its event is sent now, `copies` times, or held back."""
        _, clinic_id, patient_id, *_ = key.split("/")
        if not self.world.phones.of(clinic_id, patient_id):
            self.world.phones.give(clinic_id, patient_id, self.version_ids)
        put = self.world.cloud.objects.put_object
        version = put(Bucket=BUCKET, Key=key, Body=data, Metadata=dict(declared or {}))["VersionId"]
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
        self.world.reader = ShadeReader(self.digests[-1])
        self.world.start()

    def erase_neighbour(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Erase the other patient in two passes; something happens in between."""
        self.erased.first_pass(_NEIGHBOUR)
        meanwhile()
        self.erased.second_pass(_NEIGHBOUR, self.version_ids)

    # ---- what an operator does --------------------------------------------------------------------------------------

    def redrive(self) -> None:
        """Redrive dead letters, except invalid messages with a known cause."""

        def put_back() -> None:
            for message in list(self.world.dead_letters.receive_all()):
                self._redrive(message)

        self._surviving(put_back)

    def reconcile(self) -> None:
        """Repair what the nightly comparison finds, and empty the queue of failures."""

        def repair() -> None:
            reconciliation = self.world.reconciliation
            for found in list(reconciliation.compare(None, lambda what: None)):
                reconciliation.repair(found)
            self.world.cloud.queues.purge_queue(QueueUrl=self.world.cloud.failed_examinations)

        self._surviving(repair)

    def redrive_notices(self) -> None:
        """Request all owed notices, then delete the invocation records."""
        table = self.world.faulty_examinations

        def ask() -> None:
            for one in list(examinations_to_notify(table, self.world.release)):
                request_notification(table.client, EXAMINATIONS_TABLE, one.id, self.world.clock())
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
        """Process, redrive and reconcile until nothing is left to do."""
        with self.world.without_faults():
            for _ in range(MOST_ROUNDS):
                self.world.sleep(VISIBILITY_SECONDS)
                self.redrive()
                self.world.pump_uploads()
                self.world.pump_streams()
                self.world.pump_reminders()
                if self._is_drained():
                    break
            self.world.pump_streams()
            self.redrive_notices()
            self.world.pump_streams()

    def _is_drained(self) -> bool:
        """Return whether the queues are empty, also after redriving messages that they just moved."""
        if self._is_empty():
            self.redrive()
            self.reconcile()
        return self._is_empty()

    def _is_empty(self) -> bool:
        return not any(self.world.waiting(queue) for queue in (self.world.cloud.uploads, self.world.cloud.settle))

    def check_reconciled(self) -> None:
        """Check that the nightly comparison finds nothing but images of erased patients, which wait for nobody."""
        found = list(self.world.reconciliation.compare(None, lambda what: None))
        assert {one.kind for one in found} <= {Kind.OF_ERASED}, found

    def check(self) -> None:
        """Run all checks."""
        self.finish(self.held_back)
        self.versions = [one for one in self.versions if not self.erased.includes(one)]
        checks.check_all_answered(self.world, self.versions, self.digests)
        examinations.check_settled(self.world, self.digests)
        before = self.world.items()
        if len(self.digests) > 1:
            # After repeated events a new model reads the images again and adds records.
            self.finish(self.events)
            after = {_place(item): item for item in self.world.items()}
            assert all(item == after[_place(item)] for item in before)
        checks.check_records(self.world, self.versions, self.digests[-1])
        checks.check_artifacts(self.world)
        self.erased.check()
        self.check_reconciled()
        notices.check_phones(self.world)
        notices.check_notices(self.world)
        checks.check_queues(self.world, self.invalid)
        checks.check_order(self.world, self.versions, self.digests[-1])
        checks.check_log(self.world, [CLINIC, PATIENT, NEIGHBOUR, NAME, quote_plus(NAME)])
        examinations.check_settled(self.world, self.digests)
        examinations.check_contents(self.world)
        examinations.check_history(self.world)
        self.tally.scenarios += 1
        self.tally.erased += len(self.erased.kept)
        examinations.count(self.world, self.tally)
        self.tally.signatures += self.clinicians.signatures
        self.tally.reviews += self.clinicians.reviews
        self.tally.released += self.clinicians.releases
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
