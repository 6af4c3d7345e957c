"""The roles of template.yaml allow what each function needs, and no more."""

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.local.demo.sent_notices import sent_notices
from blastlens.local.event_sources.object_events import complete_object_events
from blastlens.local.event_sources.queue_pump import QueuePump
from blastlens.local.event_sources.stream_pump import StreamPump
from blastlens.local.stack.template import find_template, read_template
from tests.functional.permissions.calls import FORBIDDEN, NEEDED
from tests.functional.permissions.enforced_cloud import ROLES, enforced_cloud

# moto refuses calls of JSON services with XML, of which their clients only read the status.
REFUSALS = {"AccessDenied", "AccessDeniedException", "403"}
# moto does not check permissions of X-Ray.
NOT_ENFORCED = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
needed = [(role, actions) for role, calls in NEEDED.items() for actions in calls]
forbidden = [(role, what) for role, calls in FORBIDDEN.items() for what in calls]


@pytest.fixture(scope="module")
def cloud():
    with enforced_cloud() as cloud:
        yield cloud


def policy_of(role):
    (policy,) = read_template(find_template())["Resources"][role]["Properties"]["Policies"]
    return policy["PolicyDocument"]["Statement"]


def actions_of(role):
    found = [one["Action"] for one in policy_of(role)]
    return {action for given in found for action in ([given] if isinstance(given, str) else given)}


@pytest.mark.parametrize(("role", "actions"), needed)
def test_a_role_may_do_what_its_function_needs(cloud, role, actions):
    NEEDED[role][actions](cloud, role)


@pytest.mark.parametrize("role", NEEDED)
def test_a_role_holds_no_action_that_no_call_needs(role):
    assert actions_of(role) - NOT_ENFORCED == {action for actions in NEEDED[role] for action in actions}


@pytest.mark.parametrize(("role", "what"), forbidden)
def test_a_role_is_kept_from_what_is_none_of_its_functions_business(cloud, role, what):
    with pytest.raises(ClientError) as refusal:
        FORBIDDEN[role][what](cloud, role)
    assert refusal.value.response["Error"]["Code"] in REFUSALS, refusal.value


@pytest.mark.parametrize(("role", "what"), forbidden)
def test_what_a_role_is_kept_from_is_a_call_that_its_owner_reaches(cloud, role, what):
    if what.startswith(("delete the table", "open the bucket", "empty", "stop keeping", "write another's log")):
        pytest.skip("it would change the cloud under the other tests")
    try:
        FORBIDDEN[role][what](cloud, "owner")
    except ClientError as error:
        assert error.response["Error"]["Code"] not in REFUSALS


def test_an_invalid_key_gets_no_access(cloud):
    stranger = type(cloud.clients["owner"])(cloud.clients["owner"].endpoint, "AKIASTRANGER", "none")
    with pytest.raises(ClientError):
        stranger.client("dynamodb").list_tables()


def follower(cloud, function):
    (stream,) = [one for one in cloud.stack.streams if one.function == function]
    client = cloud.client(ROLES[function], "dynamodbstreams")
    given_up: list[Any] = []
    pump = StreamPump(client, stream, cloud.functions[function], given_up.append, retry_seconds=0)
    pump.pump_once(threading.Event())
    return pump


def test_an_upload_is_processed_with_the_functions_own_roles(cloud):
    resources = cloud.stack.resources
    owner = cloud.client("owner", "s3")
    # They start with what comes next: what the other tests left is no field and no examination.
    streams = [follower(cloud, name) for name in ("ExamineFunction", "NotifyFunction")]
    restore = complete_object_events()
    try:
        image = encode_png(draw_smear(1).image)
        owner.put_object(Bucket=resources["UploadBucket"], Key="uploads/clinic/patient/whole.png", Body=image)
    finally:
        restore()
    # Lambda's own pollers take messages and records under the function's role.
    (queue,) = [one for one in cloud.stack.queues if one.function == "ClassifyFunction"]
    pump = QueuePump(
        cloud.client("ClassifyRole", "sqs"), resources["UploadQueue"], queue, cloud.functions[queue.function]
    )
    for _ in range(5):
        pump.pump_once()
    for follow in streams:
        while follow.pump_once(threading.Event()):
            pass
    notices = [notice.attributes for notice in sent_notices(resources["ClinicTopic"])]
    assert "whole" in [one.get("examination_id") for one in notices], notices
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/clinics/clinic/results",
        "requestContext": {"http": {"method": "GET", "path": "/clinics/clinic/results"}, "stage": "$default"},
        "headers": {},
    }
    answer = cloud.functions["ApiFunction"].invoke(event)
    assert answer.payload["statusCode"] == 200, answer
    assert "whole" in answer.payload["body"]
    place = "/v1/patients/patient/examinations/whole"
    for path in ("/v1/me", "/v1/worklist", place, f"{place}/fields", f"{place}/cells", f"{place}/audit-trail"):
        answer = cloud.functions["ClinicianFunction"].invoke(asked_by_a_signer(path))
        assert answer.payload["statusCode"] == 200, (path, answer)
    patient = asked_by_a_signer("/v1/worklist") | {"queryStringParameters": {"patient": "other"}}
    assert cloud.functions["ClinicianFunction"].invoke(patient).payload["statusCode"] == 200


def asked_by_a_signer(path):
    claims = {"token_use": "id", "sub": "8f1e", "name": "Dr. Vogel", "cognito:groups": "[clinic.signer]"}
    context = {"http": {"method": "GET", "path": path}, "stage": "$default", "authorizer": {"jwt": {"claims": claims}}}
    return {"version": "2.0", "routeKey": "ANY /v1/{proxy+}", "rawPath": path, "requestContext": context, "headers": {}}
