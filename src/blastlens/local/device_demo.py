"""The demo with microscopes: agents as processes, a bad network, power cuts, and the books balanced at the end."""

import hashlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from blastlens.cloud.results import ResultsTable
from blastlens.domain.device import upload_of_file
from blastlens.domain.record import Audience, Record
from blastlens.domain.result import Status
from blastlens.domain.upload import Upload
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.demo_images import drawn_files
from blastlens.local.flaky_proxy import FlakyProxy
from blastlens.local.microscopes import Microscope, enroll_microscopes
from blastlens.local.sent_notices import sent_notices

CLINICS = ("clinic-a", "clinic-b", "clinic-c")

_PATIENTS_EACH = 2
_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class DeviceDemoPlan:
    """What is to happen.

    Attributes:
        devices: microscopes.
        images: written by all of them together.
        kills: power cuts.
        faults: share of connections that meet a fault of each of three kinds.
        limit_seconds: how long to wait in all.
        write_seconds: time over which the images are written.
        seed: of everything drawn at random.
    """

    devices: int
    images: int
    kills: int
    faults: float = 0.08
    limit_seconds: float = 900.0
    write_seconds: float = 30.0
    seed: int = 1


@dataclass(frozen=True)
class Row:
    """One patient's books: files written, objects and answers there, and notices sent of what was owed."""

    clinic_id: str
    patient_id: str
    written: int
    uploads: int
    answers: int
    clinic_notices: int
    clinic_owed: int
    patient_notices: int
    patient_owed: int


@dataclass(frozen=True)
class DeviceDemoOutcome:
    """What became of it.

    Attributes:
        rows: by clinic and patient.
        lost: files of which no object, answer or notice came.
        twice: objects or notices there are more than once, and objects nobody wrote.
        bytes_needed: size of all files.
        bytes_sent: what the microscopes put on the line for it, headers included.
        seconds_to_notice: from S3's time of each upload to the clinic's notice, sorted; S3 tells whole seconds.
        kills: power cuts that hit an agent at work.
        faults: what the network did, by kind.
        asked: uploads of which the microscopes know that they were answered.
    """

    rows: tuple[Row, ...]
    lost: int
    twice: int
    bytes_needed: int
    bytes_sent: int
    seconds_to_notice: tuple[float, ...]
    kills: int
    faults: dict[str, int]
    asked: int


def run_device_demo(
    cloud: EmbeddedCloud, plan: DeviceDemoPlan, folder: Path, progress: Callable[[int], None]
) -> DeviceDemoOutcome:
    """Let microscopes write images, cut their network and power at random, and wait until all is told.

    Args:
        cloud: a running cloud, in which nothing was uploaded.
        plan: what is to happen.
        folder: an empty folder for the microscopes.
        progress: told, again and again, how many images are done with.
    """
    addresses = {"storage": cloud.endpoint, "credentials": cloud.credentials.address, "api": cloud.api_address}
    with ExitStack() as parts:
        proxies = {
            name: parts.enter_context(FlakyProxy(urlsplit(address).port or 0, plan.faults, seed=plan.seed + number))
            for number, (name, address) in enumerate(addresses.items())
        }
        fleet = enroll_microscopes(cloud, folder, CLINICS, plan.devices, lambda name: proxies[name].port)
        for one in fleet:
            parts.callback(one.stop)
            one.start()
        written: list[tuple[Upload, int]] = []
        writer = threading.Thread(target=_write, args=(fleet, plan, written), daemon=True)
        writer.start()
        _wait(cloud, plan, fleet, written, progress)
        sent = proxies["storage"].bytes_up
        faults = sum((Counter(proxy.met) for proxy in proxies.values()), Counter())
        asked = sum(one.status().counts["answered"] for one in fleet)
    kills = sum(one.kills for one in fleet)
    return _balance(cloud, written, sent, kills, dict(faults), asked)


