"""Settings of each function, read from its environment variables."""

import os
import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Self, TypeVar

from blastlens.domain.errors import InvalidSettings
from blastlens.domain.notification_plan import TRIAL_STAGES, PatientDetail, PatientRelease, PatientSettings
from blastlens.domain.retention import KEEP_EVERYTHING, Retention
from blastlens.domain.text_catalogue import Language
from blastlens.functions.environment_settings import Environment, environment_reader

MEGABYTES_PER_VCPU = 1769
"""Memory for which Lambda provides one vCPU; more cores may be visible."""

_MAX_QUIET_SECONDS = 900  # the longest delay of a message in SQS
_TOPIC = re.compile(r"arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}")
_PAGE = re.compile(r"none|page|https?://[^\s#?]+")

Choice = TypeVar("Choice", bound=StrEnum)


class _YesOrNo(StrEnum):
    YES = "yes"
    NO = "no"


def metrics_namespace(default: str, environment: Environment | None = None) -> str:
    """Return the CloudWatch namespace of a function's metrics.

    Returns `default` if the environment has none.
    """
    given = os.environ if environment is None else environment
    return given.get("POWERTOOLS_METRICS_NAMESPACE") or default


@dataclass(frozen=True)
class ClassifySettings:
    """Settings of the classify function.

    Attributes:
        results_table: name of the results table.
        contents_table: name of the table of images' contents.
        model_package: folder of the model package; None for the shipped one.
        threads: how many threads inference may use.
        queue_url: the upload queue.
        dead_letter_url: its dead-letter queue.
        max_receives: how often a message is received at most, `maxReceiveCount` of the queue's redrive policy.
        retention: how long images and records are kept.
    """

    results_table: str
    contents_table: str
    model_package: Path | None
    threads: int
    queue_url: str
    dead_letter_url: str
    max_receives: int
    retention: Retention = KEEP_EVERYTHING

    @classmethod
    def from_environment(cls, environment: Environment | None = None) -> Self:
        """Read the settings from `environment`, by default from the process's own.

        Raises:
            InvalidSettings: a variable is missing or wrong; the message names it.
        """
        given = os.environ if environment is None else environment
        package = given.get("MODEL_PACKAGE", "")
        return cls(
            results_table=_text(given, "RESULTS_TABLE"),
            contents_table=_text(given, "CONTENTS_TABLE"),
            model_package=Path(package) if package else None,
            threads=_threads(given),
            queue_url=_text(given, "UPLOAD_QUEUE_URL"),
            dead_letter_url=_text(given, "UPLOAD_DEAD_LETTER_QUEUE_URL"),
            max_receives=_number(given, "UPLOAD_MAX_RECEIVES", "a number of tries"),
            retention=_retention(given),
        )


@dataclass(frozen=True)
class ExamineSettings:
    """Settings of the examine function.

    Attributes:
        results_table: name of the results table.
        examinations_table: name of the table of examinations.
        reviews_table: name of the table of reviews.
        settle_queue_url: queue of delayed messages.
        upload_queue_url: queue of images to read.
        quiet: after how long without a new field an examination settles; at most 15 minutes.
    """

    results_table: str
    examinations_table: str
    reviews_table: str
    settle_queue_url: str
    upload_queue_url: str
    quiet: timedelta

    @classmethod
    def from_environment(cls, environment: Environment | None = None) -> Self:
        """Read the settings from `environment`, by default from the process's own.

        Raises:
            InvalidSettings: a variable is missing or wrong; the message names it.
        """
        given = os.environ if environment is None else environment
        quiet = _number(given, "QUIET_SECONDS", "a number of seconds")
        if quiet > _MAX_QUIET_SECONDS:
            raise InvalidSettings(f"the environment variable QUIET_SECONDS is {quiet}, more than {_MAX_QUIET_SECONDS}")
        return cls(
            results_table=_text(given, "RESULTS_TABLE"),
            examinations_table=_text(given, "EXAMINATIONS_TABLE"),
            reviews_table=_text(given, "REVIEWS_TABLE"),
            settle_queue_url=_text(given, "SETTLE_QUEUE_URL"),
            upload_queue_url=_text(given, "UPLOAD_QUEUE_URL"),
            quiet=timedelta(seconds=quiet),
        )


@dataclass(frozen=True)
class ReconcileSettings:
    """Settings of the reconcile function.

    Attributes:
        bucket: the upload bucket.
        examine: settings of the examine function, whose tables and queues are compared and written to.
        release: when patients are notified.
        retention: how long images and records are kept.
    """

    bucket: str
    examine: ExamineSettings
    release: PatientRelease
    retention: Retention = KEEP_EVERYTHING

    @classmethod
    def from_environment(cls, environment: Environment | None = None) -> Self:
        """Read the settings from `environment`, by default from the process's own.

        Raises:
            InvalidSettings: a variable is missing or wrong; the message names it.
        """
        given = os.environ if environment is None else environment
        return cls(
            _text(given, "UPLOAD_BUCKET"), ExamineSettings.from_environment(given), _release(given), _retention(given)
        )


