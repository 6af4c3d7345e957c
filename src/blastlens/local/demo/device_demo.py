"""Demo with microscopes, network faults and power cuts."""

import hashlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from blastlens.domain.device import make_upload
from blastlens.domain.upload import ExaminationId, Upload
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.demo.flaky_proxy import FlakyProxy
from blastlens.local.demo.images import draw_file
from blastlens.local.demo.microscopes import Microscope, enroll_microscopes
from blastlens.local.demo.reconciliation import DeviceDemoOutcome, is_finished, read_examinations, reconcile
from blastlens.local.stack.phones import give_phone

CLINICS = ("clinic-a", "clinic-b", "clinic-c")

_PATIENTS_EACH = 2
_FIELDS_EACH = 8
_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class DeviceDemoPlan:
    """Parameters of the demo.

    Attributes:
        devices: number of microscopes.
        images: number of images of all microscopes.
        kills: number of power cuts.
        faults: share of connections with a network fault, for each of three kinds.
        limit_seconds: total time limit.
        write_seconds: time over which the images are written.
        seed: seed of all random numbers.
    """

    devices: int
    images: int
    kills: int
    faults: float = 0.08
    limit_seconds: float = 900.0
    write_seconds: float = 30.0
    seed: int = 1


def run_device_demo(
    cloud: EmbeddedCloud, plan: DeviceDemoPlan, folder: Path, progress: Callable[[int], None]
) -> DeviceDemoOutcome:
    """Run microscopes with random network faults and power cuts.

    Ends when every examination is answered and notified, or at the time limit.

    Args:
        cloud: a running cloud without uploads.
        plan: parameters of the demo.
        folder: an empty folder for the microscopes.
        progress: called repeatedly with the number of images in finished examinations.
    """
    addresses = {"storage": cloud.endpoint, "credentials": cloud.credentials.address, "api": cloud.api_address}
    with ExitStack() as parts:
        proxies = {
            name: parts.enter_context(FlakyProxy(urlsplit(address).port or 0, plan.faults, seed=plan.seed + number))
            for number, (name, address) in enumerate(addresses.items())
        }
        fleet = enroll_microscopes(cloud, folder, CLINICS, plan.devices, lambda name: proxies[name].port)
        _give_phones(cloud, fleet)
        for one in fleet:
            parts.callback(one.stop)
            one.start()
        written: list[tuple[Upload, int]] = []
        ended = threading.Event()
        writer = threading.Thread(target=_write_all, args=(fleet, plan, written, ended), daemon=True)
        writer.start()
        # Whoever removes the folder must not find new files in it.
        parts.callback(writer.join)
        parts.callback(ended.set)
        _wait(cloud, plan, fleet, written, progress)
        sent = proxies["storage"].bytes_up
        faults = sum((Counter(proxy.met) for proxy in proxies.values()), Counter())
        asked = sum(one.status().counts["answered"] for one in fleet)
    kills = sum(one.kills for one in fleet)
    return reconcile(cloud, written, sent, kills, dict(faults), asked)


def _give_phones(cloud: EmbeddedCloud, fleet: Sequence[Microscope]) -> None:
    for place, one in enumerate(fleet):
        for turn in range(_PATIENTS_EACH):
            give_phone(cloud.clients, cloud.deployment, one.configuration.clinic, _patient(place, turn))


def _patient(place: int, turn: int) -> str:
    return f"patient-{place + 1}{turn + 1}"


def _write_all(
    fleet: Sequence[Microscope], plan: DeviceDemoPlan, written: list[tuple[Upload, int]], ended: threading.Event
) -> None:
    """Write images as a microscope's software does, in two halves with a pause, until `ended` is set.

    Every other examination gets a file COMPLETE, and the agent finds the end of the others by rest.
    """
    pause = plan.write_seconds / plan.images / 2
    # Drawn before the first is written: a pause of drawing could be taken for the end of an examination.
    files = [draw_file(plan.seed, _smear_of(number, len(fleet)), number) for number in range(plan.images)]
    for number, file in enumerate(files):
        place, turn = number % len(fleet), number // len(fleet)
        smear, field = _smear_of(number, len(fleet)), turn % _FIELDS_EACH
        folder = f"{_patient(place, turn // _FIELDS_EACH % _PATIENTS_EACH)}/smear-{smear}"
        written.append(_write_image(fleet[place], folder, file, field, ended, pause))
        is_last = field == _FIELDS_EACH - 1 or number + len(fleet) >= plan.images
        if is_last and turn // _FIELDS_EACH % 2 == 0:
            (fleet[place].folder / folder / "COMPLETE").touch()
        if ended.wait(pause):
            return


def _smear_of(number: int, devices: int) -> int:
    """Return the number of the smear that an image shows: each microscope takes all images of one before the next."""
    return number % devices + number // devices // _FIELDS_EACH * devices


def _write_image(
    one: Microscope, folder: str, file: tuple[str, bytes], field: int, ended: threading.Event, pause: float
) -> tuple[Upload, int]:
    """Write an image of an examination, and return the upload that it becomes with its size in bytes."""
    ending, data = file
    path = f"{folder}/{field:04}.{ending}"
    target = one.folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb", buffering=0) as stream:
        stream.write(data[: len(data) // 2])
        ended.wait(pause)
        stream.write(data[len(data) // 2 :])
    configuration = one.configuration
    digest = hashlib.sha256(data).hexdigest()
    return make_upload(configuration.name, configuration.clinic, path, digest), len(data)


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
        finished = _count_finished(cloud, list(written))
        progress(finished)
        if finished == plan.images and kills >= plan.kills and _all_idle(fleet):
            return
        time.sleep(_POLL_SECONDS)


def _count_finished(cloud: EmbeddedCloud, written: Sequence[tuple[Upload, int]]) -> int:
    """Count the images of the examinations that are answered and notified."""
    fields: Counter[ExaminationId] = Counter(upload.examination for upload, _ in written)
    examinations = read_examinations(cloud)
    return sum(count for identity, count in fields.items() if is_finished(examinations.get(identity), count))


def _all_idle(fleet: Sequence[Microscope]) -> bool:
    counts = [one.status().counts for one in fleet]
    return not any(one["waiting"] + one["held"] + one["stored"] for one in counts)
