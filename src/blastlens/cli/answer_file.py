"""A file of answers that grows answer by answer, so that a run of hours can be stopped and gone on with."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

from blastlens.domain.errors import InvalidData

if sys.platform != "win32":
    import fcntl

_BEGINNING = b'{"path": "'
"""Every answer's first bytes."""


class AnswerFile:
    """JSON lines, each written whole and at once; made by `open_answers`."""

    def __init__(self, path: Path, stream: FileIO, answered: set[str]) -> None:
        self.path, self.answered = path, answered
        self._stream = stream

    def add(self, answer: dict[str, Any]) -> None:
        """Append an answer and hand it to the system, which keeps it whatever becomes of this process.

        Raises:
            OSError: it cannot be written, or not whole; it names the file.
        """
        left = json.dumps(answer).encode() + b"\n"
        try:
            while left:
                left = left[self._stream.write(left) :]
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from error
        self.answered.add(answer["path"])

    def count(self) -> int:
        """Return how many answers the file holds."""
        return self.path.read_bytes().count(b"\n")

    def count_of(self, files: Sequence[Path]) -> int:
        """Return how many of these files are answered in it, also after a stop in the middle of `add`."""
        lines = self.path.read_bytes().split(b"\n")[:-1]
        held = {json.loads(line)["path"] for line in lines}
        return sum(str(file) in held for file in files)


@contextmanager
def open_answers(path: Path, resume: bool, digest: str) -> Iterator[AnswerFile]:
    """Open a file of answers to append to.

    Args:
        path: the file; it is made where there is none.
        resume: whether a file that exists is gone on with. A last line without its end is dropped.
        digest: digest of the model that answers.

    Raises:
        InvalidData: the file exists and is not to be gone on with, holds something else than answers, answers of
            another model, is being written by another run, or cannot be written.
    """
    try:
        stream = path.open("r+b" if resume and path.exists() else "xb", buffering=0)
    except FileExistsError:
        raise InvalidData(
            f"{path} exists: go on with it by --resume, or name another file with --out. Nothing was changed."
        ) from None
    except OSError as error:
        raise InvalidData(f"{path} cannot be written: {error.strerror}.") from error
    with stream:
        _keep_others_out(path, stream)
        answered = _go_on(path, stream, digest) if resume else set()
        yield AnswerFile(path, stream, answered)


def _keep_others_out(path: Path, stream: FileIO) -> None:
    """Hold the file until it is closed.

    Raises:
        InvalidData: another run holds it.
    """
    if sys.platform == "win32":
        return
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InvalidData(
            f"Another run is writing {path}: wait until it is done, or name another file with --out."
        ) from None
    except OSError:  # some network file systems keep no locks, and can be written to all the same
        return


def _go_on(path: Path, stream: FileIO, digest: str) -> set[str]:
    """Return the paths that were answered, and leave the stream at the end of the last whole line."""
    if not stream.readable():
        return set()
    answered, end = set(), 0
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith(b"\n"):
                _check_beginning(path, number, line)
                break
            answered.add(_path_of(path, number, line, digest))
            end += len(line)
    stream.seek(end)
    stream.truncate()
    os.fsync(stream.fileno())
    return answered


def _check_beginning(file: Path, number: int, line: bytes) -> None:
    """Raise InvalidData unless the line may be an answer that was cut off: only such a one may be dropped."""
    if not line.startswith(_BEGINNING) and not _BEGINNING.startswith(line):
        raise _no_answer(file, number)


def _no_answer(file: Path, number: int) -> InvalidData:
    return InvalidData(f"Line {number} of {file} is no answer: name another file with --out. Nothing was changed.")


def _path_of(file: Path, number: int, line: bytes, digest: str) -> str:
    try:
        answer = json.loads(line)
        path, model = answer["path"], answer["model"]
        same = model["digest"] == digest
    except (ValueError, KeyError, TypeError):
        raise _no_answer(file, number) from None
    if not same:
        raise InvalidData(
            f"{file} was begun with the model {model.get('name')} {model.get('version')}, and answers of two models "
            "do not belong into one file: name that model, or another file with --out."
        )
    return str(path)
