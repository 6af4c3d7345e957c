"""Upload agent of a microscope: scanning, uploading, polling for answers."""

import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from blastlens.cloud.iot.connection import DeviceRefused, RetryImmediately
from blastlens.cloud.iot.storage import FileChanged, PartsLost
from blastlens.cloud.iot.upload_status import UploadStatus
from blastlens.devices.backoff import Backoff
from blastlens.devices.examination_end import ExaminationEnd
from blastlens.devices.file_check import FileCheck
from blastlens.devices.folder import FoundFile, WatchedFolder
from blastlens.devices.proof_of_use import ProofOfUse
from blastlens.devices.spool import Spool
from blastlens.devices.spooled_file import SpooledFile, State
from blastlens.devices.uploader import Uploader
from blastlens.domain.errors import ServiceFault, ServiceUnavailable
from blastlens.domain.upload import Upload, parse_key

LAST_ERROR, LAST_ANSWER, LAST_SCAN = "last error", "last answer", "last look"
"""Names of notes in the spool."""

_FIRST_POLL_SECONDS = 5.0
_IMMEDIATE_TRIES = 3


class Answers(Protocol):
    """Source of the progress of uploads, such as `cloud.iot.upload_status.UploadStatusClient`."""

    def fetch(self, upload: Upload) -> UploadStatus | None:
        """Return the progress of an upload; None if it has not arrived."""


