"""Filter policies that ship, and the notices that pass them."""

import json
from typing import Any

import pytest

from blastlens.cloud.notifications.subscriptions import Subscriptions
from blastlens.domain.notice import (
    STATUSES,
    Notice,
    make_notice,
    make_phone_gone_notice,
    make_test_notice,
    make_undelivered_notice,
)
from blastlens.domain.record import Audience
from blastlens.domain.text_catalogue import Language
from blastlens.local.event_sources.filters import matches_any
from blastlens.local.stack.template import find_template, read_template
from tests.answers import PAGE, UPLOAD, record, rejection, result, unreadable_result
from tests.aws import Services

CLINIC = UPLOAD.clinic_id


def notices() -> dict[str, Notice]:
    """A notice of every status, about one clinic."""
    found = [
        make_notice(Audience.CLINIC, record(), PAGE),
        make_notice(Audience.CLINIC, record(result(rejection())), PAGE),
        make_phone_gone_notice(record(), Language.ENGLISH),
        make_undelivered_notice(record(), Language.ENGLISH),
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


def test_an_upload_of_no_known_clinic_reaches_the_address_of_the_template():
    notice = make_notice(Audience.CLINIC, record(unreadable_result()), PAGE)
    assert all(passes(policy, notice) for policy in template_policies().values())


def test_another_clinics_notice_passes_no_policy_of_one_clinic(aws: Services):
    notice = make_test_notice("another", Language.ENGLISH)
    assert not passes(template_policies()["ClinicEmail of one clinic"], notice)
    assert not passes(added_policy(aws), notice)
