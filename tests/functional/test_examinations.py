"""Odd examinations from the upload to the notices, in memory."""

import io
import threading
import time
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from blastlens.cloud.tables.attributes import to_dynamodb
from blastlens.cloud.tables.items import item_of
from blastlens.domain.errors import Reason
from blastlens.domain.examination import Examination, ExaminationStatus, Meaning
from blastlens.domain.notification_plan import PatientRelease
from blastlens.domain.record import Audience
from blastlens.domain.signature import Conclusion, SignatureKind
from blastlens.domain.upload import ExaminationId, Upload, parse_key
from blastlens.functions import examine
from blastlens.functions.telemetry import make_telemetry
from blastlens.imaging.overlay import encode_png
from tests.answers import field_record
from tests.aws import TABLE
from tests.functional.faults import examinations, notices
from tests.functional.faults.fields import DECLARED
from tests.functional.faults.scenario import Scenario
from tests.functional.faults.tally import Tally
from tests.measured_memory import peak_bytes

LEUKEMIA, BENIGN, COMPLETE = 90, 60, DECLARED[1]
YEAR = timedelta(days=365)


@pytest.fixture
def scenario() -> Scenario:
    one = Scenario(Tally())
    one.world.release = PatientRelease.AFTER_SIGN_OFF
    one.world.start()
    return one


