"""Benchmark of examinations: losses, repeated notices, time until they settle.

    python benchmarks/examination.py [--json] [--examinations N] [--fields N] [--faults SHARE]

N examinations of N fields each pass through the embedded cloud, which is made from template.yaml, with a reader that
decodes every image and always predicts Pre-B. Fields of all examinations arrive in one random order, every event comes
twice, and two examinations are marked complete although their last field arrives only after they were answered. A share
of the calls of all functions fails before or after it takes effect, or ends the function's process. Then every
examination is signed through the HTTP API.

`lost` counts fields that their examination lacks. `clinic_notices` and `patient_notices` count distinct (examination,
meaning). `repeated` counts messages that were sent again because the call or the process failed between sending and
noting; `twice` those that were sent again without that. The seconds are those from the last field's answer until its
examination is stored as READY. Nothing leaves this machine.
"""

import logging
import os
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "blastlens")
os.environ.setdefault("POWERTOOLS_TRACE_DISABLED", "true")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from rich.progress import Progress

from blastlens.cloud.notifications.endpoints import Endpoints
from blastlens.cloud.operations.dead_letters import DeadLetterQueue
from blastlens.cloud.operations.registration import Registration
from blastlens.cloud.settle_queue import SettleQueue
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.phones import PhonesTable
from blastlens.domain.clinic import Phone, Platform
from blastlens.domain.declared_examination import COMPLETE_KEY, make_examination_metadata
from blastlens.domain.examination import Examination, ExaminationStatus
from blastlens.domain.record import Audience
from blastlens.domain.upload import ExaminationId, ObjectVersion, Upload
from blastlens.imaging.overlay import encode_png
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.demo.examination_demo import accept
from blastlens.local.handlers import functions_maker
from blastlens.local.stack.template import find_template
from examination_faults import Faults
from output import make_parser, report
from tests.functional.quick_reader import QuickReader

CLINIC = "bench-clinic"
EARLY = 2
"""Number of examinations that are marked complete before their last field arrives."""

POLL_SECONDS = 0.5
_WATCH_SECONDS = 0.25
_WAITING = "ApproximateNumberOfMessages"


@dataclass(frozen=True)
class Plan:
    """What is sent.

    Attributes:
        examinations: number of examinations, each of another patient.
        fields: number of fields of each.
        faults: share of the functions' calls that fail.
        parameters: of the template, where they differ from their defaults.
        limit_seconds: total time limit.
    """

    examinations: int = 20
    fields: int = 50
    faults: float = 0.02
    parameters: Mapping[str, str] = field(default_factory=dict)
    limit_seconds: float = 3600.0


class Run:
    """One run in a running cloud."""

    def __init__(self, cloud: EmbeddedCloud, plan: Plan) -> None:
        self.cloud, self.plan = cloud, plan
        self.random = random.Random(1)
        self.deadline = time.monotonic() + plan.limit_seconds
        self.ids = [ExaminationId(CLINIC, f"patient-{n}", f"smear-{n}") for n in range(plan.examinations)]
        self.settled: dict[ExaminationId, tuple[datetime, float]] = {}
        self.s3, self.sqs = cloud.clients.client("s3"), cloud.clients.client("sqs")
        resources = cloud.stack.resources
        self.table = ExaminationsTable(cloud.clients.client("dynamodb"), resources["ExaminationsTable"])
        self.queue = SettleQueue(self.sqs, resources["SettleQueue"], resources["UploadQueue"])

    def send_all(self) -> None:
        """Send every field but the last ones of the examinations that are marked too early, and every event twice."""
        phones = PhonesTable(self.table.client, self.cloud.deployment.clinics_table)
        endpoints = Endpoints(self.cloud.clients.client("sns"))
        registration = Registration(phones, endpoints, self.cloud.deployment.application)
        for one in self.ids:
            registration.add(Phone("", one.clinic_id, one.patient_id, Platform.GCM, ""), one.patient_id)
        places = [(one, n) for one in self.ids for n in range(self.plan.fields) if not self._is_held_back(one, n)]
        self.random.shuffle(places)
        waiting: list[ObjectVersion] = []
        for one, number in places:
            waiting.append(self._put(one, number))
            if self.random.random() < 0.5:
                self._repeat(waiting)
        while waiting:
            self._repeat(waiting)

    def send_held_back(self) -> None:
        """Send the last fields of the examinations that were marked too early, twice."""
        for one in self.ids[:EARLY]:
            version = self._put(one, self.plan.fields - 1)
            self._repeat([version])

    def wait(self, is_done: Callable[[Examination], bool], progress: Callable[[int], None]) -> list[Examination]:
        """Wait until all examinations fulfil a condition; an operator redrives dead letters meanwhile."""
        while True:
            found = list(self.table.all())
            progress(sum(one.totals.fields for one in found))
            if len(found) == len(self.ids) and all(map(is_done, found)):
                return found
            if time.monotonic() > self.deadline:
                return found
            self._redrive()
            time.sleep(POLL_SECONDS)

    def sign_all(self, found: list[Examination]) -> None:
        """Accept every answer through the HTTP API; a request whose response is an error is sent again."""
        for one in found:
            while time.monotonic() < self.deadline:
                try:
                    accept(self.cloud, one)
                    break
                except OSError:
                    time.sleep(POLL_SECONDS)

    def watch(self, stop: threading.Event) -> None:
        """Note when each examination is stored as READY; the last time counts, which follows its last field."""
        while not stop.wait(_WATCH_SECONDS):
            for one in self.table.all():
                known = self.settled.get(one.id)
                is_new = known is None or known[0] != one.totals.answered_at
                if one.status is ExaminationStatus.READY and is_new:
                    seconds = (datetime.now(UTC) - one.totals.answered_at).total_seconds()
                    self.settled[one.id] = one.totals.answered_at, seconds

    def _is_held_back(self, one: ExaminationId, number: int) -> bool:
        return one in self.ids[:EARLY] and number == self.plan.fields - 1

    def _put(self, one: ExaminationId, number: int) -> ObjectVersion:
        upload = Upload(one.clinic_id, one.patient_id, f"field-{number}", "png", one.examination_id)
        pixels = np.full((64, 64, 3), 90, np.uint8)
        pixels[0, 0], pixels[0, 1] = self.ids.index(one) % 256, number % 256
        pixels[0, 2] = number // 256
        declared = make_examination_metadata(self.plan.fields) if number == self.plan.fields - 1 else {}
        if one in self.ids[:EARLY]:
            declared = {COMPLETE_KEY: "true"} if number == self.plan.fields - 2 else {}
        bucket, data = self.cloud.stack.resources["UploadBucket"], encode_png(pixels)
        stored = self.s3.put_object(Bucket=bucket, Key=upload.key, Body=data, Metadata=declared)
        return ObjectVersion(bucket, upload.key, stored["VersionId"], size=len(data))

    def _repeat(self, waiting: list[ObjectVersion]) -> None:
        version = waiting.pop(self.random.randrange(len(waiting)))
        self.queue.request_reading([version], datetime.now(UTC))

    def _redrive(self) -> None:
        resources = self.cloud.stack.resources
        for dead, source in (("UploadDeadLetterQueue", "UploadQueue"), ("ExamineFailureQueue", "SettleQueue")):
            number = self.sqs.get_queue_attributes(QueueUrl=resources[dead], AttributeNames=[_WAITING])["Attributes"]
            if int(number[_WAITING]):
                letters = DeadLetterQueue(self.sqs, resources[dead], resources[source])
                for message in letters.receive_all():
                    letters.redrive(message)


