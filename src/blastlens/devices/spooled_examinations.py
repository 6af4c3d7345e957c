"""Examinations of the spool: the held file of each, and which one was its last."""

import sqlite3
from dataclasses import dataclass

from blastlens.devices.spooled_file import COLUMNS, SpooledFile, State, to_file, transaction

# The plus keeps SQLite from searching by state: an examination has few files, and a state may have many.
_IN_EXAMINATION = "object_key >= ? AND object_key < ? AND +state"


@dataclass(frozen=True)
class SpooledExaminations:
    """The files of the spool, by the examinations of their object keys.

    Attributes:
        database: the spool's.
    """

    database: sqlite3.Connection

    def release_earlier(self, file: SpooledFile) -> None:
        """Send the other files of a held file's examination without the mark of the last one.

        The caller opens the transaction.
        """
        held = self.database.execute("SELECT state FROM files WHERE upload_id = ?", (file.upload_id,)).fetchone()
        if held[0] != State.HELD:
            return  # it was sent before, and only its date is new
        first, after = _key_range(file.object_key)
        self.database.execute(
            f"UPDATE files SET state = '{State.WAITING}' WHERE {_IN_EXAMINATION} = '{State.HELD}' AND upload_id <> ?",
            (first, after, file.upload_id),
        )
        # The metadata of an upload in parts that has begun cannot be changed.
        self.database.execute(
            "DELETE FROM last_fields WHERE examination = ? AND upload_id <> ? AND EXISTS (SELECT 1 FROM files "
            "WHERE files.upload_id = last_fields.upload_id AND state = ? AND multipart_id = '')",
            (first, file.upload_id, State.WAITING),
        )

    def held(self) -> list[SpooledFile]:
        """Return the held files, one of each examination that has one."""
        found = self.database.execute(f"SELECT {COLUMNS} FROM files WHERE state = ?", (State.HELD,))
        return [to_file(row) for row in found.fetchall()]

    def has_unsent_before(self, file: SpooledFile) -> bool:
        """Check whether another file of its examination still waits for its first try."""
        found = self.database.execute(
            f"SELECT 1 FROM files WHERE {_IN_EXAMINATION} = ? AND tries = 0",
            (*_key_range(file.object_key), State.WAITING),
        )
        return found.fetchone() is not None

    def release_last(self, file: SpooledFile, end_modified_ns: int | None = None) -> int:
        """Let a held file be sent as the last one of its examination; return how many fields that has.

        Args:
            file: the held file.
            end_modified_ns: time of the last change of the file that says so, which then does not count again; None
                where the folder has rested.
        """
        first, after = _key_range(file.object_key)
        with transaction(self.database):
            (fields,) = self.database.execute(
                f"SELECT count(*) FROM files WHERE {_IN_EXAMINATION} IN (?, ?, ?, ?)",
                (first, after, State.HELD, State.WAITING, State.STORED, State.ANSWERED),
            ).fetchone()
            self.database.execute(
                "INSERT OR REPLACE INTO last_fields VALUES (?, ?, ?)", (file.upload_id, first, fields)
            )
            self.database.execute("UPDATE files SET state = ? WHERE upload_id = ?", (State.WAITING, file.upload_id))
            if end_modified_ns is not None:
                self.database.execute("INSERT OR REPLACE INTO end_files VALUES (?, ?)", (first, end_modified_ns))
        return int(fields)

    def fields_if_last(self, upload_id: str) -> int | None:
        """Return how many fields the examination has whose last one a file is; None for any other file."""
        found = self.database.execute("SELECT fields FROM last_fields WHERE upload_id = ?", (upload_id,)).fetchone()
        return None if found is None else int(found[0])

    def has_counted(self, file: SpooledFile, end_modified_ns: int) -> bool:
        """Check whether the file that ends an examination, of this last change, has released a file of it before."""
        found = self.database.execute(
            "SELECT 1 FROM end_files WHERE examination = ? AND modified_ns = ?",
            (_key_range(file.object_key)[0], end_modified_ns),
        )
        return found.fetchone() is not None


def _key_range(object_key: str) -> tuple[str, str]:
    """Return the first key of an object's examination, and the first one after all of them."""
    folder = object_key.rpartition("/")[0]
    return f"{folder}/", f"{folder}0"  # the character after a slash
