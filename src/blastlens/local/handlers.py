"""The Lambda functions, with clients of the embedded services."""

import io
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TextIO, cast

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.metrics import EphemeralMetrics

from blastlens.cloud.audit_trail import AuditTrail
from blastlens.cloud.images import ImageStore
from blastlens.cloud.notifications.clinic_readers import EVERY_CLINIC
from blastlens.cloud.tables.clinics import ClinicsTable
from blastlens.cloud.tables.contents import ContentsTable
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.patient_access import PatientAccessTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.cloud.tables.reviews import ReviewsTable
from blastlens.cloud.upload_queue import UploadQueue
from blastlens.functions import api, classify, examine, notify, reconcile, routes
from blastlens.functions.browser_push import make_browser_push
from blastlens.functions.classification import ClassificationDependencies, Reader
from blastlens.functions.clinician import handler as clinician
from blastlens.functions.clinician.model_card import SHIPPED, ShownPackage
from blastlens.functions.clinician.routes import ClinicianDependencies
from blastlens.functions.clinician.settings import ClinicianSettings
from blastlens.functions.patient_page import handler as patient
from blastlens.functions.patient_page.dependencies import PatientPageDependencies
from blastlens.functions.patient_page.settings import PatientPageSettings
from blastlens.functions.push_settings import PushSettings
from blastlens.functions.report import handler as report
from blastlens.functions.report.handler import ReportDependencies
from blastlens.functions.report.settings import ReportSettings
from blastlens.functions.settings import (
    ApiSettings,
    ClassifySettings,
    ExamineSettings,
    NotifySettings,
    ReconcileSettings,
)
from blastlens.functions.telemetry import SERVICE, Handler, Telemetry
from blastlens.inference.package import shipped_digests
from blastlens.local.clients import LocalClients
from blastlens.local.cloud import MakeFunctions
from blastlens.local.event_sources.invocation import Function
from blastlens.local.stack.deployment import Stack
from blastlens.local.stack.outbox_reader import subscribe_outbox


class _NullStream(io.TextIOBase):
    """The stream of metrics: without CloudWatch nothing reads them from the log."""

    def write(self, text: str) -> int:
        """Discard `text`."""
        return len(text)


def functions_maker(reader: Reader, log_level: str = "INFO") -> MakeFunctions:
    """Return a function that makes the Lambda functions of a stack.

    Args:
        reader: the model, usually an `inference.classifier.Classifier`.
        log_level: level of the functions' log on standard error; INFO has a line for each image.
    """

    def make(stack: Stack, clients: LocalClients) -> Mapping[str, Function]:
        handlers = {
            "ClassifyFunction": _classify(stack, clients, reader, log_level),
            "ExamineFunction": _examine(stack, clients, log_level),
            "ReconcileFunction": _reconcile(stack, clients, log_level),
            "NotifyFunction": _notify(stack, clients, log_level),
            "ApiFunction": _api(stack, clients, log_level),
            "ClinicianFunction": _clinician(stack, clients, log_level),
            "ReportFunction": _report(stack, clients, log_level),
            "PatientFunction": _patient(stack, clients, log_level),
        }
        return {
            name: Function(name, handler, stack.functions[name].timeout_seconds, stack.functions[name].memory_mb)
            for name, handler in handlers.items()
        }

    return make


def _classify(stack: Stack, clients: LocalClients, reader: Reader, log_level: str) -> Handler:
    settings = ClassifySettings.from_environment(stack.functions["ClassifyFunction"].environment)
    dependencies = ClassificationDependencies(
        images=ImageStore(clients.client("s3")),
        results=ResultsTable(clients.client("dynamodb"), settings.results_table),
        contents=ContentsTable(clients.client("dynamodb"), settings.contents_table),
        reader=reader,
        clock=_now,
        retention=settings.retention,
    )
    # The environment's URLs are those that the queues would have in AWS.
    queue = UploadQueue(clients.client("sqs"), stack.resources["UploadQueue"], stack.resources["UploadDeadLetterQueue"])
    telemetry = _telemetry("classify", log_level)
    return classify.make_handler(dependencies, queue, settings.max_receives, telemetry, shipped_digests())


def _examine(stack: Stack, clients: LocalClients, log_level: str) -> Handler:
    here = _with_local_queues(ExamineSettings.from_environment(stack.functions["ExamineFunction"].environment), stack)
    dependencies = examine.ExamineDependencies.of_clients(here, clients.client("dynamodb"), clients.client("sqs"), _now)
    return examine.make_handler(dependencies, _telemetry("examine", log_level))


