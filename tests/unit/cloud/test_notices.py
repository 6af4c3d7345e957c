import json
from dataclasses import replace

import pytest

from blastlens.domain.errors import ServiceFault
from blastlens.domain.notice import Notice, notice_for
from blastlens.domain.record import Audience
from tests.answers import PAGE, record
from tests.aws import Services


def notice(audience: Audience) -> Notice:
    return notice_for(audience, record(), PAGE)


def test_each_audience_has_its_own_topic(aws: Services):
    aws.topics.publish(notice(Audience.CLINIC))
    assert len(aws.published(aws.topics.clinic_topic_arn)) == 1
    assert aws.published(aws.topics.patient_topic_arn) == []
    aws.topics.publish(notice(Audience.PATIENT))
    assert len(aws.published(aws.topics.patient_topic_arn)) == 1


def test_what_is_published_is_the_notice(aws: Services):
    sent_id = aws.topics.publish(notice(Audience.CLINIC))
    ((message_id, message, subject, attributes, _),) = aws.published(aws.topics.clinic_topic_arn)
    assert message_id == sent_id
    assert json.loads(message) == dict(notice(Audience.CLINIC).bodies)
    assert subject == notice(Audience.CLINIC).subject
    assert {name: one["Value"] for name, one in attributes.items()} == notice(Audience.CLINIC).attributes


def test_a_missing_topic_is_a_fault(aws: Services):
    elsewhere = replace(aws.topics, clinic_topic_arn=aws.topics.clinic_topic_arn + "-elsewhere")
    with pytest.raises(ServiceFault, match="could not tell the clinic"):
        elsewhere.publish(notice(Audience.CLINIC))
