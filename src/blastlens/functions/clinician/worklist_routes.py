"""Route of the worklist, with filters by answer, signature, patient and day."""

from datetime import date
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from blastlens.cloud.tables.examinations import ExaminationCursor
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
_AS_DAY = {"format": "date"}


class WorklistRoutes(ClinicianRoutes):
    """Route of the worklist."""

    def add(self) -> None:
        """Add the route to the app."""
        self.route("GET", "/v1/worklist", self.worklist, problems=(ProblemKind.INVALID_CURSOR,))

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
    ) -> Worklist:
        """Return a page of the clinic's examinations, unsigned and urgent first.

        A page may have fewer than asked for, and none, while `next` is not null.
        """
        wanted = WorklistFilter(show, patient, _day("from", first), _day("to", last))
        clinic = self.user.clinic_id
        scope = "/".join((clinic, "worklist", *map(str, vars(wanted).values())))
        cursor = None if after is None else ExaminationCursor(*decode_list_place(scope, after, 3))
        page = read_page(self.dependencies.examinations, clinic, wanted, limit, cursor)
        place = page.next
        return Worklist.model_validate(
            {
                "examinations": [clinician_view(one, self.catalogue) for one in page.examinations],
                "next": None
                if place is None
                else encode_list_place(scope, place.patient, place.examination, place.rank),
                "as_of": text_of_time(self.dependencies.clock()),
            }
        )


def _day(name: str, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise InvalidRequest([WrongPlace(name, "date")]) from None
