from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from blastlens.cli.patient_stores import read_audit_trail, record_access
from blastlens.cloud.operations.data_stores import DataStores
from blastlens.domain.errors import ServiceFault
from blastlens.domain.patient import PatientId
from tests.aws import REGION

STORES = DataStores("bucket", "results", "examinations", "contents", "reviews", "clinics", "access", "/audit", {})
PATIENT = PatientId("clinic-7", "patient-41")


@pytest.fixture
def logs(monkeypatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield boto3.client("logs", region_name=REGION)


def test_who_exported_or_erased_a_patient_is_in_the_audit_trail(logs):
    logs.create_log_group(logGroupName=STORES.audit_log_group)
    record_access(STORES, PATIENT, "blastlens patient erase")
    record_access(STORES, PatientId("clinic-7", "patient-4"), "blastlens patient export")
    (access,), problem = read_audit_trail(STORES, PATIENT)
    assert (access["action"], access["patient_id"], access["clinic_id"]) == (
        "blastlens patient erase",
        "patient-41",
        "clinic-7",
    )
    assert access["caller"].startswith("arn:") and problem == ""


def test_an_audit_trail_that_cannot_be_read_is_said_in_the_export(logs):
    accesses, problem = read_audit_trail(STORES, PATIENT)
    assert accesses == [] and "audit trail was not readable" in problem


def test_what_cannot_be_recorded_is_not_done(logs):
    with pytest.raises(ServiceFault):
        record_access(STORES, PATIENT, "blastlens patient erase")
