"""Reading of what a report is about: examination, clinic and differential."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from blastlens.cloud.tables.clinics import ClinicsTable
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.cloud.tables.reviews import ReviewsTable
from blastlens.domain.differential import Differential, count_cells
from blastlens.domain.examination import Examination
from blastlens.domain.examination_totals import shown_records, total_fields
from blastlens.domain.review import fold_events
from blastlens.domain.upload import ExaminationId
from blastlens.functions.report.clinician_content import Subject
from blastlens.functions.report.letterhead import unknown_clinic

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Subjects:
    """Reads subjects of reports from the tables.

    Every method raises ServiceFault if DynamoDB refuses, and ServiceUnavailable where a retry may help.

    Attributes:
        examinations: the table of examinations.
        results: the table of field records.
        reviews: the table of reviews.
        clinics: the table of clinics.
    """

    examinations: ExaminationsTable
    results: ResultsTable
    reviews: ReviewsTable
    clinics: ClinicsTable

    @classmethod
    def of_client(cls, client: "DynamoDBClient", examinations: str, results: str, reviews: str, clinics: str) -> Self:
        """Return a reader of the tables of these names."""
        return cls(
            ExaminationsTable(client, examinations),
            ResultsTable(client, results),
            ReviewsTable(client, reviews, examinations),
            ClinicsTable(client, clinics),
        )

    def find(self, identity: ExaminationId, with_differential: bool = True) -> Subject | None:
        """Return the subject of a report; None if there is no such examination.

        Args:
            identity: the examination.
            with_differential: whether to read its fields and its review, which a patient's report does not need.
        """
        examination = self.examinations.get(identity)
        if examination is None:
            return None
        clinic = self.clinics.get(identity.clinic_id) or unknown_clinic(identity.clinic_id)
        return Subject(examination, clinic, self._differential(examination) if with_differential else None)

    def _differential(self, examination: Examination) -> Differential | None:
        """Return the white cells by class; None where they are not those of the answer.

        Fields that arrived or changed in between, and are not computed yet, would give another differential than the
        examination that stands above it. Older records do not count kinds.
        """
        records, digest = self.results.fields(examination.id), examination.totals.model.digest
        if not records:
            return None
        review = fold_events(self.reviews.of(examination.id))
        if total_fields(records, digest, review.excluded).totals.basis != examination.totals.basis:
            return None
        shown = shown_records(records, digest)
        has_kinds = any(one.result.answer.field is not None and one.result.answer.field.kinds for one in shown)
        return count_cells(shown, review) if has_kinds else None
