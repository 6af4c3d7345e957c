"""Handler of the report function: reports of examinations as PDF."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self

from blastlens.cloud.audit_trail import AuditTrail
from blastlens.cloud.tables.patient_access import PatientAccessTable
from blastlens.domain.access import Access, Subject
from blastlens.domain.errors import ServiceFault
from blastlens.domain.text_catalogue import Language
from blastlens.functions.access_control import request_id_of
from blastlens.functions.callers import address_of
from blastlens.functions.clinician.problems import Problem, ProblemKind
from blastlens.functions.clinician.requests import InvalidRequest
from blastlens.functions.private_responses import with_private_headers
from blastlens.functions.problem_responses import invalid_response, problem_response
from blastlens.functions.report.documents import typeset_for_clinician, typeset_for_patient
from blastlens.functions.report.requests import ReportRequest, read_report_language, read_request
from blastlens.functions.report.settings import ReportSettings
from blastlens.functions.report.subjects import Subjects
from blastlens.functions.report.typesetting import TypesettingFailed
from blastlens.functions.telemetry import Event, Handler, Telemetry, make_telemetry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Resolved = dict[str, Any]
"""Response of a Lambda function to an HTTP API, payload format 2.0."""


@dataclass(frozen=True)
class ReportDependencies:
    """Clients and settings of the report function.

    Attributes:
        subjects: reads what reports are about.
        access: the table of patients' access.
        trail: the audit trail, which records each access.
        clock: returns the time (UTC).
    """

    subjects: Subjects
    access: PatientAccessTable
    trail: AuditTrail
    clock: Callable[[], datetime]

    @classmethod
    def of_clients(
        cls, settings: ReportSettings, dynamodb: "DynamoDBClient", logs: Any, clock: Callable[[], datetime]
    ) -> Self:
        """Return the dependencies, made from settings and clients."""
        names = (settings.examinations_table, settings.results_table, settings.reviews_table, settings.clinics_table)
        subjects = Subjects.of_client(dynamodb, *names)
        access = PatientAccessTable(dynamodb, settings.access_table)
        return cls(subjects, access, AuditTrail(logs, settings.audit_log_group), clock)


def make_handler(dependencies: ReportDependencies, telemetry: Telemetry | None = None) -> Handler:
    """Return the Lambda handler for requests of an HTTP API, payload format 2.0."""
    reports = Reports(dependencies, telemetry or make_telemetry("report"))

    def handle(event: Event, context: Any) -> Resolved:
        response = reports.respond(event)
        return with_private_headers(response)

    return reports.telemetry.wrap(handle)


@dataclass(frozen=True)
class Reports:
    """Answers requests for reports, and records each before it is answered.

    Attributes:
        dependencies: clients and settings.
        telemetry: log and metrics.
    """

    dependencies: ReportDependencies
    telemetry: Telemetry

    def respond(self, event: Event) -> Resolved:
        """Return the PDF, or a problem."""
        try:
            request = read_request(event, self.dependencies.access, self.dependencies.clock())
        except Problem as problem:
            return problem_response(event, problem)
        except ServiceFault as fault:
            return self._failed(event, fault)
        response = self._answer(event, request)
        try:
            self.dependencies.trail.write([self._access(event, request, int(response["statusCode"]))])
        except ServiceFault as fault:
            self.telemetry.item_failed("audit trail", fault)
            return problem_response(event, Problem(ProblemKind.NOT_RECORDED))
        return response

    def _answer(self, event: Event, request: ReportRequest) -> Resolved:
        try:
            language = read_report_language(event)
            with self.telemetry.stage("Typeset"):
                return _pdf_response(self._typeset(request, language), request)
        except Problem as problem:
            return problem_response(event, problem)
        except InvalidRequest as error:
            return invalid_response(event, error)
        except TypesettingFailed as error:
            self.telemetry.item_failed("report", error)
            return problem_response(event, Problem(ProblemKind.SERVICE_FAILED))
        except ServiceFault as fault:
            return self._failed(event, fault)

    def _typeset(self, request: ReportRequest, language: Language | None) -> bytes:
        subject = self.dependencies.subjects.find(request.identity, with_differential=not request.is_patients)
        # A patient is not told whether there is an examination that nobody has signed.
        if subject is None or (request.is_patients and not subject.examination.history):
            is_erased = self.dependencies.subjects.examinations.is_erased(request.identity)
            is_gone = is_erased and not request.is_patients
            raise Problem(ProblemKind.PATIENT_ERASED if is_gone else ProblemKind.EXAMINATION_MISSING)
        chosen, now = language or subject.clinic.language, self.dependencies.clock()
        typeset = typeset_for_patient if request.is_patients else typeset_for_clinician
        return typeset(subject, chosen, now)

    def _access(self, event: Event, request: ReportRequest, status: int) -> Access:
        identity = request.identity
        return Access(
            at=self.dependencies.clock(),
            caller=request.caller,
            address=address_of(event),
            action=request.route,
            status=status,
            request_id=request_id_of(event),
            subject=Subject(identity.clinic_id, identity.patient_id, identity.examination_id),
        )

    def _failed(self, event: Event, fault: ServiceFault) -> Resolved:
        self.telemetry.item_failed("request", fault)
        kind = ProblemKind.SERVICE_BUSY if fault.can_retry else ProblemKind.SERVICE_FAILED
        return problem_response(event, Problem(kind))


def _pdf_response(pdf: bytes, request: ReportRequest) -> Resolved:
    name = f"report-{request.identity.examination_id}.pdf"
    headers = {"Content-Type": "application/pdf", "Content-Disposition": f'inline; filename="{name}"'}
    return {
        "statusCode": int(HTTPStatus.OK),
        "headers": headers,
        "body": base64.b64encode(pdf).decode(),
        "isBase64Encoded": True,
    }