def _write(fleet: Sequence[Microscope], plan: DeviceDemoPlan, written: list[tuple[Upload, int]]) -> None:
    """Write as a microscope's software does: a half, a moment, the rest."""
    pause = plan.write_seconds / plan.images / 2
    for number, (ending, data) in enumerate(islice(drawn_files(plan.seed), plan.images)):
        one = fleet[number % len(fleet)]
        name = one.configuration.name
        place, turn = number % len(fleet) + 1, number // len(fleet) % _PATIENTS_EACH + 1
        path = f"patient-{place}{turn}/{number:04}.{ending}"
        target = one.folder / path
        target.parent.mkdir(exist_ok=True)
        with target.open("wb", buffering=0) as stream:
            stream.write(data[: len(data) // 2])
            time.sleep(pause)
            stream.write(data[len(data) // 2 :])
        upload = upload_of_file(name, one.configuration.clinic, path, hashlib.sha256(data).hexdigest())
        written.append((upload, len(data)))
        time.sleep(pause)


def _wait(
    cloud: EmbeddedCloud,
    plan: DeviceDemoPlan,
    fleet: Sequence[Microscope],
    written: list[tuple[Upload, int]],
    progress: Callable[[int], None],
) -> None:
    chance, deadline = random.Random(plan.seed), time.monotonic() + plan.limit_seconds
    kill_seconds = plan.write_seconds / max(plan.kills, 1)
    next_kill, kills = time.monotonic() + kill_seconds, 0
    while time.monotonic() < deadline:
        if kills < plan.kills and time.monotonic() >= next_kill:
            kills += chance.choice(list(fleet)).kill()
            next_kill = time.monotonic() + kill_seconds * chance.uniform(0.5, 1.5)
        told = Counter(one.attributes["upload_id"] for one in sent_notices(cloud.stack.resources["ClinicTopic"]))
        progress(len(told))
        if len(written) == plan.images and len(told) >= plan.images and kills >= plan.kills and _all_at_rest(fleet):
            return
        time.sleep(_POLL_SECONDS)


def _all_at_rest(fleet: Sequence[Microscope]) -> bool:
    counts = [one.status().counts for one in fleet]
    return not any(one["waiting"] + one["stored"] for one in counts)


def _balance(
    cloud: EmbeddedCloud,
    written: Sequence[tuple[Upload, int]],
    sent: int,
    kills: int,
    faults: dict[str, int],
    asked: int,
) -> DeviceDemoOutcome:
    objects, records = _objects(cloud), {one.id.upload.rpartition("/")[2]: one for one in _records(cloud)}
    clinic, patient = _told(cloud, "ClinicTopic"), _told(cloud, "PatientTopic")
    predicted = {name for name, one in records.items() if one.result.status is Status.CLASSIFIED}
    ids = {upload.upload_id for upload, _ in written}
    done = {upload.upload_id for upload, _ in written if objects[upload.key]} & set(records) & set(clinic)
    owed_patients = predicted - set(patient)
    strangers = set(objects) - {upload.key for upload, _ in written}
    seconds = [
        (one.told[Audience.CLINIC] - one.result.uploaded_at).total_seconds()
        for one in records.values()
        if Audience.CLINIC in one.told
    ]
    more = [count for counter in (objects, clinic, patient) for count in counter.values() if count > 1]
    return DeviceDemoOutcome(
        rows=tuple(_rows(written, objects, records, clinic, patient, predicted)),
        lost=len(ids - (done - owed_patients)),
        twice=sum(more) - len(more) + len(strangers),
        bytes_needed=sum(size for _, size in written),
        bytes_sent=sent,
        seconds_to_notice=tuple(sorted(seconds)),
        kills=kills,
        faults=faults,
        asked=asked,
    )


def _rows(
    written: Sequence[tuple[Upload, int]],
    objects: Counter[str],
    records: dict[str, Record],
    clinic: Counter[str],
    patient: Counter[str],
    predicted: set[str],
) -> Iterator[Row]:
    for clinic_id, patient_id in sorted({(one.clinic_id, one.patient_id) for one, _ in written}):
        own = [one for one, _ in written if (one.clinic_id, one.patient_id) == (clinic_id, patient_id)]
        ids = [one.upload_id for one in own]
        yield Row(
            clinic_id,
            patient_id,
            len(own),
            sum(objects[one.key] for one in own),
            sum(name in records for name in ids),
            sum(clinic[name] for name in ids),
            len(own),
            sum(patient[name] for name in ids),
            sum(name in predicted for name in ids),
        )


def _objects(cloud: EmbeddedCloud) -> Counter[str]:
    """Count the versions of every upload."""
    pages = cloud.clients.client("s3").get_paginator("list_object_versions")
    found = pages.paginate(Bucket=cloud.stack.resources["UploadBucket"], Prefix="uploads/")
    return Counter(one["Key"] for page in found for one in page.get("Versions", []))


def _records(cloud: EmbeddedCloud) -> Iterator[Record]:
    table = ResultsTable(cloud.clients.client("dynamodb"), cloud.stack.resources["ResultsTable"])
    for clinic in CLINICS:
        page = table.worklist(clinic, 100)
        yield from page.records
        while page.next is not None:
            page = table.worklist(clinic, 100, page.next)
            yield from page.records


def _told(cloud: EmbeddedCloud, topic: str) -> Counter[str]:
    return Counter(one.attributes.get("upload_id", "") for one in sent_notices(cloud.stack.resources[topic]))
