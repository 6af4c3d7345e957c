"""Stored results with their notifications and sign-off."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from blastlens.domain.finding import Finding, to_finding
from blastlens.domain.labels import Label
from blastlens.domain.prediction import Prediction
from blastlens.domain.result import Result, ResultId

_SEQUENCER_LENGTH = 64


class Audience(StrEnum):
    """Recipients of notices."""

    CLINIC = "clinic"
    PATIENT = "patient"
    SYSTEM = "system"
    """Systems that receive signed reports."""


@dataclass(frozen=True)
class SignOff:
    """A clinician's signature on a prediction; there is at most one.

    Attributes:
        signed_by: the clinician, by the name that the clinic uses.
        caller: identity that made the request, as authenticated by the cloud.
        label: the class that the clinician found, whether the model predicted it or not.
        signed_at: when (UTC).
    """

    signed_by: str
    caller: str
    label: Label
    signed_at: datetime


@dataclass(frozen=True)
class Record:
    """A stored result.

    Attributes:
        id: its key in the table. Use it instead of `result.id`: if the object key violates the contract, the record
            does not contain the object key, and `result.source.key` is empty.
        result: the answer.
        notified: who has been notified, and when (UTC).
        signed_off: the clinician's signature; None until there is one.
        pushed: ids of the patient's phones that accepted the message; with `#corrected`, its correction.
        reported_finding: finding that the patient was notified of; None before, and where it was not recorded.
        left_to_clinic: whether the clinic was notified that it must inform the patient, who has no reachable phone.
    """

    id: ResultId
    result: Result
    notified: Mapping[Audience, datetime]
    signed_off: SignOff | None = None
    pushed: frozenset[str] = frozenset()
    reported_finding: Finding | None = None
    left_to_clinic: bool = False

    @property
    def finding(self) -> Finding | None:
        """Finding for the patient: the signed one, else the predicted one.

        It is None for a rejected image.
        """
        answer = self.result.answer
        if self.signed_off is not None:
            return to_finding([self.signed_off.label])
        return to_finding(answer.prediction_set) if isinstance(answer, Prediction) else None


def sort_newest_first(records: Iterable[Record]) -> list[Record]:
    """Sort the records of one upload.

    The newest object version comes first, and of one version the newest answer.

    S3 events arrive in any order, so the time of the answer does not show which version is newer.
    An upload may have several keys (`.png`, `.jpg`). S3's sequencers cannot be compared across keys, so keys are sorted
    by the time of their newest version.
    """
    by_key: dict[str, list[Record]] = {}
    for record in records:
        by_key.setdefault(record.result.source.key, []).append(record)
    groups = [_sorted_versions(group) for group in by_key.values()]
    groups.sort(key=lambda group: max(one.result.uploaded_at for one in group), reverse=True)
    return [record for group in groups for record in group]


def _sorted_versions(records: list[Record]) -> list[Record]:
    """Sort the records of one key by sequencer.

    If a sequencer is missing, sort by time of upload.
    """
    if all(record.result.source.sequencer for record in records):
        return sorted(records, key=lambda one: (_sequencer(one), one.result.answered_at), reverse=True)
    return sorted(records, key=lambda one: (one.result.uploaded_at, one.result.answered_at), reverse=True)


def _sequencer(record: Record) -> str:
    # Sequencers are compared as text, the shorter one padded with zeros on its right.
    return record.result.source.sequencer.upper().ljust(_SEQUENCER_LENGTH, "0")
