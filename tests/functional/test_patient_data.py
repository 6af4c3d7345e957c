"""Erasure, migration and reconciliation in the embedded cloud."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from blastlens.cloud.operations import erasure
from blastlens.domain.errors import InvalidSettings, ServiceUnavailable
from blastlens.domain.record import Audience
from blastlens.domain.upload import Upload
from blastlens.local.clients import REGION
from blastlens.local.demo.sent_notices import sent_notices
from tests.functional.patients import add_clinic, everything, invoke, put, run, settled, tables
from tests.functional.waiting import wait_for
from tests.old_records import mark_told


@pytest.fixture(autouse=True)
def account(cloud, monkeypatch):
    """Point commands to the embedded cloud."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)


@pytest.fixture
def clinic(account) -> str:
    return add_clinic()


@pytest.fixture
def quick(monkeypatch):
    """Shorten the time that an erasure leaves for answers under way: these take milliseconds here."""
    monkeypatch.setattr(erasure, "SETTLE_SECONDS", 1)


def test_a_patient_is_erased_while_fields_arrive(cloud, clinic, quick):
    kept = put(cloud, clinic, "p-40", "e-1", fields=1)
    sent = [put(cloud, clinic, "p-4", "e-1") for _ in range(3)]
    settled(cloud, kept)
    wait_for(lambda: tables(cloud)[1].get(sent[0].examination))
    run("patient", "device", "add", "--clinic", clinic, "--patient", "p-4", "--platform", "gcm", "--token", "t-4")
    stop, late = threading.Event(), list[Upload]()

    def send() -> None:
        while not stop.wait(0.05):
            late.append(put(cloud, clinic, "p-4", f"e-{len(late) % 5}"))

    sender = threading.Thread(target=send)
    sender.start()
    threading.Timer(1.5, stop.set).start()
    try:
        printed = run("patient", "erase", clinic, "p-4", "--yes")
    except ServiceUnavailable as error:
        # On a slow machine the second pass still meets new fields: the command says what to do.
        assert "run the command again" in str(error)
        stop.set()
        sender.join()
        printed = run("patient", "erase", clinic, "p-4", "--yes")
    finally:
        stop.set()
        sender.join()
    assert late and "is erased" in printed and "Second pass:" in printed
    time.sleep(1)  # what S3 announced late is read by now
    assert f"{clinic}/p-4/" not in everything(cloud)
    assert tables(cloud)[1].of_patient(clinic, "p-4") == []
    assert tables(cloud)[1].get(kept.examination) is not None
    assert run("patient", "device", "list", "--clinic", clinic, "--patient", "p-4") == ""


def test_an_erasure_asks_for_the_id_and_says_what_remains_and_until_when(cloud, clinic, quick):
    settled(cloud, put(cloud, clinic, "p-5"))
    refused = invoke("patient", "erase", clinic, "p-5", typed="p-6\n")
    assert refused.exit_code == 2 and "Nothing was erased" in refused.output
    assert f"{clinic}/p-5/" in everything(cloud)
    printed = run("patient", "erase", clinic, "p-5", typed="p-5\n")
    recovery = f"{datetime.now(UTC) + timedelta(days=35):%Y-%m-%d} (35 days)"
    assert recovery in printed and "tombstone" in printed and "e-mails" in printed
    assert f"{clinic}/p-5/" not in everything(cloud)
    assert "blastlens patient erase" in run("audit-trail", "--patient", f"{clinic}/p-5")
    again = run("patient", "erase", clinic, "p-5", "--yes")
    assert "First pass: nothing erased." in again and "Second pass: nothing erased." in again


def test_nobody_is_erased_by_a_mistyped_id(cloud, clinic):
    with pytest.raises(InvalidSettings, match="Nothing is stored of patient p-404"):
        run("patient", "erase", clinic, "p-404", "--yes")
    assert not tables(cloud)[1].is_erased(Upload(clinic, "p-404", "u", "png").examination)


def test_an_image_after_the_erasure_is_not_read_until_the_patient_is_readmitted(cloud, clinic, quick, monkeypatch):
    put(cloud, clinic, "p-7")
    run("patient", "erase", clinic, "p-7", "--yes")
    with pytest.raises(InvalidSettings, match="patient readmit"):
        run("patient", "device", "add", "--clinic", clinic, "--patient", "p-7", "--platform", "gcm", "--token", "t")
    late = put(cloud, clinic, "p-7")
    time.sleep(1)
    assert tables(cloud)[0].fields(late.examination) == []
    monkeypatch.setattr("blastlens.cloud.operations.reconciliation.PATIENCE", timedelta())
    assert "image of an erased patient" in run("reconcile")
    assert "read again" in run("patient", "readmit", clinic, "p-7")
    assert "there is nothing to do" in run("patient", "readmit", clinic, "p-7")
    run("reconcile", "--repair")
    wait_for(lambda: tables(cloud)[0].fields(late.examination))


def notices_of(cloud, identity):
    """Return how many notices the clinic got about an examination; other tests' may still be on their way."""
    sent = sent_notices(cloud.stack.resources["ClinicTopic"])
    return sum(one.attributes.get("examination_id") == identity.examination_id for one in sent)


def test_a_migration_writes_examinations_once_and_notifies_nobody(cloud, clinic):
    sent = put(cloud, clinic, "p-8")
    stored = settled(cloud, sent)
    # The result, and that the patient has no device to tell: what is still on its way would be counted below.
    wait_for(lambda: notices_of(cloud, stored.id) == 2)
    dynamodb = cloud.clients.client("dynamodb")
    key = {"patient": {"S": stored.id.patient}, "examination": {"S": stored.id.examination_id}}
    results, examinations = tables(cloud)
    # As a stack before examinations had it: the record knows that its clinic was told.
    mark_told(dynamodb, results.name, results.fields(sent.examination)[0].id, Audience.CLINIC, datetime.now(UTC))
    dynamodb.delete_item(TableName=examinations.name, Key=key)
    assert "Examinations to be written: 1, of which signed: 0." in run("migrate")
    assert examinations.get(sent.examination) is None
    assert "Examinations written: 1," in run("migrate", "--apply")
    migrated = examinations.get(sent.examination)
    assert migrated is not None and migrated.migrated and migrated.told[Audience.CLINIC]
    assert "Examinations written: 0," in run("migrate", "--apply")
    time.sleep(1)
    assert notices_of(cloud, stored.id) == 2


def test_reconcile_repairs_an_image_that_was_never_announced(cloud, clinic, monkeypatch):
    settled(cloud, put(cloud, clinic, "p-9"))
    monkeypatch.setattr("blastlens.cloud.operations.reconciliation.PATIENCE", timedelta())
    sent = put(cloud, clinic, "p-9", "e-9", fields=1)
    (record,) = wait_for(lambda: tables(cloud)[0].fields(sent.examination))
    cloud.clients.client("dynamodb").delete_item(
        TableName=tables(cloud)[0].name, Key={"upload": {"S": record.id.upload}, "reading": {"S": record.id.reading}}
    )
    found = [json.loads(line) for line in run("reconcile", "--json").splitlines() if "p-9" in line]
    assert [one["kind"] for one in found] == ["unread"]
    assert "asked for. In an hour, look again:" in run("reconcile", "--repair")
    wait_for(lambda: tables(cloud)[0].fields(sent.examination))


def test_the_nightly_function_runs_in_the_embedded_cloud(cloud):
    answer = cloud.functions["ReconcileFunction"].invoke({"source": "aws.events"})
    assert set(answer.payload) == {"Repaired", "Unrepaired"}
