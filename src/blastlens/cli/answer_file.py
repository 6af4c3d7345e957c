"""File of answers in JSON lines, which an interrupted run can continue."""

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

_PREFIX = b'{"path": "'
"""First bytes of every answer."""


class AnswerFile:
    """Answers as JSON lines, each written at once; opened by `open_answer_file`."""

    def __init__(self, path: Path, stream: FileIO, answered: set[str]) -> None:
        self.path, self.answered = path, answered
        self._stream = stream

    def add(self, answer: dict[str, Any]) -> None:
        """Append an answer without buffering, so that it is kept if this process ends.

        Raises:
            OSError: it cannot be written completely; the error names the file.
        """
        remaining = json.dumps(answer).encode() + b"\n"
        try:
            while remaining:
                remaining = remaining[self._stream.write(remaining) :]
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from error
        self.answered.add(answer["path"])

    def count(self) -> int:
        """Return the number of answers in the file."""
        return self.path.read_bytes().count(b"\n")

    def count_of(self, files: Sequence[Path]) -> int:
        """Return how many of these files have an answer in it.

        The count is correct also after an interruption in `add`.
        """
        lines = self.path.read_bytes().split(b"\n")[:-1]
        answered = {json.loads(line)["path"] for line in lines}
        return sum(str(file) in answered for file in files)


@contextmanager
def open_answer_file(path: Path, resume: bool, digest: str) -> Iterator[AnswerFile]:
    """Open a file of answers to append to.

    Args:
        path: the file; created if it does not exist.
        resume: whether to continue an existing file. An incomplete last line is dropped.
        digest: digest of the model.

    Raises:
        InvalidData: the file exists and `resume` is false, contains something else than answers of this model,
            is being written by another run, or cannot be written.
    """
    try:
        stream = path.open("r+b" if resume and path.exists() else "xb", buffering=0)
    except FileExistsError:
        raise InvalidData(
            f"{path} exists: continue it with --resume, or name another file with --out. Nothing was changed."
        ) from None
    except OSError as error:
        raise InvalidData(f"{path} cannot be written: {error.strerror}.") from error
    with stream:
        _lock(path, stream)
        answered = _read_answered(path, stream, digest) if resume else set()
        yield AnswerFile(path, stream, answered)


def _lock(path: Path, stream: FileIO) -> None:
    """Lock the file until it is closed.

    Raises:
        InvalidData: another run has locked it.
    """
    if sys.platform == "win32":
        return
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InvalidData(
            f"Another run is writing {path}: wait until it is done, or name another file with --out."
        ) from None
    except OSError:  # some network file systems support no locks
        return


def _read_answered(path: Path, stream: FileIO, digest: str) -> set[str]:
    """Return the answered paths, and move to the end of the last complete line."""
    if not stream.readable():
        return set()
    answered, end = set(), 0
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith(b"\n"):
                _check_incomplete_line(path, number, line)
                break
            answered.add(_parse_path(path, number, line, digest))
            end += len(line)
    stream.seek(end)
    stream.truncate()
    os.fsync(stream.fileno())
    return answered


def _check_incomplete_line(file: Path, number: int, line: bytes) -> None:
    """Raise InvalidData unless the line may be an incomplete answer.

    Only such a line may be dropped.
    """
    if not line.startswith(_PREFIX) and not _PREFIX.startswith(line):
        raise _make_line_error(file, number)


def _make_line_error(file: Path, number: int) -> InvalidData:
    return InvalidData(f"Line {number} of {file} is not an answer: name another file with --out. Nothing was changed.")


def _parse_path(file: Path, number: int, line: bytes, digest: str) -> str:
    try:
        answer = json.loads(line)
        path, model = answer["path"], answer["model"]
        is_same_model = model["digest"] == digest
    except (ValueError, KeyError, TypeError):
        raise _make_line_error(file, number) from None
    if not is_same_model:
        raise InvalidData(
            f"{file} contains answers of the model {model.get('name')} {model.get('version')}, and a file may contain "
            "answers of one model only: use that model, or name another file with --out."
        )
    return str(path)
