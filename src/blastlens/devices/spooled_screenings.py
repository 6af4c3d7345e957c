"""Screenings of the spool: one for each file, kept for repeated tries."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

ENDED_IN_A_ROW = 3
"""So many screenings in a row during which the agent ended are no accident: a power failure seldom hits one."""

PAUSE_SECONDS = 86_400.0
"""How long no file is screened after them. The agent may end once a day more, which delays an upload by seconds."""


@dataclass(frozen=True)
class SpooledScreenings:
    """Screenings by upload: begun, or done with the metadata of a verdict or without one.

    Attributes:
        database: the spool's.
    """

    database: sqlite3.Connection

    def metadata_of(self, upload_id: str) -> dict[str, str] | None:
        """Return the metadata of a file's verdict; None for a file that was not screened.

        It is empty where there was no verdict, and where the agent ended during the screening: it is not tried again.
        """
        row = self.database.execute("SELECT metadata FROM screenings WHERE upload_id = ?", (upload_id,)).fetchone()
        if row is None:
            return None
        metadata: dict[str, str] = json.loads(row[0] or "{}")
        return metadata

    def begin(self, upload_id: str, package: str, at: float) -> None:
        """Store that a file is being screened with a package, before that is begun; `at` is in seconds since 1970."""
        self.database.execute("INSERT OR IGNORE INTO screenings VALUES (?, ?, ?, NULL)", (upload_id, package, at))

    def finish(self, upload_id: str, metadata: Mapping[str, str]) -> None:
        """Store the metadata of a file's verdict, empty where there is none."""
        self.database.execute(
            "UPDATE screenings SET metadata = ? WHERE upload_id = ?", (json.dumps(dict(metadata)), upload_id)
        )

    def is_paused(self, package: str, now: float) -> bool:
        """Return whether no file is to be screened with a package now, in seconds since 1970.

        That is for a day after the agent ended during the last screenings, all with this package. A clock that was set
        back ends the pause.
        """
        rows = self.database.execute(
            "SELECT package, metadata, begun_at FROM screenings ORDER BY rowid DESC LIMIT ?", (ENDED_IN_A_ROW,)
        ).fetchall()
        if len(rows) < ENDED_IN_A_ROW or any(row[:2] != (package, None) for row in rows):
            return False
        return 0 <= now - float(rows[0][2]) < PAUSE_SECONDS
