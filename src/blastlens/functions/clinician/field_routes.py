"""Routes of fields: readings, links to images, and white cells."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from blastlens.domain.review import Review, is_excluded
from blastlens.domain.upload import ExaminationId
from blastlens.functions.clinician.cell_views import cells_view
from blastlens.functions.clinician.cursors import decode_list_place, encode_list_place
from blastlens.functions.clinician.links import Links
from blastlens.functions.clinician.models.fields import CellPage, ExaminationField, FieldPage
from blastlens.functions.clinician.problems import Problem, ProblemKind
from blastlens.functions.clinician.review_views import exclusion_view
from blastlens.functions.clinician.routes import EXAMINATION, ClinicianRoutes, ExaminationIdText, PatientId, UploadId
from blastlens.functions.examination_views import Field, field_view, fields_of
from blastlens.functions.responses import View

MOST_BYTES = 3_500_000
"""Size of the files of cells on one page; Lambda returns 6 MB at most. A page has one field at least."""

_THREADS = 8
_MISSING = (ProblemKind.EXAMINATION_MISSING, ProblemKind.PATIENT_ERASED)
_After = Annotated[str | None, Query(alias="next", max_length=1024)]


class FieldRoutes(ClinicianRoutes):
    """Routes of fields."""

    def add(self) -> None:
        """Add the routes to the app."""
        pages = (*_MISSING, ProblemKind.INVALID_CURSOR)
        self.route("GET", f"{EXAMINATION}/fields", self.fields, problems=pages)
        path, problems = f"{EXAMINATION}/fields/<upload_id>", (*_MISSING, ProblemKind.FIELD_MISSING)
        self.route("GET", path, self.field, problems=problems)
        self.route("GET", f"{EXAMINATION}/cells", self.cells, problems=pages)

    def fields(
        self,
        patient_id: PatientId,
        examination_id: ExaminationIdText,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
        after: _After = None,
    ) -> FieldPage:
        """Return a page of an examination's fields with links, in the order in which they were taken."""
        identity = self.identity(patient_id, examination_id)
        fields, review = self._fields_and_review(identity)
        page, following = _page(f"{identity}/fields", fields, limit, after)
        return FieldPage.model_validate({"fields": [self._view(one, review) for one in page], "next": following})

    def field(self, patient_id: PatientId, examination_id: ExaminationIdText, upload_id: UploadId) -> ExaminationField:
        """Return one field of an examination with links."""
        fields, review = self._fields_and_review(self.identity(patient_id, examination_id))
        found = next((one for one in fields if one.upload.upload_id == upload_id), None)
        if found is None:
            raise Problem(ProblemKind.FIELD_MISSING)
        return ExaminationField.model_validate(self._view(found, review))

    def cells(
        self,
        patient_id: PatientId,
        examination_id: ExaminationIdText,
        limit: Annotated[int, Query(ge=1, le=100, description="Fields on the page at most.")] = 10,
        after: _After = None,
    ) -> CellPage:
        """Return the white cells of a page of fields, by the reading that counts, with what people moved."""
        identity = self.identity(patient_id, examination_id)
        fields, review = self._fields_and_review(identity)
        with_cells = [one for one in fields if one.shown.result.artifacts.cells is not None]
        scope = f"{identity}/cells"
        page, following = _page(scope, with_cells, limit, after)
        files = _read_up_to(MOST_BYTES, page, self._cell_file)
        if len(files) < len(page):
            following = encode_list_place(scope, *page[len(files) - 1].place)
        links = self._links
        shown = [cells_view(one, file, review, links.image(one)) for one, file in zip(page, files, strict=False)]
        return CellPage.model_validate({"fields": shown, "next": following})

    @property
    def _links(self) -> Links:
        return Links(self.dependencies.links, self.state, self.dependencies.clock)

    def _fields_and_review(self, identity: ExaminationId) -> tuple[list[Field], Review]:
        examination, review = self.reviewed(identity)
        records = self.dependencies.results.fields(identity)
        return fields_of(records, examination.totals.model.digest), review

    def _view(self, field: Field, review: Review) -> View:
        excluded = review.exclusions.get(field.upload.upload_id)
        is_out = excluded is not None and is_excluded(field.readings[0], review.excluded)
        return field_view(field) | {
            "excluded": exclusion_view(*excluded) if excluded is not None and is_out else None,
            "links": self._links.pictures(field),
        }

    def _cell_file(self, field: Field) -> bytes | None:
        result = field.shown.result
        return self.dependencies.images.read_artifact(result.source.bucket, result.artifacts.cells or "")


def _page(scope: str, fields: Sequence[Field], limit: int, after: str | None) -> tuple[list[Field], str | None]:
    """Return the fields of a page, and the cursor of the next one; None after the last page."""
    start = ("", "") if after is None else tuple(decode_list_place(scope, after, 2))
    rest = [one for one in fields if one.place > start]
    page = rest[:limit]
    return page, encode_list_place(scope, *page[-1].place) if len(page) < len(rest) else None


def _read_up_to(limit: int, fields: Sequence[Field], read: Callable[[Field], bytes | None]) -> list[bytes | None]:
    """Return the files of the first fields that have `limit` bytes together, of one field at least."""
    found: list[bytes | None] = []
    size = 0
    with ThreadPoolExecutor(_THREADS) as pool:
        for file in pool.map(read, fields):
            size += len(file or b"")
            if found and size > limit:
                break
            found.append(file)
    return found