@dataclass(frozen=True)
class NotifySettings:
    """Settings of the notify function.

    Attributes:
        examinations_table: name of the table of examinations.
        clinics_table: name of the table of clinics and phones.
        clinic_topic_arn: the first topic for clinics.
        report_topic_arn: the topic of signed reports.
        email_subscription: subscription of the template's address for clinics; empty if it has none.
        email_clinic: the clinic that this address reads for; `*` for every one.
        result_page_url: page on which a clinician opens examinations, by default the deployment's own; None for none.
        language: for clinics that are not in the table.
        patients: when and how patients are notified.
    """

    examinations_table: str
    clinics_table: str
    clinic_topic_arn: str
    report_topic_arn: str
    email_subscription: str
    email_clinic: str
    result_page_url: str | None
    language: Language
    patients: PatientSettings

    @classmethod
    def from_environment(cls, environment: Environment | None = None) -> Self:
        """Read the settings from `environment`, by default from the process's own.

        Raises:
            InvalidSettings: a variable is missing or wrong; the message names it.
        """
        given = os.environ if environment is None else environment
        return cls(
            _text(given, "EXAMINATIONS_TABLE"),
            _text(given, "CLINICS_TABLE"),
            _text(given, "CLINIC_TOPIC_ARN", _TOPIC, "the ARN of an SNS topic"),
            _text(given, "REPORT_TOPIC_ARN", _TOPIC, "the ARN of an SNS topic"),
            _subscription(given),
            _text(given, "CLINIC_EMAIL_READS_FOR"),
            _page(given),
            _one_of(given, "NOTICE_LANGUAGE", Language),
            PatientSettings(
                _release(given),
                _one_of(given, "PATIENT_DETAIL", PatientDetail),
                _one_of(given, "PATIENT_SMS", _YesOrNo) is _YesOrNo.YES,
            ),
        )


@dataclass(frozen=True)
class ApiSettings:
    """Settings of the api function.

    Attributes:
        results_table: name of the results table.
        examinations_table: name of the table of examinations.
        upload_bucket: the upload bucket.
        audit_log_group: log group of the audit trail.
    """

    results_table: str
    examinations_table: str
    upload_bucket: str
    audit_log_group: str

    @classmethod
    def from_environment(cls, environment: Environment | None = None) -> Self:
        """Read the settings from `environment`, by default from the process's own.

        Raises:
            InvalidSettings: a variable is missing; the message names it.
        """
        given = os.environ if environment is None else environment
        names = ("RESULTS_TABLE", "EXAMINATIONS_TABLE", "UPLOAD_BUCKET", "AUDIT_LOG_GROUP")
        return cls(*(_text(given, name) for name in names))


def _text(given: Environment, name: str, form: re.Pattern[str] | None = None, expected: str = "") -> str:
    value = environment_reader(given).text(name)
    if form is not None and form.fullmatch(value) is None:
        raise InvalidSettings(f"the environment variable {name} is {value!r}, not {expected}")
    return value


def _page(given: Environment) -> str | None:
    value = _text(given, "RESULT_PAGE_URL", _PAGE, "'page', 'none', or an http or https address without '?' and '#'")
    if value == "page":
        return _text(given, "PAGE_URL")
    return None if value == "none" else value


def _subscription(given: Environment) -> str:
    value = _text(given, "CLINIC_EMAIL_SUBSCRIPTION")
    return "" if value == "none" else value


def _one_of(given: Environment, name: str, choices: type[Choice]) -> Choice:
    value = _text(given, name)
    try:
        return choices(value)
    except ValueError:
        raise InvalidSettings(
            f"the environment variable {name} is {value!r}, not one of {', '.join(choices)}"
        ) from None


def _release(given: Environment) -> PatientRelease:
    release, stage = _one_of(given, "PATIENT_RELEASE", PatientRelease), _text(given, "STAGE")
    if release is PatientRelease.AUTOMATIC and stage not in TRIAL_STAGES:
        raise InvalidSettings(
            f"the environment variable PATIENT_RELEASE is 'automatic' in the stage {stage!r}: patients are notified of "
            f"results that nobody has signed in {' and '.join(TRIAL_STAGES)} only"
        )
    return release


def _threads(given: Environment) -> int:
    name = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"
    megabytes = _number(given, name, "a number of megabytes") if name in given else MEGABYTES_PER_VCPU
    return max(1, round(megabytes / MEGABYTES_PER_VCPU))


def _retention(given: Environment) -> Retention:
    return Retention(_days(given, "KEEP_IMAGES_DAYS"), _days(given, "KEEP_RECORDS_DAYS"))


def _days(given: Environment, name: str) -> int:
    """Return a number of days, 0 for none, which is also the default."""
    return 0 if given.get(name, "0") == "0" else _number(given, name, "a number of days")


def _number(given: Environment, name: str, expected: str) -> int:
    value = _text(given, name)
    if not (value.isascii() and value.isdecimal() and int(value) > 0):
        raise InvalidSettings(f"the environment variable {name} is {value!r}, not {expected}")
    return int(value)
