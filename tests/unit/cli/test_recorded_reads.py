"""What a command reads is recorded before it is shown."""

import pytest

from blastlens.cli.recorded_reads import recorded_reads
from blastlens.cloud.operations.caller import ProvenCaller
from blastlens.domain.access import Access
from blastlens.domain.errors import ServiceFault
from blastlens.domain.upload import ExaminationId
from tests.answers import NOON

CALLER = ProvenCaller("arn:aws:iam::123456789012:user/x", NOON, "request")


class Trail:
    """A trail that can be full."""

    def __init__(self, room: int) -> None:
        self.room, self.written = room, list[Access]()

    def write(self, accesses: list[Access]) -> None:
        if len(self.written) + len(accesses) > self.room:
            raise ServiceFault("could not write the audit trail")
        self.written += accesses


def read(trail: Trail, found: list[str]) -> list[str]:
    def examination_of(one: str) -> ExaminationId | None:
        return ExaminationId("c", "p", one) if one else None

    shown: list[str] = []
    for one in recorded_reads(found, examination_of, trail, CALLER, "blastlens export"):  # type: ignore[arg-type]
        shown.append(one)
    return shown


def test_an_examination_is_recorded_once_for_all_its_fields_and_what_has_none_not_at_all():
    trail = Trail(10)
    assert read(trail, ["a", "a", "b", ""]) == ["a", "a", "b", ""]
    assert [(str(one.subject), one.caller, one.action) for one in trail.written] == [
        ("c/p/a", CALLER.arn, "blastlens export"),
        ("c/p/b", CALLER.arn, "blastlens export"),
    ]


def test_nothing_is_shown_that_could_not_be_recorded():
    trail = Trail(100)
    shown: list[str] = []
    reads = recorded_reads(map(str, range(150)), lambda one: ExaminationId("c", "p", one), trail, CALLER, "x")  # type: ignore[arg-type]
    with pytest.raises(ServiceFault):
        for one in reads:
            shown.append(one)
    assert shown == [one.subject.examination_id for one in trail.written] and len(shown) == 100
