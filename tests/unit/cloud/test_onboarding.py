"""Clinics come and go, over the edge of a topic and through every interruption."""

import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from blastlens.cloud.notifications.endpoints import Endpoints
from blastlens.cloud.notifications.notices import ClinicTopics
from blastlens.cloud.notifications.subscriptions import Subscriptions, SubscriptionState, TopicFull, confirmation_token
from blastlens.cloud.operations.deployment import Deployment
from blastlens.cloud.operations.onboarding import Onboarding
from blastlens.cloud.tables.clinics import CLINICS_A_TOPIC, ClinicsTable
from blastlens.cloud.tables.phones import PhonesTable
from blastlens.domain.clinic import Clinic, Phone, Platform
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.notice import make_test_notice
from blastlens.domain.text_catalogue import Language
from tests.aws import CLINICS_TABLE, EXAMINATIONS_TABLE, PHONES_NAME, TABLE, Services

KEY = "arn:aws:kms:eu-central-1:123456789012:key/data"


@pytest.fixture
def onboarding(aws: Services) -> Onboarding:
    return made(aws, Subscriptions(aws.sns))


def made(aws: Services, subscriptions: Subscriptions) -> Onboarding:
    first, reports = aws.topics.first_arn, aws.sns.create_topic(Name="reports")["TopicArn"]
    names = (TABLE, CLINICS_TABLE, first, "blastlens-test-clinics", KEY, PHONES_NAME)
    deployment = Deployment(*names, reports, EXAMINATIONS_TABLE)
    return Onboarding(aws.clinics, aws.phones, subscriptions, aws.endpoints, deployment)


def add(onboarding: Onboarding, number: int = 0) -> Clinic:
    return onboarding.add(f"Clinic {number}", f"lab{number}@clinic.example", Language.ENGLISH)


def subscriptions(aws: Services, topic_arn: str) -> list[Any]:
    pages = aws.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
    return [one for page in pages for one in page["Subscriptions"]]


def test_a_clinics_address_is_subscribed_with_a_filter_on_the_clinic(aws: Services, onboarding: Onboarding):
    clinic = add(onboarding)
    (one,) = subscriptions(aws, aws.topics.first_arn)
    assert (one["Protocol"], one["Endpoint"]) == ("email", "lab0@clinic.example")
    attributes = aws.sns.get_subscription_attributes(SubscriptionArn=clinic.subscription_arn)["Attributes"]
    assert json.loads(attributes["FilterPolicy"]) == {"clinic_id": [clinic.id]}
    assert attributes["FilterPolicyScope"] == "MessageAttributes"


def test_a_clinics_id_is_random(onboarding: Onboarding):
    ids = {add(onboarding, number).id for number in range(3)}
    assert len(ids) == 3 and not any("linic" in one for one in ids)


def test_adding_twice_adds_once(aws: Services, onboarding: Onboarding):
    assert add(onboarding) == add(onboarding)
    assert len(subscriptions(aws, aws.topics.first_arn)) == 1


def test_past_two_hundred_clinics_a_further_topic_is_used_by_itself(aws: Services, onboarding: Onboarding):
    for number in range(CLINICS_A_TOPIC - 1):
        aws.clinics.put(Clinic(f"c-{number}", f"N{number}", f"n{number}@x.y", Language.ENGLISH, aws.topics.first_arn))
    last, over, next_one = (add(onboarding, number) for number in range(3))
    further = onboarding.deployment.topic(1)
    assert [one.topic_arn for one in (last, over, next_one)] == [aws.topics.first_arn, further, further]
    assert {one["Endpoint"] for one in subscriptions(aws, further)} == {over.email, next_one.email}
    attributes = aws.sns.get_topic_attributes(TopicArn=further)["Attributes"]
    assert attributes["KmsMasterKeyId"] == KEY
    assert "aws:SecureTransport" in attributes["Policy"]
    topics = ClinicTopics(aws.sns, aws.topics.first_arn)
    for topic_arn in topics.topics_for(over.topic_arn):
        topics.publish(make_test_notice(over.id, Language.ENGLISH), topic_arn)
    assert len(aws.published(further)) == len(aws.published(aws.topics.first_arn)) == 1


class FullAt(Subscriptions):
    """SNS also counts other filter policies: the first topic is full before the table's limit."""

    def subscribe(self, topic_arn: str, email: str, clinic_id: str) -> str:
        if not topic_arn.endswith("clinics-1"):
            raise TopicFull("the topic has no room for another clinic")
        return super().subscribe(topic_arn, email, clinic_id)


