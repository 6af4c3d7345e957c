"""The device registry with pages and foreign things, on a fake IoT client."""

from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber

from blastlens.cloud.iot.things import ThingRegistry
from blastlens.domain.errors import InvalidSettings

ARN = "arn:aws:iot:eu-central-1:123456789012:cert/"
IDS = ["a" * 64, "b" * 64]


@pytest.fixture
def stubbed():
    client = boto3.client("iot", region_name="eu-central-1")
    with Stubber(client) as stubber:
        yield ThingRegistry(client), stubber


def certificate(identity: str):
    return {
        "certificateDescription": {"certificateId": identity, "status": "ACTIVE", "creationDate": datetime.now(UTC)}
    }


def test_every_certificate_is_revoked_however_many_pages_they_fill(stubbed):
    things, stubber = stubbed
    stubber.add_response("describe_thing", {"thingName": "scope-3", "attributes": {"service": "blastlens"}})
    for page, identity in enumerate(IDS):
        more = {"nextToken": IDS[1]} if page == 0 else {}
        stubber.add_response("list_thing_principals", {"principals": [ARN + identity], **more})
    for identity in IDS:
        stubber.add_response("describe_certificate", certificate(identity), {"certificateId": identity})
    for identity in IDS:
        stubber.add_response("update_certificate", {}, {"certificateId": identity, "newStatus": "REVOKED"})
    assert things.revoke("scope-3") == 2
    stubber.assert_no_pending_responses()


@pytest.mark.parametrize("attributes", [{}, {"service": "another"}])
def test_a_thing_that_is_not_ours_keeps_its_certificates(stubbed, attributes):
    things, stubber = stubbed
    stubber.add_response("describe_thing", {"thingName": "lamp", "attributes": attributes})
    with pytest.raises(InvalidSettings, match="no device 'lamp'"):
        things.revoke("lamp")


def test_a_missing_thing_is_refused(stubbed):
    things, stubber = stubbed
    stubber.add_client_error("describe_thing", "ResourceNotFoundException")
    with pytest.raises(InvalidSettings, match="no device 'scope-4'"):
        things.revoke("scope-4")