def _reconcile(stack: Stack, clients: LocalClients, log_level: str) -> Handler:
    settings = ReconcileSettings.from_environment(stack.functions["ReconcileFunction"].environment)
    here = replace(settings, examine=_with_local_queues(settings.examine, stack))
    services = (clients.client("dynamodb"), clients.client("s3"), clients.client("sqs"))
    dependencies = reconcile.ReconcileDependencies.of_clients(here, *services, _now)
    return reconcile.make_handler(dependencies, _telemetry("reconcile", log_level))


def _with_local_queues(settings: ExamineSettings, stack: Stack) -> ExamineSettings:
    """Return settings with the queues' local URLs; the environment's are those that they would have in AWS."""
    settle, uploads = stack.resources["SettleQueue"], stack.resources["UploadQueue"]
    return replace(settings, settle_queue_url=settle, upload_queue_url=uploads)


def _notify(stack: Stack, clients: LocalClients, log_level: str) -> Handler:
    variables = stack.functions["NotifyFunction"].environment
    page = {"PAGE_URL": stack.page_url} if stack.page_url else {}
    settings = NotifySettings.from_environment({**variables, **page})
    sns = clients.client("sns")
    here = replace(settings, email_subscription=subscribe_outbox(stack, clients), email_clinic=EVERY_CLINIC)
    push = PushSettings.from_environment(variables)
    dynamodb = clients.client("dynamodb")
    browser_push = make_browser_push(push, dynamodb, clients.client("kms"))
    dependencies = notify.NotifyDependencies.of_clients(here, dynamodb, sns, _now, browser_push)
    return notify.make_handler(dependencies, _telemetry("notify", log_level))


def _api(stack: Stack, clients: LocalClients, log_level: str) -> Handler:
    settings = ApiSettings.from_environment(stack.functions["ApiFunction"].environment)
    dynamodb = clients.client("dynamodb")
    dependencies = routes.ApiDependencies(
        images=ImageStore(clients.client("s3")),
        results=ResultsTable(dynamodb, settings.results_table),
        examinations=ExaminationsTable(dynamodb, settings.examinations_table),
        bucket=settings.upload_bucket,
        clock=_now,
        trail=AuditTrail(clients.client("logs"), settings.audit_log_group),
    )
    return api.make_handler(dependencies, _telemetry("api", log_level))


def _clinician(stack: Stack, clients: LocalClients, log_level: str) -> Handler:
    settings = ClinicianSettings.from_environment(stack.functions["ClinicianFunction"].environment)
    dynamodb, images = clients.client("dynamodb"), ImageStore(clients.client("s3"))
    dependencies = ClinicianDependencies(
        images=images,
        links=images,
        results=ResultsTable(dynamodb, settings.results_table),
        examinations=ExaminationsTable(dynamodb, settings.examinations_table),
        reviews=ReviewsTable(dynamodb, settings.reviews_table, settings.examinations_table),
        clinics=ClinicsTable(dynamodb, settings.clinics_table),
        access=PatientAccessTable(dynamodb, settings.access_table),
        trail=AuditTrail(clients.client("logs"), settings.audit_log_group),
        bucket=settings.upload_bucket,
        package=ShownPackage.read(SHIPPED),
        stage=settings.stage,
        quiet=settings.quiet,
        clock=_now,
    )
    return clinician.make_handler(dependencies, _telemetry("clinician", log_level))


def _patient(stack: Stack, clients: LocalClients, log_level: str) -> Handler:
    settings = PatientPageSettings.from_environment(stack.functions["PatientFunction"].environment)
    services = (clients.client("dynamodb"), clients.client("logs"), clients.client("kms"))
    return patient.make_handler(
        PatientPageDependencies.of_clients(settings, *services, _now), _telemetry("patient", log_level)
    )


def _report(stack: Stack, clients: LocalClients, log_level: str) -> Handler:
    settings = ReportSettings.from_environment(stack.functions["ReportFunction"].environment)
    dependencies = ReportDependencies.of_clients(settings, clients.client("dynamodb"), clients.client("logs"), _now)
    return report.make_handler(dependencies, _telemetry("report", log_level))


def _telemetry(function: str, log_level: str) -> Telemetry:
    service = f"{SERVICE}.local.{function}"
    return Telemetry(
        # Standard output is for the command's own output.
        logger=Logger(service=service, level=log_level, stream=sys.stderr),
        metrics=EphemeralMetrics(namespace=SERVICE, service=service),
        tracer=Tracer(service=service, auto_patch=False, disabled=True),
        stream=cast(TextIO, _NullStream()),
    )


def _now() -> datetime:
    return datetime.now(UTC)