def test_a_full_topic_is_followed_by_the_next(aws: Services):
    clinic = add(made(aws, FullAt(aws.sns)))
    assert clinic.topic_arn.endswith(":blastlens-test-clinics-1")
    assert aws.clinics.get(clinic.id) == clinic


def test_the_limit_of_filter_policies_is_known_by_its_name():
    client = boto3.client("sns")
    with Stubber(client) as stub:
        stub.add_client_error("subscribe", "FilterPolicyLimitExceeded", http_status_code=403)
        with pytest.raises(TopicFull):
            Subscriptions(client).subscribe("arn:aws:sns:eu-central-1:123456789012:t", "a@b.c", "c-1")


def test_an_address_with_another_subscription_is_refused():
    client = boto3.client("sns")
    with Stubber(client) as stub:
        said = "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"
        stub.add_client_error("subscribe", "InvalidParameter", said, http_status_code=400)
        with pytest.raises(InvalidSettings, match="ClinicEmail"):
            Subscriptions(client).subscribe("arn:aws:sns:eu-central-1:123456789012:t", "a@b.c", "c-1")


class PowerCut(Exception):
    """The process ends here."""


class Battery:
    """Lasts for some calls of whatever service; then the process ends, before the call's effect or after it."""

    def __init__(self, calls: int, after: bool):
        self.calls, self.after = calls, after

    def feed(self, client: Any) -> Any:
        """Return a client that runs on this battery."""
        return Fed(client, self)


class Fed:
    """A client whose calls use up a battery."""

    def __init__(self, client: Any, battery: Battery):
        self._client, self._battery = client, battery

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._client, name)
        if name == "exceptions":
            return member

        def call(**values: Any) -> Any:
            battery = self._battery
            battery.calls -= 1
            if battery.calls < 0 and not battery.after:
                raise PowerCut
            answer = member(**values)
            if battery.calls < 0:
                raise PowerCut
            return answer

        return call


def on_battery(aws: Services, calls: int, after: bool) -> Onboarding:
    battery = Battery(calls, after)
    dynamodb, sns = battery.feed(aws.dynamodb), battery.feed(aws.sns)
    return Onboarding(
        ClinicsTable(dynamodb, CLINICS_TABLE),
        PhonesTable(dynamodb, CLINICS_TABLE),
        Subscriptions(sns),
        Endpoints(sns),
        made(aws, Subscriptions(aws.sns)).deployment,
    )


LAST_CALL = 12
CUTS = pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])


@CUTS
def test_an_end_between_any_two_calls_is_healed_by_adding_again(aws: Services, onboarding: Onboarding, after: bool):
    cuts = 0
    for calls in range(LAST_CALL):
        try:
            add(on_battery(aws, calls, after), number=calls)
        except PowerCut:
            cuts += 1
        clinic = add(onboarding, number=calls)
        assert [one for one in aws.clinics.all() if one.email == clinic.email] == [clinic]
        mine = [one for one in subscriptions(aws, aws.topics.first_arn) if one["Endpoint"] == clinic.email]
        assert [one["SubscriptionArn"] for one in mine] == [clinic.subscription_arn]
    assert 4 <= cuts < LAST_CALL


@CUTS
def test_an_end_between_any_two_calls_is_healed_by_removing_again(aws: Services, onboarding: Onboarding, after: bool):
    cuts = 0
    for calls in range(LAST_CALL):
        clinic = add(onboarding)
        phone = aws.registration.add(Phone("", clinic.id, "p", Platform.GCM, ""), f"token-{calls}")
        try:
            on_battery(aws, calls, after).remove(clinic.id)
        except PowerCut:
            cuts += 1
            if aws.clinics.get(clinic.id) is not None:
                onboarding.remove(clinic.id)
        assert aws.clinics.all() == [] and subscriptions(aws, aws.topics.first_arn) == []
        assert aws.phones.of_clinic(clinic.id) == []
        assert phone.endpoint not in endpoints(aws)
    assert 4 <= cuts < LAST_CALL


def endpoints(aws: Services) -> set[str]:
    application = aws.registration.application(Platform.GCM)
    found = aws.sns.list_endpoints_by_platform_application(PlatformApplicationArn=application)["Endpoints"]
    return {one["EndpointArn"] for one in found}


def test_a_removed_clinic_may_come_again_under_another_id(onboarding: Onboarding):
    first = add(onboarding)
    onboarding.remove(first.id)
    assert add(onboarding).id != first.id


