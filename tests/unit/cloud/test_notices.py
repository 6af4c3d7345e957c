import json
from dataclasses import replace

import pytest

from blastlens.domain.errors import ServiceFault
from blastlens.domain.examination import Meaning
from blastlens.domain.notice import Notice, make_clinic_notice
from tests.answers import PAGE
from tests.aws import Services
from tests.examinations import examination


def notice() -> Notice:
    return make_clinic_notice(examination(), Meaning.LEUKEMIA, PAGE)


def test_a_notice_is_published_to_the_first_topic_and_then_to_the_clinics_own(aws: Services):
    further = aws.sns.create_topic(Name="further")["TopicArn"]
    first = aws.topics.first_arn
    assert [aws.topics.topics_for(one) for one in (None, first, further)] == [(first,), (first,), (first, further)]


def test_what_is_published_is_the_notice(aws: Services):
    sent_id = aws.topics.publish(notice(), aws.topics.first_arn)
    ((message_id, message, subject, attributes, _),) = aws.published(aws.topics.first_arn)
    assert message_id == sent_id
    assert json.loads(message) == dict(notice().bodies)
    assert subject == notice().subject
    assert {name: one["Value"] for name, one in attributes.items()} == notice().attributes


def test_a_missing_topic_is_an_error(aws: Services):
    elsewhere = replace(aws.topics, first_arn=aws.topics.first_arn + "-elsewhere")
    with pytest.raises(ServiceFault, match="could not notify the clinic"):
        elsewhere.publish(notice(), elsewhere.first_arn)