def send(scenario: Scenario, key: str, shade: int = LEUKEMIA, **declared: str) -> None:
    """Upload an image of a shade, of which no two are alike."""
    pixels = np.full((64, 64, 3), shade, np.uint8)
    pixels[0, :3] = np.array([[len(scenario.versions) % 256], [len(scenario.versions) // 256], [1]])
    scenario.upload_data(key, encode_png(pixels), declared={name.replace("_", "-"): x for name, x in declared.items()})


def stored(scenario: Scenario, key: str) -> Examination:
    one = scenario.world.examinations.get(parse_key(key).examination)
    assert one is not None
    return one


def meanings(one: Examination, audience: Audience = Audience.CLINIC) -> list[Meaning]:
    return [told.meaning for told in one.told.get(audience, ())]


def check(scenario: Scenario) -> None:
    """Check what holds of every examination."""
    examinations.check_settled(scenario.world, scenario.digests)
    notices.check_notices(scenario.world)


def test_fields_of_two_patients_under_one_examination_id_are_two_examinations(scenario):
    keys = [f"uploads/clinic-7/{patient}/smear/{n}.png" for patient in ("patient-1", "patient-2") for n in (1, 2)]
    for key, shade in zip(keys, (LEUKEMIA, LEUKEMIA, BENIGN, BENIGN), strict=True):
        send(scenario, key, shade)
    scenario.settle()
    first, second = stored(scenario, keys[0]), stored(scenario, keys[2])
    assert [one.totals.fields for one in (first, second)] == [2, 2]
    assert [meanings(one) for one in (first, second)] == [[Meaning.LEUKEMIA], [Meaning.HARMLESS]]
    check(scenario)


def test_a_field_that_comes_a_year_late_changes_an_answer_and_the_clinic_is_told_what_it_replaces(scenario):
    keys = [f"uploads/clinic-7/patient-1/smear/{n}.png" for n in (1, 2, 3)]
    for key in keys[:2]:
        send(scenario, key, BENIGN)
    scenario.settle()
    scenario.world.sleep(YEAR.total_seconds())
    send(scenario, keys[2], LEUKEMIA)
    scenario.settle()
    one = stored(scenario, keys[0])
    assert (one.status, meanings(one)) == (ExaminationStatus.READY, [Meaning.HARMLESS, Meaning.UNCERTAIN])
    assert meanings(one, Audience.PATIENT) == []
    check(scenario)


def test_of_a_field_that_comes_a_year_after_the_signature_the_clinic_is_told_once_and_the_patient_never(scenario):
    keys = [f"uploads/clinic-7/patient-1/smear/{n}.png" for n in (1, 2, 3, 4)]
    for key in keys[:2]:
        send(scenario, key, BENIGN)
    scenario.settle()
    scenario.clinicians.look()
    scenario.clinicians.sign(0, SignatureKind.ACCEPT, Conclusion.BENIGN)
    scenario.settle()
    scenario.world.sleep(YEAR.total_seconds())
    for key in keys[2:]:
        send(scenario, key, LEUKEMIA)
        scenario.settle()
    one = stored(scenario, keys[0])
    assert (one.status, one.totals.fields) == (ExaminationStatus.SIGNED, 4)
    assert meanings(one) == [Meaning.HARMLESS, Meaning.LATE_FIELD]
    assert meanings(one, Audience.PATIENT) == [Meaning.HARMLESS]
    check(scenario)


def test_an_examination_of_rejected_fields_only_is_insufficient_and_the_clinic_is_told_once(scenario):
    keys = [f"uploads/clinic-7/patient-1/smear/{n}.png" for n in (1, 2, 3)]
    for number, key in enumerate(keys):
        scenario.upload_data(key, b"no image" * number)
    scenario.settle()
    one = stored(scenario, keys[0])
    assert (one.status, one.totals.fields_read) == (ExaminationStatus.INSUFFICIENT, 0)
    assert sum(one.totals.fields_rejected.values()) == 3
    assert meanings(one) == [Meaning.INSUFFICIENT]
    check(scenario)


def test_ids_of_64_characters_pass_from_the_key_to_every_notice(scenario):
    clinic, patient, smear, field = ("A" * 64, "-" * 64, "_" * 64, "9" * 64)
    key = f"uploads/{clinic}/{patient}/{smear}/{field}.png"
    send(scenario, key)
    send(scenario, key.replace(field, "8" * 64), examination_complete="true")
    scenario.settle()
    scenario.clinicians.look()
    scenario.clinicians.sign(0, SignatureKind.ACCEPT, Conclusion.PRE_B)
    scenario.settle()
    one = stored(scenario, key)
    assert one.id == ExaminationId(clinic, patient, smear)
    assert [meanings(one, audience) for audience in Audience] == [[Meaning.LEUKEMIA]] * 3
    named = {attributes["examination_id"] for _, attributes in scenario.world.cloud.given()}
    assert named == {smear}
    check(scenario)


def test_an_id_of_65_characters_is_kept_for_the_operator_and_no_examination(scenario):
    scenario.upload_data(f"uploads/clinic-7/patient-1/{'s' * 65}/1.png", b"smear")
    scenario.settle()
    assert list(scenario.world.examinations.all()) == []
    assert [item["reason"]["S"] for item in scenario.world.items()] == [str(Reason.INVALID_KEY)]
    assert scenario.world.cloud.given() == []


def test_a_mark_on_the_first_field_settles_early_and_the_fields_after_it_count_without_a_second_notice(scenario):
    keys = [f"uploads/clinic-7/patient-1/smear/{n}.png" for n in (1, 2, 3)]
    send(scenario, keys[0], examination_complete="true", examination_fields="1")
    scenario.settle()
    assert stored(scenario, keys[0]).status is ExaminationStatus.INSUFFICIENT
    for key in keys[1:]:
        send(scenario, key)
    scenario.settle()
    send(scenario, keys[2])
    scenario.settle()
    one = stored(scenario, keys[0])
    assert (one.status, one.totals.fields) == (ExaminationStatus.READY, 3)
    assert meanings(one) == [Meaning.INSUFFICIENT, Meaning.LEUKEMIA]
    check(scenario)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_microscope_whose_clock_is_off_by_a_day_settles_as_any_other(scenario, days):
    keys = [f"uploads/clinic-7/patient-1/smear/{n}.png" for n in (1, 2)]
    for key in keys:
        taken_at = (scenario.world.now + timedelta(days=days)).isoformat()
        send(scenario, key, taken_at=taken_at)
    scenario.settle()
    one = stored(scenario, keys[0])
    assert (one.status, meanings(one)) == (ExaminationStatus.READY, [Meaning.LEUKEMIA])
    # A time after the upload cannot be right, and is not used.
    assert one.totals.last_taken_at <= one.totals.uploaded_at
    check(scenario)


@pytest.mark.parametrize("hours", [-24, 24])
def test_a_function_whose_clock_is_off_by_a_day_settles_at_once_or_reminds_itself_until_it_is_time(scenario, hours):
    keys = [f"uploads/clinic-7/patient-1/smear/{n}.png" for n in (1, 2)]
    for key in keys:
        send(scenario, key)
    world = scenario.world
    world.pump_uploads()
    parts = replace(world.examining, clock=lambda: world.clock() + timedelta(hours=hours))
    function = world._function(examine.make_handler(parts, make_telemetry("examine", io.StringIO())))
    replace(world.field_pump, function=function).pump_once(threading.Event())
    expected = ExaminationStatus.READY if hours > 0 else ExaminationStatus.OPEN
    assert stored(scenario, keys[0]).status is expected
    scenario.settle()
    one = stored(scenario, keys[0])
    assert (one.status, meanings(one)) == (ExaminationStatus.READY, [Meaning.LEUKEMIA])
    check(scenario)


def test_5000_fields_of_one_examination_are_computed_in_bounded_time_and_memory(scenario):
    world, smear = scenario.world, ExaminationId("clinic-7", "patient-1", "smear")
    item = to_dynamodb(item_of(field_record(examination=smear).result))
    for number in range(5000):
        key = Upload(smear.clinic_id, smear.patient_id, f"field-{number:04}", "png", smear.examination_id).key
        change = {"reading": f"field-{number:04}#v1#{item['model']['M']['digest']['S']}", "object_key": key}
        world.cloud.tables.put_item(TableName=TABLE, Item=item | to_dynamodb(change))
    seconds: list[float] = []

    def compute() -> None:
        began = time.process_time()
        world.pump_fields()
        seconds.append(time.process_time() - began)

    peak = peak_bytes(compute)
    one = world.examinations.get(smear)
    assert one is not None and one.totals.fields == 5000
    assert len(repr(one)) < 4000, "what is stored does not grow with the number of fields"
    # The function has 512 MB and a minute, and computes once for each batch of the stream.
    assert peak < 200e6
    assert seconds[0] < 30
