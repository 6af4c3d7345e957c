"""Spool: the agent's persistent state in SQLite.

Every change is an atomic transaction that is on the disk before the agent continues.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from blastlens.cloud.iot.storage import Part
from blastlens.devices.spooled_examinations import SpooledExaminations
from blastlens.devices.spooled_file import COLUMNS, SpooledFile, State, to_file, transaction
from blastlens.devices.spooled_screenings import SpooledScreenings
from blastlens.domain.errors import InvalidSettings

FILE_NAME = "spool.sqlite3"

MAX_PAUSE_SECONDS = 900.0
"""Longest time until the next try of a file. A later time results from a wrong clock and is ignored."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
    upload_id TEXT PRIMARY KEY, object_key TEXT NOT NULL, path TEXT NOT NULL,
    size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, sha256 TEXT NOT NULL,
    state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, next_try REAL NOT NULL DEFAULT 0,
    taken_at REAL NOT NULL, stored_at REAL, answered_at REAL,
    message TEXT NOT NULL DEFAULT '', multipart_id TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS by_path ON files (path);
CREATE INDEX IF NOT EXISTS by_state ON files (state, next_try);
CREATE INDEX IF NOT EXISTS by_key ON files (object_key, state);
CREATE TABLE IF NOT EXISTS parts (
    upload_id TEXT NOT NULL, number INTEGER NOT NULL, tag TEXT NOT NULL, sha256 TEXT NOT NULL,
    PRIMARY KEY (upload_id, number)
);
CREATE TABLE IF NOT EXISTS first_changes (upload_id TEXT PRIMARY KEY, modified_ns INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS last_fields (
    upload_id TEXT PRIMARY KEY, examination TEXT NOT NULL, fields INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS by_examination ON last_fields (examination);
CREATE TABLE IF NOT EXISTS end_files (examination TEXT PRIMARY KEY, modified_ns INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS screenings (
    upload_id TEXT PRIMARY KEY, package TEXT NOT NULL, begun_at REAL NOT NULL, metadata TEXT
);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, text TEXT NOT NULL, at REAL NOT NULL);
"""


class Spool:
    """Spool in one folder.

    For one thread; other processes may read it at the same time.

    Attributes:
        examinations: its files by their examinations.
        screenings: verdicts on its files.
    """

    def __init__(self, folder: Path, read_only: bool = False) -> None:
        """Open the spool, and create it if it does not exist.

        Raises:
            InvalidSettings: it cannot be created or opened there.
        """
        path = folder / FILE_NAME
        if read_only and not path.exists():
            raise InvalidSettings(f"there is no spool in {folder} yet: start `blastlens device watch`")
        try:
            if read_only:
                self._database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, timeout=5)
            else:
                folder.mkdir(parents=True, exist_ok=True)
                self._database = sqlite3.connect(path, isolation_level=None, timeout=5)
                # WAL: readers do not block the writer. FULL: a commit returns after it is on the disk.
                self._database.execute("PRAGMA journal_mode=WAL")
                self._database.execute("PRAGMA synchronous=FULL")
                self._database.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as fault:
            raise InvalidSettings(f"the spool in {folder} cannot be opened: {fault}") from None
        self.examinations = SpooledExaminations(self._database)
        self.screenings = SpooledScreenings(self._database)

    def close(self) -> None:
        """Close the spool; no data is lost if this is never called."""
        self._database.close()

    def is_known(self, path: str, size: int, modified_ns: int) -> bool:
        """Check whether the spool has a file with this size and time of last change.

        A file that was removed before it could be sent does not count: it may reappear, for example on a network share.
        """
        found = self._database.execute(
            "SELECT 1 FROM files WHERE path = ? AND size = ? AND modified_ns = ? AND state <> ?",
            (path, size, modified_ns, State.GONE),
        )
        return found.fetchone() is not None

    def add(self, file: SpooledFile) -> None:
        """Add a file.

        The same bytes at the same path are the same file, whatever their date. A held file releases the one that its
        examination held before: that one is not the last.
        """
        with transaction(self._database):
            self._database.execute(
                "INSERT INTO files (upload_id, object_key, path, size, modified_ns, sha256, state, taken_at, message) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (upload_id) DO UPDATE SET modified_ns = excluded.modified_ns, "
                f"state = CASE state WHEN '{State.GONE}' THEN excluded.state ELSE state END",
                (
                    file.upload_id,
                    file.object_key,
                    file.path,
                    file.size,
                    file.modified_ns,
                    file.sha256,
                    file.state,
                    file.found_at,
                    file.message,
                ),
            )
            self._database.execute(
                "INSERT OR IGNORE INTO first_changes VALUES (?, ?)", (file.upload_id, file.modified_ns)
            )
            if file.state is State.HELD:
                self.examinations.release_earlier(file)

    def first_modified_ns(self, file: SpooledFile) -> int:
        """Return the time of the last change that a file had when it was first found complete, in nanoseconds.

        Copying and backing up may change it later. Files that an older agent found have the present one.
        """
        found = self._database.execute(
            "SELECT modified_ns FROM first_changes WHERE upload_id = ?", (file.upload_id,)
        ).fetchone()
        return file.modified_ns if found is None else int(found[0])

    def due(self, state: State, now: float, limit: int = 20) -> list[SpooledFile]:
        """Return files in a state whose next try is due, oldest first."""
        found = self._database.execute(
            f"SELECT {COLUMNS} FROM files WHERE state = ? AND (next_try <= ? OR next_try > ?) "
            "ORDER BY taken_at, upload_id LIMIT ?",
            (state, now, now + MAX_PAUSE_SECONDS, limit),
        )
        return [to_file(row) for row in found.fetchall()]

    def get(self, upload_id: str) -> SpooledFile | None:
        """Return one file; None if it is unknown."""
        found = self._database.execute(f"SELECT {COLUMNS} FROM files WHERE upload_id = ?", (upload_id,))
        row = found.fetchone()
        return None if row is None else to_file(row)

    def mark(self, upload_id: str, state: State, at: float, message: str = "", next_try: float = 0.0) -> None:
        """Set the state of a file; the count of tries restarts."""
        column = {State.STORED: "stored_at = ?,", State.ANSWERED: "answered_at = ?,"}.get(state, "")
        values = (state, message, next_try, *((at,) if column else ()), upload_id)
        with transaction(self._database):
            self._database.execute(
                f"UPDATE files SET state = ?, tries = 0, multipart_id = '', message = ?, next_try = ?, {column} "
                "size = size WHERE upload_id = ?",
                values,
            )
            self._database.execute("DELETE FROM parts WHERE upload_id = ?", (upload_id,))

    def postpone(self, upload_id: str, tries: int, next_try: float, message: str) -> None:
        """Set when a file may be tried again, and why."""
        self._database.execute(
            "UPDATE files SET tries = ?, next_try = ?, message = ? WHERE upload_id = ?",
            (tries, next_try, message, upload_id),
        )

    def forget(self, upload_id: str) -> None:
        """Delete a file that was not sent because it changed; it will be found again."""
        with transaction(self._database):
            for table in ("files", "parts", "last_fields", "screenings"):
                self._database.execute(f"DELETE FROM {table} WHERE upload_id = ?", (upload_id,))

    def begin_parts(self, upload_id: str, multipart_id: str) -> None:
        """Store S3's id of a multipart upload that has no parts yet."""
        with transaction(self._database):
            self._database.execute("UPDATE files SET multipart_id = ? WHERE upload_id = ?", (multipart_id, upload_id))
            self._database.execute("DELETE FROM parts WHERE upload_id = ?", (upload_id,))

    def add_part(self, upload_id: str, part: Part) -> None:
        """Store a part that S3 has."""
        self._database.execute(
            "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?)", (upload_id, part.number, part.tag, part.sha256)
        )

    def parts(self, upload_id: str) -> list[Part]:
        """Return the parts of a file that S3 has."""
        found = self._database.execute(
            "SELECT number, tag, sha256 FROM parts WHERE upload_id = ? ORDER BY number", (upload_id,)
        )
        return [Part(*row) for row in found.fetchall()]

    def note(self, name: str, text: str, at: float) -> None:
        """Store a text under a name, and replace an earlier one."""
        self._database.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", (name, text, at))

    def notes(self) -> dict[str, tuple[str, float]]:
        """Return every note: name → text and time."""
        return {name: (text, at) for name, text, at in self._database.execute("SELECT * FROM notes").fetchall()}

    def counts(self) -> dict[State, int]:
        """Return how many files are in each state."""
        found = dict(self._database.execute("SELECT state, count(*) FROM files GROUP BY state").fetchall())
        return {state: int(found.get(state, 0)) for state in State}

    def of_state(self, states: Sequence[State], limit: int) -> list[SpooledFile]:
        """Return the newest files in any of the states."""
        marks = ", ".join("?" for _ in states)
        found = self._database.execute(
            f"SELECT {COLUMNS} FROM files WHERE state IN ({marks}) ORDER BY taken_at DESC LIMIT ?", (*states, limit)
        )
        return [to_file(row) for row in found.fetchall()]
