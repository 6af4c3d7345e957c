"""Notification after the sign-off, in the embedded cloud."""

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


def test_the_patient_is_notified_of_the_clinicians_finding_after_the_sign_off(cloud):
    give_phone(cloud.clients, cloud.deployment, UPLOAD.clinic_id, UPLOAD.patient_id)
    bucket = cloud.stack.resources["UploadBucket"]
    cloud.clients.client("s3").put_object(Bucket=bucket, Key=UPLOAD.key, Body=encode_png(draw_smear(1).image))
    (clinic,) = wait_for(lambda: sent_notices(cloud.stack.resources["ClinicTopic"]))
    assert "as soon as you have signed" in clinic.body("email")
    place = f"{cloud.api_address}/clinics/clinic/patients/patient/uploads/waits"
    with urllib.request.urlopen(place, timeout=5) as response:
        (reading,) = json.load(response)["readings"]
    assert pushed_notices() == []
    word = {"reading": reading["reading"], "signed_by": "Dr. Vogel", "label": "benign"}
    headers = {"content-type": "application/json"}
    asked = urllib.request.Request(f"{place}/sign-off", data=json.dumps(word).encode(), headers=headers)
    urllib.request.urlopen(asked, timeout=5).close()
    (told,) = wait_for(pushed_notices)
    assert told.attributes == {"upload_id": UPLOAD.upload_id}
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