@dataclass
class Agent:
    """Uploads every file of a folder to the cloud, once.

    A step may be interrupted anywhere, also by a power failure: the next step continues from what the spool has stored.

    Attributes:
        folder: the watched folder.
        file_check: checks found files.
        uploader: uploads them.
        spool: persistent state.
        ends: releases the last files of examinations.
        answers: source of answers; None to poll for none.
        proof: shows that a new certificate works; None to show nothing.
        scan_seconds: time between two scans of the folder.
        clock: seconds since 1970, by this machine.
        monotonic: monotonic clock, in seconds.
        backoff: pauses after failures.
        report: receives one sentence for each event.
    """

    folder: WatchedFolder
    file_check: FileCheck
    uploader: Uploader
    spool: Spool
    ends: ExaminationEnd
    answers: Answers | None
    scan_seconds: float
    clock: Callable[[], float] = time.time
    proof: ProofOfUse | None = None
    monotonic: Callable[[], float] = time.monotonic
    backoff: Backoff = field(default_factory=Backoff)
    report: Callable[[str], None] = lambda sentence: None
    _scan_at: float = 0.0
    _send_at: float = 0.0
    _send_failures: int = 0
    _poll_at: float = 0.0
    _poll_failures: int = 0
    _misnamed: set[str] = field(default_factory=set)
    _left_out: int = 0

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            try:
                pause = self.step()
            except sqlite3.Error as fault:  # usually a full disk: nothing is stored, so nothing is done
                self._send_failures += 1
                pause = self.backoff.pause(self._send_failures)
                self.report(f"the spool cannot be written: {fault}")
            stop.wait(pause)

    def step(self) -> float:
        """Do what is due, at most one upload.

        Return the seconds to wait before the next step.

        Raises:
            sqlite3.Error: the spool cannot be written.
        """
        if self.monotonic() >= self._scan_at:
            self._scan()
        if self.monotonic() < self._send_at:
            return min(self._send_at, self._scan_at) - self.monotonic()
        if self._send_one() or self._prove() or self._poll_one():
            return 0.0
        return max(0.05, min(self.scan_seconds, self._scan_at - self.monotonic()))

    def _scan(self) -> None:
        began = self.monotonic()
        try:
            settled = self.folder.find_settled(self._is_known)
        except OSError as fault:
            self._fail("", f"the folder cannot be read: {fault.strerror}")
            settled = []
        for found, seconds in settled:
            self._add(found, seconds)
        for sentence in self.ends.release():
            self.report(sentence)
        for path in sorted(self.folder.misnamed - self._misnamed):
            self._fail(path, "is not sent: its name is not Unicode (UTF-8). Rename it with plain letters")
        self._misnamed = self.folder.misnamed
        self._tell_left_out()
        self.spool.note(LAST_SCAN, self.folder.rule.describe(), self.clock())
        # A folder of a hundred thousand files must not occupy the processor.
        self._scan_at = self.monotonic() + max(self.scan_seconds, 10 * (self.monotonic() - began))

    def _tell_left_out(self) -> None:
        """Report what the scan left out, if it is more than was reported; hidden files may come and go."""
        if self.folder.rule.total > self._left_out:
            self._left_out = self.folder.rule.total
            self.report(self.folder.rule.describe())

    def _is_known(self, found: FoundFile) -> bool:
        return self.spool.is_known(found.path, found.size, found.modified_ns)

    def _add(self, found: FoundFile, seconds: float) -> None:
        try:
            file = self.file_check.check(found, seconds, self.clock())
        except OSError as fault:
            self._fail(found.path, f"cannot be read: {fault.strerror}")
            return
        except MemoryError:
            self._fail(found.path, "cannot be read now: this machine is out of memory")
            return
        if file is None:
            return
        self.spool.add(file)
        if file.state is State.REFUSED:
            self._fail(file.path, f"is not sent: {file.message}")

    def _send_one(self) -> bool:
        files = self.spool.due(State.WAITING, self.clock(), limit=1)
        for file in files:
            self._work_on(file, self._send)
        return bool(files)

    def _send(self, file: SpooledFile) -> None:
        try:
            self.uploader.upload(file)
        except FileChanged:
            self.spool.forget(file.upload_id)
            return
        except FileNotFoundError:
            self.spool.mark(file.upload_id, State.GONE, self.clock(), "it was removed before it could be sent")
            self._fail(file.path, "was removed before it could be sent")
            return
        now = self.clock()
        self.spool.mark(file.upload_id, State.STORED, now, next_try=now + _FIRST_POLL_SECONDS)
        self.report(f"{file.upload_id} is stored")

    def _prove(self) -> bool:
        sentence = self.proof.put_if_due() if self.proof else ""
        if sentence:
            self.report(sentence)
        return bool(sentence)

    def _poll_one(self) -> bool:
        may_poll = self.answers is not None and self.monotonic() >= self._poll_at
        files = self.spool.due(State.STORED, self.clock(), limit=1) if may_poll else []
        for file in files:
            self._work_on(file, self._poll_without_blocking_uploads)
        return bool(files)

    def _poll_without_blocking_uploads(self, file: SpooledFile) -> None:
        """Poll for an answer.

        A failure delays only polling, not uploads: these go to S3, not to the API.
        """
        try:
            self._poll(file)
            self._poll_failures = 0
        except RetryImmediately:
            raise
        except ServiceUnavailable as fault:
            self._poll_failures += 1
            self._poll_at = self.monotonic() + self.backoff.pause(self._poll_failures)
            self._fail("", str(fault))

    def _poll(self, file: SpooledFile) -> None:
        assert self.answers is not None
        progress = self.answers.fetch(parse_key(file.object_key))
        if progress is None or progress.state != "answered":
            pause = min(self.backoff.longest, _FIRST_POLL_SECONDS * 2.0 ** min(file.tries, 20))
            self.spool.postpone(file.upload_id, file.tries + 1, self.clock() + pause, file.message)
            return
        answer = progress.status if not progress.message else f"{progress.status}: {progress.message}"
        self.spool.mark(file.upload_id, State.ANSWERED, self.clock(), answer)
        self.spool.note(LAST_ANSWER, f"{file.upload_id} {answer}", self.clock())
        self.report(f"{file.upload_id} is answered")

    def _work_on(self, file: SpooledFile, work: Callable[[SpooledFile], None]) -> None:
        """Work on a file, and handle failures.

        A failure of the connection delays all files, a failure of the file only this one.
        """
        for _ in range(_IMMEDIATE_TRIES):
            try:
                work(file)
                self._send_failures = 0
                return
            except (RetryImmediately, PartsLost) as fault:
                self.report(str(fault))
                file = self.spool.get(file.upload_id) or file
            except (ServiceUnavailable, DeviceRefused) as fault:
                self._send_failures += 1
                self._send_at = self.monotonic() + self.backoff.pause(self._send_failures)
                self._fail("", str(fault))
                return
            except (ServiceFault, OSError) as fault:
                self._postpone(file, str(fault))
                return
        self._postpone(file, "the service requested a retry each time")

    def _postpone(self, file: SpooledFile, message: str) -> None:
        pause = self.backoff.pause(file.tries + 1)
        self.spool.postpone(file.upload_id, file.tries + 1, self.clock() + pause, message)
        self._fail(file.path, message)

    def _fail(self, path: str, message: str) -> None:
        text = f"{path} {message}".strip()
        self.spool.note(LAST_ERROR, text, self.clock())
        self.report(text)
