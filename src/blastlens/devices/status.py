"""Status of an agent: counts of files, last error and last answer."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from blastlens.devices.agent import LAST_ANSWER, LAST_ERROR, LAST_SCAN
from blastlens.devices.spool import Spool
from blastlens.devices.spooled_file import State


@dataclass(frozen=True)
class AgentStatus:
    """Status of an agent; times are ISO 8601 in UTC, None for never.

    Attributes:
        counts: files by state.
        last_look: time of the last scan of its folder.
        left_out: sentence that counts what that scan left out; empty if nothing.
        last_error: last error, and when.
        last_answer: last answered upload with its answer, and when.
        refused: newest files that are not sent: path and reason.
    """

    counts: dict[str, int]
    last_look: str | None
    left_out: str
    last_error: tuple[str, str] | None
    last_answer: tuple[str, str] | None
    refused: tuple[tuple[str, str], ...]


def read_status(spool_folder: Path, refusals: int = 5) -> AgentStatus:
    """Read the status from an agent's spool; the agent may be running.

    Raises:
        InvalidSettings: there is no spool in that folder.
    """
    spool = Spool(spool_folder, read_only=True)
    try:
        notes = {name: (text, _time(at)) for name, (text, at) in spool.notes().items()}
        scan = notes.get(LAST_SCAN)
        return AgentStatus(
            counts={str(state): count for state, count in spool.counts().items()},
            last_look=scan[1] if scan else None,
            left_out=scan[0] if scan else "",
            last_error=notes.get(LAST_ERROR),
            last_answer=notes.get(LAST_ANSWER),
            refused=tuple((one.path, one.message) for one in spool.of_state([State.REFUSED, State.GONE], refusals)),
        )
    finally:
        spool.close()


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
