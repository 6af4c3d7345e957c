from datetime import timedelta
from pathlib import Path

import pytest

from blastlens.domain.errors import InvalidSettings
from blastlens.domain.notification_plan import PatientDetail, PatientRelease, PatientSettings
from blastlens.domain.retention import Retention
from blastlens.domain.text_catalogue import Language
from blastlens.functions.settings import (
    ApiSettings,
    ClassifySettings,
    ExamineSettings,
    NotifySettings,
    ReconcileSettings,
)

TOPIC = "arn:aws:sns:eu-central-1:123456789012:clinic"
REPORTS = "arn:aws:sns:eu-central-1:123456789012:reports"
NOTIFY = {
    "EXAMINATIONS_TABLE": "examinations",
    "CLINICS_TABLE": "clinics",
    "CLINIC_TOPIC_ARN": TOPIC,
    "REPORT_TOPIC_ARN": REPORTS,
    "CLINIC_EMAIL_SUBSCRIPTION": f"{TOPIC}:subscription",
    "CLINIC_EMAIL_READS_FOR": "*",
    "RESULT_PAGE_URL": "https://results.example/",
    "NOTICE_LANGUAGE": "de",
    "STAGE": "prod",
    "PATIENT_RELEASE": "after-sign-off",
    "PATIENT_DETAIL": "minimal",
    "PATIENT_SMS": "yes",
}
CLASSIFY = {
    "RESULTS_TABLE": "results",
    "CONTENTS_TABLE": "contents",
    "UPLOAD_QUEUE_URL": "https://queue.example/uploads",
    "UPLOAD_DEAD_LETTER_QUEUE_URL": "https://queue.example/dead",
    "UPLOAD_MAX_RECEIVES": "5",
}
EXAMINE = {
    "RESULTS_TABLE": "results",
    "EXAMINATIONS_TABLE": "examinations",
    "REVIEWS_TABLE": "reviews",
    "SETTLE_QUEUE_URL": "https://queue.example/settle",
    "UPLOAD_QUEUE_URL": "https://queue.example/uploads",
    "QUIET_SECONDS": "180",
}
RECONCILE = EXAMINE | {"UPLOAD_BUCKET": "smears", "STAGE": "prod", "PATIENT_RELEASE": "after-sign-off"}
API = {
    "RESULTS_TABLE": "results",
    "EXAMINATIONS_TABLE": "examinations",
    "UPLOAD_BUCKET": "smears",
    "AUDIT_LOG_GROUP": "/audit",
}


