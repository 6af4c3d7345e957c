"""Routes of one examination: answer with its review, and report by FHIR."""

import json

from aws_lambda_powertools.event_handler import Response, content_types

from blastlens.domain.differential import count_cells
from blastlens.domain.examination import SIGNED, Examination
from blastlens.domain.examination_totals import shown_records
from blastlens.domain.fhir_bundle import make_bundle
from blastlens.domain.review import Review
from blastlens.functions.clinician.models.examinations import OpenExamination
from blastlens.functions.clinician.problems import Problem, ProblemKind
from blastlens.functions.clinician.review_views import differential_view, review_view
from blastlens.functions.clinician.routes import EXAMINATION, ClinicianRoutes, ExaminationIdText, PatientId
from blastlens.functions.clinician.views import clinician_view

_FHIR = "application/fhir+json"
_MISSING = (ProblemKind.EXAMINATION_MISSING, ProblemKind.PATIENT_ERASED)


class ExaminationRoutes(ClinicianRoutes):
    """Routes of one examination."""

    def add(self) -> None:
        """Add the routes to the app."""
        self.route("GET", EXAMINATION, self.examination_with_review, problems=_MISSING, has_etag=True)
        self.route(
            "GET", f"{EXAMINATION}/fhir", self.fhir, problems=(*_MISSING, ProblemKind.NOT_SIGNED), media_type=_FHIR
        )

    def examination_with_review(
        self, patient_id: PatientId, examination_id: ExaminationIdText
    ) -> Response[OpenExamination]:
        """Return an examination with its answer, its signatures, its review and its differential.

        The ETag names the revision and the language; If-None-Match with it is answered by 304.
        """
        one, review = self.reviewed(self.identity(patient_id, examination_id))
        self.etag(str(one.revision))
        return self.open_examination(one, review)

    def open_examination(self, one: Examination, review: Review) -> Response[OpenExamination]:
        """Return the response that shows an examination with its review and its differential."""
        shown = shown_records(self.dependencies.results.fields(one.id), one.totals.model.digest)
        view = clinician_view(one, self.catalogue) | {
            "review": review_view(review),
            "differential": differential_view(count_cells(shown, review)),
        }
        answer = OpenExamination.model_validate(view)
        headers = {"ETag": f'"{one.revision}-{self.catalogue.language}"'}
        return Response(200, content_types.APPLICATION_JSON, answer, headers)

    def fhir(self, patient_id: PatientId, examination_id: ExaminationIdText) -> Response[str]:
        """Return the signed report as a FHIR R4 Bundle with its DiagnosticReport.

        Nothing that nobody has signed leaves the page as a report.
        """
        one = self.examination(self.identity(patient_id, examination_id))
        if one.status not in SIGNED:
            raise Problem(ProblemKind.NOT_SIGNED)
        return Response(200, _FHIR, json.dumps(make_bundle([one], self.dependencies.clock())))
