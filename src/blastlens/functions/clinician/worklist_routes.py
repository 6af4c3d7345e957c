"""Route of the worklist, with filters by answer, signature, patient and day."""

import hashlib
from datetime import date
from typing import Annotated

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Query

from blastlens.cloud.tables.examinations import ExaminationCursor, ExaminationPage
from blastlens.cloud.tables.filtered_worklist import read_page
from blastlens.cloud.tables.items import text_of_time
from blastlens.domain.worklist import Show, WorklistFilter
from blastlens.functions.clinician.cursors import decode_list_place, encode_list_place
from blastlens.functions.clinician.models.common import ID_PATTERN
from blastlens.functions.clinician.models.examinations import Worklist
from blastlens.functions.clinician.problems import ProblemKind
from blastlens.functions.clinician.requests import InvalidRequest, WrongPlace
from blastlens.functions.clinician.routes import ClinicianRoutes
from blastlens.functions.clinician.views import clinician_view

_DAY = r"^\d{4}-\d{2}-\d{2}$"
_DIGEST_LENGTH = 32
_AS_DAY = {"format": "date"}


class WorklistRoutes(ClinicianRoutes):
    """Route of the worklist."""

    def add(self) -> None:
        """Add the route to the app."""
        problems = (ProblemKind.INVALID_CURSOR,)
        self.route("GET", "/v1/worklist", self.worklist, problems=problems, has_etag=True)

    def worklist(
        self,
        show: Show = Show.ALL,
        patient: Annotated[str | None, Query(pattern=ID_PATTERN, description="Id of a patient.")] = None,
        first: Annotated[
            str | None,
            Query(
                alias="from",
                pattern=_DAY,
                json_schema_extra=_AS_DAY,
                description="First day on which fields were taken.",
            ),
        ] = None,
        last: Annotated[
            str | None,
            Query(
                alias="to", pattern=_DAY, json_schema_extra=_AS_DAY, description="Last day on which fields were taken."
            ),
        ] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
        after: Annotated[str | None, Query(alias="next", max_length=1024)] = None,
    ) -> Response[Worklist]:
        """Return a page of the clinic's examinations, unsigned and urgent first.

        A page may have fewer than asked for, and none, while `next` is not null. If-None-Match with its ETag is
        answered by 304 as long as nothing on the page changed.
        """
        wanted = WorklistFilter(show, patient, _day("from", first), _day("to", last))
        clinic = self.user.clinic_id
        scope = "/".join((clinic, "worklist", *map(str, vars(wanted).values())))
        cursor = None if after is None else ExaminationCursor(*decode_list_place(scope, after, 3))
        page = read_page(self.dependencies.examinations, clinic, wanted, limit, cursor)
        place = page.next
        following = None if place is None else encode_list_place(scope, place.patient, place.examination, place.rank)
        etag = self.etag(_digest(page, following))
        shown = [clinician_view(one, self.catalogue) for one in page.examinations]
        plain = {"examinations": shown, "next": following, "as_of": text_of_time(self.dependencies.clock())}
        return Response(200, content_types.APPLICATION_JSON, Worklist.model_validate(plain), {"ETag": etag})


def _digest(page: ExaminationPage, following: str | None) -> str:
    """Return what changes with a page: each write of an examination raises its revision."""
    parts = [f"{one.id}#{one.revision}" for one in page.examinations]
    return hashlib.sha256("\n".join((*parts, str(following))).encode()).hexdigest()[:_DIGEST_LENGTH]


def _day(name: str, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise InvalidRequest([WrongPlace(name, "date")]) from None