def test_removing_or_confirming_what_is_not_there_is_refused(onboarding: Onboarding):
    for call in (lambda: onboarding.remove("c-0"), lambda: onboarding.confirm("c-0", "token")):
        with pytest.raises(InvalidSettings, match="There is no clinic c-0"):
            call()


def test_a_subscription_is_confirmed_so_that_only_its_owner_can_end_it():
    client = boto3.client("sns")
    topic = "arn:aws:sns:eu-central-1:123456789012:t"
    with Stubber(client) as stub:
        expected = {"TopicArn": topic, "Token": "2336412f", "AuthenticateOnUnsubscribe": "true"}
        stub.add_response("confirm_subscription", {"SubscriptionArn": f"{topic}:1"}, expected)
        Subscriptions(client).confirm(topic, "2336412f")
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("attributes", "state"),
    [
        ({"PendingConfirmation": "true"}, SubscriptionState.PENDING),
        ({"PendingConfirmation": "false", "ConfirmationWasAuthenticated": "true"}, SubscriptionState.CONFIRMED),
        ({"PendingConfirmation": "false", "ConfirmationWasAuthenticated": "false"}, SubscriptionState.UNLOCKED),
        (None, SubscriptionState.MISSING),
    ],
)
def test_the_states_of_a_subscription_are_distinguished(attributes: dict[str, str] | None, state: SubscriptionState):
    client = boto3.client("sns")
    with Stubber(client) as stub:
        if attributes is None:
            stub.add_client_error("get_subscription_attributes", "NotFound", http_status_code=404)
        else:
            stub.add_response("get_subscription_attributes", {"Attributes": attributes})
        assert Subscriptions(client).state("arn:aws:sns:eu-central-1:123456789012:t:1") is state


TOPIC = "arn:aws:sns:eu-central-1:123456789012:clinic"
LINK = "https://sns.eu-central-1.amazonaws.com/confirmation.html?TopicArn={topic}&Token=2336412f&Endpoint=a@b.c"


@pytest.mark.parametrize("given", [LINK.format(topic=TOPIC), " 2336412f\n"])
def test_the_token_is_taken_from_a_link_or_as_it_is(given: str):
    assert confirmation_token(given, TOPIC) == "2336412f"


@pytest.mark.parametrize(
    ("given", "why"), [(LINK.format(topic=TOPIC + "-2"), "another topic"), ("https://x.example/?a=b", "no Token")]
)
def test_a_link_of_another_topic_or_without_a_token_is_refused(given: str, why: str):
    with pytest.raises(InvalidSettings, match=why):
        confirmation_token(given, TOPIC)


def test_a_clinics_system_receives_the_reports_of_that_clinic_alone_until_the_clinic_is_removed(
    aws: Services, onboarding: Onboarding
):
    clinic = onboarding.add("Clinic", "lab@clinic.example", Language.ENGLISH, "https://lab.example/fhir")
    (one,) = subscriptions(aws, onboarding.deployment.report_topic_arn)
    assert (one["Protocol"], one["Endpoint"]) == ("https", "https://lab.example/fhir")
    attributes = aws.sns.get_subscription_attributes(SubscriptionArn=clinic.reports_arn)["Attributes"]
    assert json.loads(attributes["FilterPolicy"]) == {"clinic_id": [clinic.id]}
    assert onboarding.add("Clinic", "lab@clinic.example", Language.ENGLISH).reports_arn == clinic.reports_arn
    onboarding.remove(clinic.id)
    assert subscriptions(aws, onboarding.deployment.report_topic_arn) == []


def test_another_system_takes_the_place_of_the_first(aws: Services, onboarding: Onboarding):
    for address in ("https://old.example/", "https://new.example/"):
        onboarding.add("Clinic", "lab@clinic.example", Language.ENGLISH, address)
    (one,) = subscriptions(aws, onboarding.deployment.report_topic_arn)
    assert one["Endpoint"] == "https://new.example/"


class FullReports(Subscriptions):
    """SNS takes no further filter policy on the topic of reports."""

    def subscribe_system(self, topic_arn: str, url: str, clinic_id: str) -> str:
        raise TopicFull("the topic has as many filter policies as SNS allows")


def test_a_full_topic_of_reports_is_named_with_the_way_out(aws: Services):
    with pytest.raises(InvalidSettings, match="without a filter policy"):
        made(aws, FullReports(aws.sns)).add("Clinic", "a@b.example", Language.ENGLISH, "https://lab.example/")
