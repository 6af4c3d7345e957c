"""Screening on a phone beside the answer of the service, in a browser."""

import pytest
from playwright.sync_api import expect

from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.clinician import Role
from blastlens.domain.finding import Finding
from blastlens.domain.prediction import Prediction
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import SCREENING, load_package
from blastlens.local.demo.examination_demo import CLINIC_ID
from tests.browser.screening_steps import READY_MS, choose, enter_pin, open_screening, outcome, start_examination
from tests.browser.smears import READ_SECONDS, draw_field
from tests.browser.steps import PHONE, READ_MS
from tests.functional.waiting import wait_for

TOLERANCE = 1e-3
"""Bound of the probabilities of the page's reader, beside Python's on the same file."""


def test_the_verdict_of_a_phone_is_stored_with_the_field_and_shown_beside_the_answer(desk, cloud, tmp_path):
    data = draw_field()
    file = tmp_path / "field.png"
    file.write_bytes(data)
    page = open_screening(desk.context(Role.SIGNER, **PHONE).new_page(), desk.address)
    start_examination(page, "patient-compared")
    page.get_by_role("link", name="Choose photographs instead").click()
    choose(page, file)
    expect(outcome(page)).to_contain_text("1 of 1 fields read", timeout=READY_MS)
    page.get_by_role("button", name="Finish and send").click()
    page.get_by_role("button", name="Sign in and send").click()
    enter_pin(page)
    (result,) = wait_for(lambda: fields_of(cloud, "patient-compared"), READ_SECONDS)
    expected = Classifier(load_package(SCREENING), 1).read_bytes(data).answer
    assert isinstance(expected, Prediction)
    assert result.edge is not None and result.edge.digest == expected.model.digest
    assert result.edge.probabilities == pytest.approx(dict(expected.probabilities), abs=TOLERANCE)
    assert result.edge.prediction_set == expected.prediction_set and result.edge.finding is Finding.LEUKEMIA
    route = f"#/patients/patient-compared/examinations/{result.upload.examination.examination_id}"
    main = desk.open(route=route).get_by_role("main")
    expect(main).to_contain_text("Screening at the microscope: leukemia suspected.", timeout=READ_MS)
    expect(main).to_contain_text("agrees in 1 field")


def fields_of(cloud, patient: str):
    """Return the results of a patient's fields; nothing before there are any."""
    table = ResultsTable(cloud.clients.client("dynamodb"), cloud.stack.resources["ResultsTable"])
    records = table.worklist(CLINIC_ID, 100).records
    return [one.result for one in records if one.result.upload and one.result.upload.patient_id == patient]
