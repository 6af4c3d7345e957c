"""The agent: looks, sends, asks, and waits, for as long as the microscope is on."""

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
from blastlens.devices.folder import FoundFile, WatchedFolder
from blastlens.devices.intake import Intake
from blastlens.devices.sending import Sending
from blastlens.devices.spool import Spool, SpooledFile, State
from blastlens.domain.errors import ServiceFault, ServiceUnavailable
from blastlens.domain.upload import Upload, parse_key

LAST_ERROR, LAST_ANSWER, LAST_LOOK = "last error", "last answer", "last look"

_FIRST_ASK_SECONDS = 5.0
_AT_ONCE_TRIES = 3


class Answers(Protocol):
    """Tells how far an upload has come; `cloud.device_answers.UploadStatusClient` does."""

    def fetch(self, upload: Upload) -> UploadStatus | None:
        """Return how far; None where nothing has arrived."""


@dataclass
class Agent:
    """Brings every file of a folder to the cloud, once.

    A step may be cut off anywhere, by a power failure too: what was done is done, what was not is done by the next.

    Attributes:
        folder: what is watched.
        intake: makes spooled files of found ones.
        sending: sends them.
        spool: remembers.
        answers: is asked for answers; None to ask for none.
        scan_seconds: time between two looks at the folder.
        clock: seconds since 1970, by this machine.
        monotonic: a clock that nobody sets.
        backoff: how long to wait after failures.
        say: told in a sentence what happened.
    """

    folder: WatchedFolder
    intake: Intake
    sending: Sending
    spool: Spool
    answers: Answers | None
    scan_seconds: float
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    backoff: Backoff = field(default_factory=Backoff)
    say: Callable[[str], None] = lambda sentence: None
    _look_at: float = 0.0
    _line_at: float = 0.0
    _line_failures: int = 0
    _ask_at: float = 0.0
    _ask_failures: int = 0
    _misnamed: set[str] = field(default_factory=set)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            try:
                pause = self.step()
            except sqlite3.Error as fault:  # a full disk, above all: nothing is noted, so nothing is done either
                self._line_failures += 1
                pause = self.backoff.pause(self._line_failures)
                self.say(f"the spool cannot be written: {fault}")
            stop.wait(pause)

    def step(self) -> float:
        """Do what there is to do now, at most one file's sending; return seconds to wait before the next step.

        Raises:
            sqlite3.Error: the spool cannot be written.
        """
        if self.monotonic() >= self._look_at:
            self._look()
        if self.monotonic() < self._line_at:
            return min(self._line_at, self._look_at) - self.monotonic()
        if self._send_one() or self._ask_one():
            return 0.0
        return max(0.05, min(self.scan_seconds, self._look_at - self.monotonic()))

    def _look(self) -> None:
        began = self.monotonic()
        try:
            rested = self.folder.rested(self._is_known)
        except OSError as fault:
            self._fail("", f"the folder cannot be read: {fault.strerror}")
            rested = []
        for found, seconds in rested:
            self._take(found, seconds)
        for path in sorted(self.folder.misnamed - self._misnamed):
            self._fail(path, "is not sent: its name is not Unicode (UTF-8). Rename it, in plain letters")
        self._misnamed = self.folder.misnamed
        self.spool.note(LAST_LOOK, "", self.clock())
        # A folder of a hundred thousand files must not keep the processor busy.
        self._look_at = self.monotonic() + max(self.scan_seconds, 10 * (self.monotonic() - began))

    def _is_known(self, found: FoundFile) -> bool:
        return self.spool.is_known(found.path, found.size, found.modified_ns)

    def _take(self, found: FoundFile, seconds: float) -> None:
        try:
            file = self.intake.take(found, seconds, self.clock())
        except OSError as fault:
            self._fail(found.path, f"cannot be read: {fault.strerror}")
            return
        except MemoryError:
            self._fail(found.path, "cannot be read now: this machine has no memory left")
            return
        if file is None:
            return
        self.spool.take(file)
        if file.state is State.REFUSED:
            self._fail(file.path, f"is not sent: {file.message}")

    def _send_one(self) -> bool:
        files = self.spool.due(State.WAITING, self.clock(), limit=1)
        for file in files:
            self._guarded(file, self._send)
        return bool(files)

    def _send(self, file: SpooledFile) -> None:
        try:
            self.sending.send(file)
        except FileChanged:
            self.spool.forget(file.upload_id)
            return
        except FileNotFoundError:
            self.spool.mark(file.upload_id, State.GONE, self.clock(), "it was taken away before it could be sent")
            self._fail(file.path, "was taken away before it could be sent")
            return
        now = self.clock()
        self.spool.mark(file.upload_id, State.STORED, now, next_try=now + _FIRST_ASK_SECONDS)
        self.say(f"{file.upload_id} is stored")

    def _ask_one(self) -> bool:
        may_ask = self.answers is not None and self.monotonic() >= self._ask_at
        files = self.spool.due(State.STORED, self.clock(), limit=1) if may_ask else []
        for file in files:
            self._guarded(file, self._ask_alone)
        return bool(files)

    def _ask_alone(self, file: SpooledFile) -> None:
        """Ask; where nobody answers, asking waits, and sending does not: images go past what answers, to S3."""
        try:
            self._ask(file)
            self._ask_failures = 0
        except RetryImmediately:
            raise
        except ServiceUnavailable as fault:
            self._ask_failures += 1
            self._ask_at = self.monotonic() + self.backoff.pause(self._ask_failures)
            self._fail("", str(fault))

    def _ask(self, file: SpooledFile) -> None:
        assert self.answers is not None
        progress = self.answers.fetch(parse_key(file.object_key))
        if progress is None or progress.state != "answered":
            pause = min(self.backoff.longest, _FIRST_ASK_SECONDS * 2.0 ** min(file.tries, 20))
            self.spool.postpone(file.upload_id, file.tries + 1, self.clock() + pause, file.message)
            return
        answer = progress.status if not progress.message else f"{progress.status}: {progress.message}"
        self.spool.mark(file.upload_id, State.ANSWERED, self.clock(), answer)
        self.spool.note(LAST_ANSWER, f"{file.upload_id} {answer}", self.clock())
        self.say(f"{file.upload_id} is answered")

    def _guarded(self, file: SpooledFile, work: Callable[[SpooledFile], None]) -> None:
        """Do something for a file; a failure of the line holds up all, a failure of the file itself alone."""
        for _ in range(_AT_ONCE_TRIES):
            try:
                work(file)
                self._line_failures = 0
                return
            except (RetryImmediately, PartsLost) as fault:
                self.say(str(fault))
                file = self.spool.get(file.upload_id) or file
            except (ServiceUnavailable, DeviceRefused) as fault:
                self._line_failures += 1
                self._line_at = self.monotonic() + self.backoff.pause(self._line_failures)
                self._fail("", str(fault))
                return
            except (ServiceFault, OSError) as fault:
                self._postpone(file, str(fault))
                return
        self._postpone(file, "the service keeps asking to try again")

    def _postpone(self, file: SpooledFile, message: str) -> None:
        pause = self.backoff.pause(file.tries + 1)
        self.spool.postpone(file.upload_id, file.tries + 1, self.clock() + pause, message)
        self._fail(file.path, message)

    def _fail(self, path: str, message: str) -> None:
        text = f"{path} {message}".strip()
        self.spool.note(LAST_ERROR, text, self.clock())
        self.say(text)
