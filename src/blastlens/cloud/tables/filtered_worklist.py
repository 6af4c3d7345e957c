"""Pages of a clinic's worklist that show some of its examinations only."""

import re
from collections.abc import Iterator
from typing import Any

from blastlens.cloud.tables.examination_items import examination_of, rank_of
from blastlens.cloud.tables.examinations import ExaminationCursor, ExaminationPage, ExaminationsTable
from blastlens.cloud.tables.paging import read_worklist
from blastlens.cloud.tables.results import InvalidCursor
from blastlens.domain.examination import Examination
from blastlens.domain.worklist import Show, WorklistFilter

MOST_READ = 2000
"""How many examinations one page reads at most; a filter that admits few then goes on with the next page."""

SECTIONS: dict[Show, tuple[str, ...]] = {
    Show.ALL: ("",),
    Show.UNSIGNED: ("1",),
    Show.UNCERTAIN: ("12", "11"),
    Show.MALIGNANT: ("12", "11", "02"),
    Show.INSUFFICIENT: ("12", "11"),
    Show.DISAGREEING: ("",),
}
"""Beginnings of the ranks that a filter admits, in the order of the worklist: the others are never read."""

_PAGE = 200
_RANK = re.compile(r"[01][012]#[0-9T:.Z+-]{20,32}#(?P<examination>[A-Za-z0-9_-]{1,64})")
_PATIENT = re.compile(r"(?P<clinic>[A-Za-z0-9_-]{1,64})/[A-Za-z0-9_-]{1,64}")


def read_page(
    table: ExaminationsTable, clinic_id: str, wanted: WorklistFilter, limit: int, cursor: ExaminationCursor | None
) -> ExaminationPage:
    """Return a page of a clinic's examinations, unsigned and urgent first, then newest.

    It may have fewer than `limit` although others follow; `next` is None after the last page.

    Raises:
        InvalidCursor: `cursor` was not made for this clinic and filter.
        ServiceFault: DynamoDB refused; ServiceUnavailable where trying again may help.
    """
    if cursor is not None:
        _check(cursor, clinic_id, wanted)
    if wanted.patient_id is not None:
        return _page_of_patient(table, clinic_id, wanted, limit, cursor)
    found: list[Examination] = []
    last: ExaminationCursor | None = None
    for number, item in enumerate(_items(table, clinic_id, wanted, limit, cursor)):
        if len(found) == limit or number == MOST_READ:
            return ExaminationPage(tuple(found), last)
        last = ExaminationCursor(item["patient"], item["examination"], item["rank"])
        one = examination_of(item)
        if wanted.admits(one):
            found.append(one)
    return ExaminationPage(tuple(found), None)


def _items(
    table: ExaminationsTable, clinic_id: str, wanted: WorklistFilter, limit: int, cursor: ExaminationCursor | None
) -> Iterator[dict[str, Any]]:
    """Yield the items of the sections that a filter reads, those after a cursor only."""
    # One more than the page: it shows whether anything follows.
    size = limit + 1 if wanted == WorklistFilter() else _PAGE
    sections = [one for one in SECTIONS[wanted.show] if cursor is None or one <= cursor.rank[: len(one)]]
    start = None if cursor is None else vars(cursor) | {"clinic_id": clinic_id}
    for section in sections:
        while True:
            items, following = read_worklist(table.client, table.name, clinic_id, size, start, section)
            yield from items
            start = following or None
            if start is None:
                break


def _page_of_patient(
    table: ExaminationsTable, clinic_id: str, wanted: WorklistFilter, limit: int, cursor: ExaminationCursor | None
) -> ExaminationPage:
    """Return a page of one patient's examinations, which are few and read consistently."""
    found = [one for one in table.of_patient(clinic_id, wanted.patient_id or "") if wanted.admits(one)]
    found = sorted(found, key=rank_of, reverse=True)
    rest = [one for one in found if cursor is None or rank_of(one) < cursor.rank]
    page = rest[:limit]
    last = page[-1] if len(page) < len(rest) else None
    place = None if last is None else ExaminationCursor(last.id.patient, last.id.examination_id, rank_of(last))
    return ExaminationPage(tuple(page), place)


def _check(cursor: ExaminationCursor, clinic_id: str, wanted: WorklistFilter) -> None:
    """Check a cursor: DynamoDB fails for a start outside of the section that is read."""
    rank, patient = _RANK.fullmatch(cursor.rank), _PATIENT.fullmatch(cursor.patient)
    is_ours = patient is not None and patient["clinic"] == clinic_id
    is_one = rank is not None and rank["examination"] == cursor.examination
    if not (is_ours and is_one and cursor.rank.startswith(SECTIONS[wanted.show])):
        raise InvalidCursor("the worklist cannot be continued from there")
