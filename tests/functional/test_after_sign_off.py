"""Notification of patients after signatures, in the embedded cloud."""

import json
import urllib.request

import pytest

from blastlens.domain.errors import InvalidSettings
from blastlens.domain.upload import Upload
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.demo.sent_notices import pushed_notices, sent_notices
from blastlens.local.handlers import functions_maker
from blastlens.local.stack.phones import give_phone
from blastlens.local.stack.template import find_template, read_template, with_parameters
from tests.functional.quick_reader import QuickReader
from tests.functional.waiting import wait_for

UPLOAD = Upload("clinic", "patient", "waits", "png")


@pytest.fixture(scope="module")
def cloud():
    makes = functions_maker(QuickReader(), "CRITICAL")
    with EmbeddedCloud(find_template(), makes, retry_seconds=0) as cloud:
        yield cloud


PLACE = "/clinics/clinic/patients/patient/examinations/waits"


def sign(cloud, route, **words):
    """Sign what the API shows of the examination."""
    seen = request(cloud, PLACE)
    word = {"signed_by": "Dr. Vogel", "basis": seen["basis"], "signatures": seen["signatures"]} | words
    return request(cloud, f"{PLACE}/{route}", word)


def request(cloud, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(f"{cloud.api_address}{path}", data, {"content-type": "application/json"})
    with urllib.request.urlopen(asked, timeout=10) as response:
        return json.load(response)


def pushed(number):
    """Wait for so many messages on the phone, and return the text of the last one."""
    found = wait_for(lambda: len(sent := pushed_notices()) >= number and sent)
    assert len(found) == number
    return found[-1].body("default")


def test_the_patient_is_notified_after_each_signature_that_changes_what_they_were_told(cloud):
    give_phone(cloud.clients, cloud.deployment, UPLOAD.clinic_id, UPLOAD.patient_id)
    bucket = cloud.stack.resources["UploadBucket"]
    cloud.clients.client("s3").put_object(Bucket=bucket, Key=UPLOAD.key, Body=encode_png(draw_smear(1).image))
    (clinic,) = wait_for(lambda: sent_notices(cloud.stack.resources["ClinicTopic"]))
    assert "as soon as you have signed" in clinic.body("email")
    assert pushed_notices() == []
    sign(cloud, "sign", kind="correct", conclusion="benign")
    assert "There is a result for you" in pushed(1)
    sign(cloud, "amend", conclusion="no_leukemia", reason="as harmless as before")
    sign(cloud, "amend", conclusion="pro_b", reason="second look")
    assert "It replaces an earlier result" in pushed(2)
    retracted = sign(cloud, "retract", reason="smears were swapped")
    assert "withdrawn" in pushed(3)
    assert [one["kind"] for one in retracted["history"]] == ["correct", "amend", "amend", "retract"]
    shown = wait_for(lambda: len((one := request(cloud, PLACE))["told"]["patient"]) == 3 and one)
    assert [one["meaning"] for one in shown["told"]["patient"]] == ["harmless", "leukemia", "retracted"]
    assert len(sent_notices(cloud.stack.resources["ClinicTopic"])) == 1


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"Nothing": "x"}, "not a parameter"),
        ({"PatientRelease": "later"}, "after-sign-off"),
        ({"PatientDetail": "full"}, "not one of minimal"),
        (
            {"Stage": "prod", "PatientRelease": "automatic", "OperatorEmail": "it@clinic.example"},
            "no clinician has seen",
        ),
        ({"Stage": "staging"}, "Set OperatorEmail"),
    ],
)
def test_a_parameter_that_the_template_does_not_take_is_refused(given, why):
    with pytest.raises(InvalidSettings, match=why):
        with_parameters(read_template(find_template()), given)