@pytest.mark.parametrize(
    ("megabytes", "threads"), [("128", 1), ("1024", 1), ("1769", 1), ("3538", 2), ("4000", 2), ("10240", 6)]
)
def test_inference_has_as_many_threads_as_processors_are_paid_for(megabytes: str, threads: int):
    settings = ClassifySettings.from_environment(CLASSIFY | {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": megabytes})
    queues = ("https://queue.example/uploads", "https://queue.example/dead")
    assert settings == ClassifySettings("results", "contents", None, threads, *queues, max_receives=5)


@pytest.mark.parametrize("megabytes", ["", "0", "-1", "1.5", "much", "²"])
def test_a_memory_size_that_is_none_is_refused_by_name(megabytes: str):
    with pytest.raises(InvalidSettings, match="AWS_LAMBDA_FUNCTION_MEMORY_SIZE"):
        ClassifySettings.from_environment(CLASSIFY | {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": megabytes})


@pytest.mark.parametrize(("images", "records"), [("0", "0"), ("365", "0"), ("365", "3650")])
def test_images_and_records_are_kept_for_as_many_days_as_the_template_says(images: str, records: str):
    given = CLASSIFY | {"KEEP_IMAGES_DAYS": images, "KEEP_RECORDS_DAYS": records}
    assert ClassifySettings.from_environment(given).retention == Retention(int(images), int(records))


@pytest.mark.parametrize("days", ["-1", "1.5", "forever", ""])
def test_a_number_of_days_that_is_none_is_refused_by_name(days: str):
    with pytest.raises(InvalidSettings, match="KEEP_RECORDS_DAYS"):
        ClassifySettings.from_environment(CLASSIFY | {"KEEP_RECORDS_DAYS": days})


def test_outside_of_lambda_inference_has_one_thread():
    assert ClassifySettings.from_environment(CLASSIFY).threads == 1


def test_another_model_package_may_be_named():
    settings = ClassifySettings.from_environment(CLASSIFY | {"MODEL_PACKAGE": "/opt/model"})
    assert settings.model_package == Path("/opt/model")


def test_settings_of_the_notify_function():
    patients = PatientSettings(PatientRelease.AFTER_SIGN_OFF, PatientDetail.MINIMAL, sms=True)
    assert NotifySettings.from_environment(NOTIFY) == NotifySettings(
        "examinations",
        "clinics",
        TOPIC,
        REPORTS,
        f"{TOPIC}:subscription",
        "*",
        "https://results.example/",
        Language.GERMAN,
        patients,
    )


def test_a_deployment_without_an_address_for_clinics_has_no_subscription_of_one():
    assert NotifySettings.from_environment(NOTIFY | {"CLINIC_EMAIL_SUBSCRIPTION": "none"}).email_subscription == ""


def test_settings_of_the_examine_function():
    queues = ("https://queue.example/settle", "https://queue.example/uploads")
    assert ExamineSettings.from_environment(EXAMINE) == ExamineSettings(
        "results", "examinations", "reviews", *queues, timedelta(seconds=180)
    )


def test_settings_of_the_reconcile_function():
    examine = ExamineSettings.from_environment(EXAMINE)
    expected = ReconcileSettings("smears", examine, PatientRelease.AFTER_SIGN_OFF)
    assert ReconcileSettings.from_environment(RECONCILE) == expected
    kept = ReconcileSettings.from_environment(RECONCILE | {"KEEP_IMAGES_DAYS": "30", "KEEP_RECORDS_DAYS": "90"})
    assert kept.retention.deletes_records and not expected.retention.deletes_records


def test_a_quiet_time_that_no_message_can_be_delayed_for_is_refused():
    with pytest.raises(InvalidSettings, match="901, more than 900"):
        ExamineSettings.from_environment(EXAMINE | {"QUIET_SECONDS": "901"})


def test_settings_of_the_api_function():
    assert ApiSettings.from_environment(API) == ApiSettings("results", "examinations", "smears", "/audit")


@pytest.mark.parametrize(
    ("kind", "complete", "name"),
    [
        *((ClassifySettings, CLASSIFY, name) for name in CLASSIFY),
        *((ExamineSettings, EXAMINE, name) for name in EXAMINE),
        *((ReconcileSettings, RECONCILE, name) for name in RECONCILE),
        *((NotifySettings, NOTIFY, name) for name in NOTIFY),
        *((ApiSettings, API, name) for name in API),
    ],
)
@pytest.mark.parametrize("how", ["missing", "empty"])
def test_what_is_not_set_is_refused_by_name(kind, complete: dict[str, str], name: str, how: str):
    given = {key: value for key, value in complete.items() if key != name} | ({name: ""} if how == "empty" else {})
    with pytest.raises(InvalidSettings, match=f"{name} is not set"):
        kind.from_environment(given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLINIC_TOPIC_ARN", "clinic"),
        ("REPORT_TOPIC_ARN", "reports"),
        ("CLINIC_TOPIC_ARN", "arn:aws:sqs:eu-central-1:123456789012:queue"),
        ("NOTICE_LANGUAGE", "fr"),
        ("PATIENT_RELEASE", "after"),
        ("PATIENT_DETAIL", "full"),
        ("PATIENT_SMS", "true"),
        ("RESULT_PAGE_URL", "javascript:alert(1)"),
        ("RESULT_PAGE_URL", "https://results.example/app#/"),
    ],
)
def test_what_is_set_wrongly_is_refused_by_name(name: str, value: str):
    with pytest.raises(InvalidSettings, match=name):
        NotifySettings.from_environment(NOTIFY | {name: value})


@pytest.mark.parametrize("stage", ["dev", "test"])
def test_a_trial_stage_may_notify_patients_before_a_sign_off(stage: str):
    settings = NotifySettings.from_environment(NOTIFY | {"PATIENT_RELEASE": "automatic", "STAGE": stage})
    assert settings.patients.release is PatientRelease.AUTOMATIC


@pytest.mark.parametrize("stage", ["prod", "staging", "dev2", "test1"])
def test_no_other_stage_may_notify_patients_before_a_sign_off(stage: str):
    with pytest.raises(InvalidSettings, match=f"PATIENT_RELEASE is 'automatic' in the stage '{stage}'"):
        NotifySettings.from_environment(NOTIFY | {"PATIENT_RELEASE": "automatic", "STAGE": stage})


def test_a_deployment_without_a_page_has_no_link():
    assert NotifySettings.from_environment(NOTIFY | {"RESULT_PAGE_URL": "none"}).result_page_url is None


def test_notices_link_to_the_page_of_the_deployment_by_default():
    own = NOTIFY | {"RESULT_PAGE_URL": "page", "PAGE_URL": "https://page.example/"}
    assert NotifySettings.from_environment(own).result_page_url == "https://page.example/"


def test_without_an_argument_the_processs_own_environment_is_read(monkeypatch: pytest.MonkeyPatch):
    for name, value in API.items():
        monkeypatch.setenv(name, value)
    assert ApiSettings.from_environment() == ApiSettings("results", "examinations", "smears", "/audit")
