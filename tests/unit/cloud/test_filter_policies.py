"""Filter policies that ship, and the notices that pass them."""

import json
from typing import Any

import pytest

from blastlens.cloud.notifications.subscriptions import Subscriptions
from blastlens.domain.examination import ExaminationStatus, Meaning
from blastlens.domain.notice import (
    STATUSES,
    Notice,
    make_clinic_notice,
    make_phone_gone_notice,
    make_report_notice,
    make_test_notice,
    make_undelivered_notice,
)
from blastlens.domain.signature import SignatureKind
from blastlens.domain.text_catalogue import Language
from blastlens.local.event_sources.filters import matches_any
from blastlens.local.stack.template import find_template, read_template
from tests.answers import PAGE
from tests.aws import Services
from tests.examinations import EXAMINATION, examination, signature

CLINIC = EXAMINATION.clinic_id


def notices() -> dict[str, Notice]:
    """A notice of every status, about one clinic."""
    states = (ExaminationStatus.READY, ExaminationStatus.INSUFFICIENT)
    signed = [
        examination(ExaminationStatus.SIGNED, signature()),
        examination(ExaminationStatus.AMENDED, signature(), signature(SignatureKind.AMEND)),
        examination(ExaminationStatus.RETRACTED, signature(), signature(SignatureKind.RETRACT)),
    ]
    found = [
        *(make_clinic_notice(examination(one), Meaning.LEUKEMIA, PAGE) for one in states),
        make_clinic_notice(examination(ExaminationStatus.OPEN), Meaning.HELD, PAGE),
        make_clinic_notice(signed[0], Meaning.LATE_FIELD, PAGE),
        *(make_report_notice(one, Language.ENGLISH) for one in signed),
        make_phone_gone_notice(examination(), Language.ENGLISH),
        make_undelivered_notice(examination(), Language.ENGLISH),
        make_test_notice(CLINIC, Language.ENGLISH),
    ]
    return {one.attributes["status"]: one for one in found}


def template_policies() -> dict[str, Any]:
    """Both policies of the template's subscription, with the clinic's id filled in."""
    resources = read_template(find_template())["Resources"]
    _, of_one, of_all = resources["ClinicEmailSubscription"]["Properties"]["FilterPolicy"]["Fn::If"]
    filled = json.loads(json.dumps(of_one).replace('{"Ref": "ClinicId"}', json.dumps(CLINIC)))
    return {"ClinicEmail of one clinic": filled, "ClinicEmail of all clinics": of_all}


def added_policy(aws: Services) -> Any:
    """The policy that `blastlens clinic add` sets."""
    arn = Subscriptions(aws.sns).subscribe(aws.topics.first_arn, "labor@see.example", CLINIC)
    return json.loads(aws.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["FilterPolicy"])


def passes(policy: Any, notice: Notice) -> bool:
    # SNS and event source mappings have the same rules; moto lets no {"exists": false} follow an exact value.
    return matches_any(notice.attributes, [policy])


def test_there_is_a_notice_of_every_status():
    assert notices().keys() == set(STATUSES)


@pytest.mark.parametrize("status", STATUSES)
def test_a_notice_of_every_status_passes_every_filter_policy_that_ships(aws: Services, status: str):
    for name, policy in {**template_policies(), "clinic add": added_policy(aws)}.items():
        assert passes(policy, notices()[status]), name


FILTERED_BEFORE_EXAMINATIONS = [{"upload_id": [{"exists": True}]}, {"clinic_id": [CLINIC, {"exists": False}]}]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("policy", FILTERED_BEFORE_EXAMINATIONS)
def test_a_subscription_from_before_examinations_still_receives_every_notice(status: str, policy: Any):
    assert passes(policy, notices()[status])


def test_another_clinics_notice_passes_no_policy_of_one_clinic(aws: Services):
    notice = make_test_notice("another", Language.ENGLISH)
    assert not passes(template_policies()["ClinicEmail of one clinic"], notice)
    assert not passes(added_policy(aws), notice)