def measure(plan: Plan, progress: Callable[[int], None] = lambda done: None) -> dict[str, Any]:
    """Send everything, sign everything, and return the counts."""
    faults = Faults(plan.faults)
    quick: Any = QuickReader
    makes = faults.wrap(functions_maker(quick(), "CRITICAL"))
    with EmbeddedCloud(find_template(), makes, retry_seconds=1, parameters=plan.parameters) as cloud:
        run, stop = Run(cloud, plan), threading.Event()
        watcher = threading.Thread(target=run.watch, args=(stop,), daemon=True)
        watcher.start()
        run.send_all()
        run.wait(lambda one: _is_told(one, Audience.CLINIC), progress)
        run.send_held_back()
        found = run.wait(lambda one: _is_complete(one, plan.fields) and one.id in run.settled, progress)
        stop.set()
        watcher.join()
        run.sign_all(found)
        found = run.wait(lambda one: all(_is_told(one, who) for who in Audience), progress)
        return {**_counts(found, plan), **faults.count_repeats(cloud, found), **_seconds(run)}


def _is_told(one: Examination, audience: Audience) -> bool:
    return bool(one.told.get(audience))


def _is_complete(one: Examination, fields: int) -> bool:
    return one.totals.fields == fields and one.status is ExaminationStatus.READY


def _counts(found: list[Examination], plan: Plan) -> dict[str, int]:
    meanings = {who: {(one.id, told.meaning) for one in found for told in one.told.get(who, ())} for who in Audience}
    return {
        "fields": plan.examinations * plan.fields,
        "examinations": len(found),
        "clinic_notices": len(meanings[Audience.CLINIC]),
        "patient_notices": len(meanings[Audience.PATIENT]),
        "lost": plan.examinations * plan.fields - sum(one.totals.fields for one in found),
    }


def _seconds(run: Run) -> dict[str, float]:
    seconds = [seconds for _, seconds in run.settled.values()] or [float("nan")]
    return {"settle_seconds_median": statistics.median(seconds), "settle_seconds_max": max(seconds)}


def main() -> None:
    """Measure and print."""
    parser = make_parser(__doc__)
    parser.add_argument("--examinations", type=int, default=20, help="number of examinations")
    parser.add_argument("--fields", type=int, default=50, help="number of fields of each examination")
    parser.add_argument("--faults", type=float, default=0.02, help="share of the functions' calls that fail")
    options = parser.parse_args()
    logging.getLogger("blastlens").setLevel(logging.CRITICAL)  # the injected faults are no news
    plan = Plan(options.examinations, options.fields, options.faults)
    with Progress(transient=True) as progress:
        task = progress.add_task("Examining", total=plan.examinations * plan.fields)
        figures = measure(plan, lambda done: progress.update(task, completed=done))
    report(figures, options.json)


if __name__ == "__main__":
    main()
