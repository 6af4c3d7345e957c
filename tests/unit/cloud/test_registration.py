"""Phones are registered, change their token, change hands, and go."""

from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from blastlens.cloud.notifications.endpoints import Endpoints
from blastlens.domain.clinic import Phone, Platform
from blastlens.domain.errors import InvalidSettings, ServiceFault, ServiceUnavailable
from blastlens.domain.examination import Meaning
from blastlens.domain.notice import make_patient_notice
from blastlens.domain.text_catalogue import Language
from tests.aws import Services
from tests.examinations import examination


def wanted(patient: str = "patient-41", device: str = "", platform: Platform = Platform.GCM) -> Phone:
    return Phone(device, "clinic-7", patient, platform, "")


def listed(aws: Services, patient: str = "patient-41") -> list[Phone]:
    return aws.phones.of_patient("clinic-7", patient)


def endpoints(aws: Services, platform: Platform = Platform.GCM) -> list[Any]:
    application = aws.registration.application(platform)
    return list(aws.sns.list_endpoints_by_platform_application(PlatformApplicationArn=application)["Endpoints"])


class OneItemAPage:
    """DynamoDB as it is where a page is full after one item."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def query(self, **asked: Any) -> Any:
        return self._client.query(**asked, Limit=1)


def test_all_whom_a_shared_phone_reaches_are_found_however_many_pages_they_fill(aws: Services):
    patients = [f"patient-{number}" for number in range(4)]
    phones = [aws.registration.add(wanted(patient), "token", shared=True) for patient in patients]
    client: Any = OneItemAPage(aws.phones.client)
    paged = replace(aws.phones, client=client)
    assert sorted(paged.reached_by(phones[0].endpoint)) == [("clinic-7", patient) for patient in patients]


@pytest.mark.parametrize("platform", [Platform.GCM, Platform.APNS])
def test_a_phone_gets_an_endpoint_of_its_platform(aws: Services, platform: Platform):
    phone = aws.registration.add(wanted(platform=platform), "token")
    assert listed(aws) == [phone]
    (endpoint,) = endpoints(aws, platform)
    assert endpoint["EndpointArn"] == phone.endpoint and f"endpoint/{platform.upper()}/" in phone.endpoint


def test_registering_again_changes_nothing(aws: Services):
    assert aws.registration.add(wanted(), "token") == aws.registration.add(wanted(), "token")
    assert len(listed(aws)) == len(endpoints(aws)) == 1


def test_a_patient_may_have_several_phones(aws: Services):
    phones = [aws.registration.add(wanted(), token) for token in ("one", "two", "three")]
    assert sorted(listed(aws), key=str) == sorted(phones, key=str)


def test_a_new_token_takes_the_place_of_the_old_one(aws: Services):
    first = aws.registration.add(wanted(), "old")
    second = aws.registration.add(wanted(device=first.id), "new")
    assert (second.id, listed(aws)) == (first.id, [second])
    (endpoint,) = endpoints(aws)
    assert endpoint["Attributes"]["Token"] == "new"


def test_a_disabled_phone_that_registers_again_is_enabled(aws: Services):
    phone = aws.registration.add(wanted(), "token")
    aws.disable(phone.endpoint)
    assert aws.registration.add(wanted(), "token") == phone
    assert endpoints(aws)[0]["Attributes"]["Enabled"] in ("true", "True")


def test_a_phone_of_another_patient_is_refused_until_it_is_removed_there(aws: Services):
    first = aws.registration.add(wanted(), "token")
    with pytest.raises(InvalidSettings, match="another patient"):
        aws.registration.add(wanted("patient-42"), "token")
    assert listed(aws, "patient-42") == []
    aws.registration.remove("clinic-7", "patient-41", first.id)
    assert listed(aws) == [] and endpoints(aws) == []
    assert aws.registration.add(wanted("patient-42"), "token").patient_id == "patient-42"


def test_a_family_may_share_a_phone_which_lives_until_the_last_of_them_leaves(aws: Services):
    first = aws.registration.add(wanted(), "token")
    second = aws.registration.add(wanted("patient-42"), "token", shared=True)
    assert first.endpoint == second.endpoint
    aws.registration.remove("clinic-7", "patient-41", first.id)
    assert len(endpoints(aws)) == 1
    aws.registration.remove("clinic-7", "patient-42", second.id)
    assert endpoints(aws) == []


def test_removing_what_is_not_there_is_refused(aws: Services):
    with pytest.raises(InvalidSettings, match="no phone d-0"):
        aws.registration.remove("clinic-7", "patient-41", "d-0")


def test_a_number_for_sms_is_kept_as_it_is_and_checked(aws: Services):
    phone = aws.registration.add(wanted(platform=Platform.SMS), "+491701234567")
    assert listed(aws) == [phone] and phone.endpoint == "+491701234567"
    for number in ("01701234567", "+49 170 1234567", "+0", "token"):
        with pytest.raises(InvalidSettings, match="with country code"):
            aws.registration.add(wanted(platform=Platform.SMS), number)


def test_a_number_that_opted_out_of_sms_is_not_an_error():
    client = boto3.client("sns", config=Config(retries={"total_max_attempts": 1}))
    notice = make_patient_notice(examination(), Meaning.LEUKEMIA, Language.ENGLISH)
    with Stubber(client) as stub:
        stub.add_client_error("publish", "OptedOut", "The number is opted out")
        assert not Endpoints(client).send_sms("+491701234567", notice)
        stub.add_client_error("publish", "InternalError", http_status_code=500)
        with pytest.raises(ServiceUnavailable):
            Endpoints(client).send_sms("+491701234567", notice)


def test_a_missing_platform_application_is_refused_with_a_reference(aws: Services):
    application = "arn:aws:sns:eu-central-1:123456789012:app/GCM/elsewhere"
    with pytest.raises(InvalidSettings, match=r"app/GCM/elsewhere: docs/clinics\.md"):
        aws.endpoints.register(application, "token")


def test_an_endpoint_that_sns_knows_with_other_attributes_is_taken_from_its_answer():
    client = boto3.client("sns")
    known = "arn:aws:sns:eu-central-1:123456789012:endpoint/GCM/blastlens-prod/5e3e9847"
    said = f"Invalid parameter: Token Reason: Endpoint {known} already exists with the same Token, but different ones."
    with Stubber(client) as stub:
        stub.add_client_error("create_platform_endpoint", "InvalidParameter", said)
        stub.add_response(
            "set_endpoint_attributes", {}, {"EndpointArn": known, "Attributes": {"Token": "t", "Enabled": "true"}}
        )
        assert Endpoints(client).register("arn:aws:sns:eu-central-1:123456789012:app/GCM/blastlens-prod", "t") == known


@pytest.mark.parametrize("refusal", ["PlatformApplicationDisabled", "InvalidParameter"])
def test_a_refusal_that_does_not_concern_the_phone_keeps_it(refusal: str):
    client = boto3.client("sns", config=Config(retries={"total_max_attempts": 1}))
    notice = make_patient_notice(examination(), Meaning.LEUKEMIA, Language.ENGLISH)
    with Stubber(client) as stub:
        stub.add_client_error("publish", refusal, "Invalid parameter: Message too long")
        with pytest.raises(ServiceFault, match="could not notify the patient"):
            Endpoints(client).publish("arn:aws:sns:eu-central-1:123456789012:endpoint/GCM/blastlens-prod/1", notice)
