"""What a person wants to know of an agent: what waits, what went wrong last, what was answered last."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from blastlens.devices.agent import LAST_ANSWER, LAST_ERROR, LAST_LOOK
from blastlens.devices.spool import Spool, State


@dataclass(frozen=True)
class AgentStatus:
    """An agent at one moment; times are ISO 8601 in UTC, None for never.

    Attributes:
        counts: files by state.
        last_look: when it last looked at its folder.
        last_error: what went wrong last, and when.
        last_answer: which upload was answered last, how, and when.
        refused: the newest files that are not sent: path and why.
    """

    counts: dict[str, int]
    last_look: str | None
    last_error: tuple[str, str] | None
    last_answer: tuple[str, str] | None
    refused: tuple[tuple[str, str], ...]


def read_status(spool_folder: Path, refusals: int = 5) -> AgentStatus:
    """Read an agent's memory; the agent may be at work or not.

    Raises:
        InvalidSettings: there is no memory in that folder.
    """
    spool = Spool(spool_folder, read_only=True)
    try:
        notes = {name: (text, _time(at)) for name, (text, at) in spool.notes().items()}
        look = notes.get(LAST_LOOK)
        return AgentStatus(
            counts={str(state): count for state, count in spool.counts().items()},
            last_look=look[1] if look else None,
            last_error=notes.get(LAST_ERROR),
            last_answer=notes.get(LAST_ANSWER),
            refused=tuple((one.path, one.message) for one in spool.of_state([State.REFUSED, State.GONE], refusals)),
        )
    finally:
        spool.close()


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
