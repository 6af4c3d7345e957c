"""One file of the spool, and what reads and changes them in SQLite."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

COLUMNS = "upload_id, object_key, path, size, modified_ns, sha256, state, tries, taken_at, message, multipart_id"
"""Columns of a spooled file, in the order of `to_file`."""


class State(StrEnum):
    """State of a file.

    HELD is the newest file of an examination: it is sent when another follows, or as the last one.
    """

    WAITING = "waiting"
    HELD = "held"
    STORED = "stored"
    ANSWERED = "answered"
    REFUSED = "refused"
    GONE = "gone"


@dataclass(frozen=True)
class SpooledFile:
    """A file in the spool.

    Attributes:
        upload_id: id of the upload, derived from path and bytes: the same file always has the same id.
        object_key: key of its object.
        path: path below the watched folder, with slashes.
        size: in bytes.
        modified_ns: time of the last change by the file system, in nanoseconds.
        sha256: of its bytes, in hexadecimal.
        state: its state.
        tries: number of failures in a row.
        found_at: when the agent found it complete, in seconds since 1970; the column is `taken_at`.
        message: why it was refused, or the last event; else "".
        multipart_id: S3's id of its multipart upload; "" if there is none.
    """

    upload_id: str
    object_key: str
    path: str
    size: int
    modified_ns: int
    sha256: str
    state: State
    tries: int = 0
    found_at: float = 0.0
    message: str = ""
    multipart_id: str = ""


def to_file(row: tuple[Any, ...]) -> SpooledFile:
    """Return the file of a row of `COLUMNS`."""
    values: tuple[Any, ...] = (*row[:6], State(row[6]), *row[7:])
    return SpooledFile(*values)


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Make the changes of a block at once, or none of them."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if database.in_transaction:  # SQLite itself rolls back when the disk is full
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")
