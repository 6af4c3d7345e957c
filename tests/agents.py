"""Agents for tests, with fake keys and a controllable clock."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic as monotonic_time

from blastlens.cloud.iot.connection import DeviceConnection
from blastlens.cloud.iot.request_signing import Credentials
from blastlens.cloud.iot.storage import DeviceStorage
from blastlens.devices.agent import Agent
from blastlens.devices.backoff import Backoff
from blastlens.devices.bandwidth import Bandwidth
from blastlens.devices.examination_end import ExaminationEnd
from blastlens.devices.file_check import FileCheck
from blastlens.devices.folder import WatchedFolder
from blastlens.devices.screening import Screening
from blastlens.devices.spool import Spool
from blastlens.devices.spooled_file import State
from blastlens.devices.uploader import Uploader
from blastlens.domain.device import make_examination_rule


class Time:
    """A clock and a monotonic clock that go when told."""

    def __init__(self, now=1_800_000_000.0):
        self.now = now

    def __call__(self):
        return self.now

    def utc(self):
        return datetime.fromtimestamp(self.now, UTC)


def credentials():
    return Credentials("ASIA" + "A" * 16, "secret", "token", datetime.now(UTC) + timedelta(days=4000))


def device_connection(time=None, **more):
    clock = {"clock": time.utc} if time else {}
    return DeviceConnection(credentials, "eu-central-1", seconds=5.0, **clock, **more)


def agent(
    folder: Path,
    spool: Path,
    address: str,
    *,
    time=None,
    answers=None,
    settle=0.0,
    patience=600.0,
    rest=60.0,
    pattern="",
    scan=0.05,
    part_bytes=5 * 1024 * 1024,
    first_pause=2.0,
    connection=None,
    report=lambda sentence: None,
    screener=None,
    package="screening",
):
    """An agent of microscope-1 of clinic-7."""
    memory = Spool(spool)
    clock = {"clock": time} if time else {}
    clocks = clock | {"monotonic": time} if time else {}
    monotonic = time or monotonic_time
    storage = DeviceStorage(connection or device_connection(time), address)
    screening = screener and Screening(
        package, lambda: screener, folder, memory.screenings, lambda *why: report(" ".join(why)), **clock
    )
    watched, rule = WatchedFolder(folder, settle, monotonic), make_examination_rule(pattern)
    return Agent(
        folder=watched,
        file_check=FileCheck("microscope-1", "clinic-7", folder, patience, rule),
        uploader=Uploader(folder, storage, memory, Bandwidth(0.0), part_bytes, screening),
        spool=memory,
        ends=ExaminationEnd(memory.examinations, watched, rest, patience, rule),
        answers=answers,
        scan_seconds=scan,
        backoff=Backoff(first=first_pause, generator=random.Random(1)),
        report=report,
        **clocks,
    )


def drain(one: Agent, time: Time, steps=10_000):
    """Step until nothing is left to do, letting time pass wherever the agent would wait; return seconds passed."""
    began, idle = time.now, 0
    for _ in range(steps):
        pause = one.step()
        counts = one.spool.counts()
        is_done = (
            not counts[State.WAITING] and not counts[State.HELD] and (one.answers is None or not counts[State.STORED])
        )
        idle = idle + 1 if pause and is_done else 0
        if idle == 3:  # the folder was looked at again, and nothing new was there
            return time.now - began
        time.now += pause
    raise AssertionError(f"still at work after {time.now - began} seconds: {one.spool.counts()}")


_JPEG_HEAD = bytes.fromhex("ffd8ffc0000b080040004001011100ffda0008010100003f00")


def small_image(text: str, size=2_000):
    """A file that is whole as JPEG files are, though no picture: the agent does not look at pixels."""
    body = random.Random(text).randbytes(size).replace(b"\xff", b"\xfe")
    return _JPEG_HEAD + body + b"\xff\xd9"


def write(folder: Path, name: str = "1.jpg", data: bytes | None = None) -> Path:
    """Write an image of patient-1 into an agent's folder."""
    path = folder / "patient-1" / name
    path.write_bytes(small_image(name) if data is None else data)
    return path
