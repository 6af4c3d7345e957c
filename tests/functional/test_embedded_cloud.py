"""The embedded cloud, made from the project's own template.yaml."""

import json
import re
import time
import urllib.error
import urllib.request
from io import BytesIO

import boto3
import pytest
from boto3.s3.transfer import TransferConfig

from blastlens.domain.clinic import Platform
from blastlens.domain.errors import InvalidSettings
from blastlens.local.clients import LocalClients
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.event_sources.invocation import Function
from blastlens.local.http.gateway import Gateway
from blastlens.local.stack.moto_server import MotoServer
from blastlens.local.stack.template import find_template


class Functions:
    """Handlers that remember what they were called with."""

    def __init__(self):
        self.classified = []
        self.examined = []
        self.notified = []

    def __call__(self, stack, clients):
        return {
            "ClassifyFunction": Function("ClassifyFunction", lambda event, context: self.classified.append(event)),
            "ExamineFunction": Function("ExamineFunction", lambda event, context: self.examined.append(event)),
            "NotifyFunction": Function("NotifyFunction", lambda event, context: self.notified.append(event)),
            "ApiFunction": Function("ApiFunction", lambda event, context: {"route": event["routeKey"]}),
        }

    def seen(self, key):
        """Return the S3 records about a key, once there is one."""
        for _ in range(80):
            bodies = [json.loads(record["body"]) for event in self.classified for record in event["Records"]]
            found = [one for body in bodies for one in body.get("Records", []) if one["s3"]["object"]["key"] == key]
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"no event about {key}")


@pytest.fixture(scope="module")
def functions():
    return Functions()


@pytest.fixture(scope="module")
def cloud(functions):
    with EmbeddedCloud(find_template(), functions) as cloud:
        yield cloud


@pytest.fixture
def s3(cloud):
    """A plain boto3 client."""
    return boto3.client("s3", endpoint_url=cloud.endpoint)


def test_the_bucket_has_versions_encryption_and_a_notification(cloud, s3):
    bucket = cloud.stack.resources["UploadBucket"]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    (notification,) = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    (uploads,) = [one for one in cloud.stack.queues if one.function == "ClassifyFunction"]
    assert notification["QueueArn"] == uploads.queue_arn
    assert notification["Filter"]["Key"]["FilterRules"] == [{"Name": "prefix", "Value": "uploads/"}]


@pytest.mark.parametrize(
    ("name", "function"), [("ResultsTable", "ExamineFunction"), ("ExaminationsTable", "NotifyFunction")]
)
def test_a_table_has_its_index_and_stream(cloud, name, function):
    table = cloud.clients.client("dynamodb").describe_table(TableName=cloud.stack.resources[name])["Table"]
    assert table["StreamSpecification"]["StreamEnabled"]
    (stream,) = [one for one in cloud.stack.streams if one.function == function]
    assert table["LatestStreamArn"] == stream.stream_arn
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by_clinic"]


def test_the_queue_gives_up_into_the_dead_letter_queue_and_is_encrypted(cloud):
    sqs = cloud.clients.client("sqs")
    url = cloud.stack.resources["UploadQueue"]
    assert url.startswith(cloud.endpoint)
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    redrive = json.loads(attributes["RedrivePolicy"])
    assert "UploadDeadLetterQueue" in redrive["deadLetterTargetArn"]
    assert attributes["KmsMasterKeyId"]
    timeout = cloud.stack.functions["ClassifyFunction"].timeout_seconds
    assert int(attributes["VisibilityTimeout"]) == 6 * timeout


def test_the_topics_are_there(cloud):
    topics = cloud.clients.client("sns").list_topics()["Topics"]
    arns = {topic["TopicArn"] for topic in topics}
    assert cloud.stack.resources["ClinicTopic"] in arns


def test_phones_have_the_platform_applications_that_a_deployment_gets_by_hand(cloud):
    applications = cloud.clients.client("sns").list_platform_applications()["PlatformApplications"]
    arns = {one["PlatformApplicationArn"] for one in applications}
    assert arns == {cloud.deployment.application(one) for one in (Platform.GCM, Platform.APNS)}


def test_functions_get_the_environment_and_the_rules_of_the_template(cloud):
    resources, functions = cloud.stack.resources, cloud.stack.functions
    assert functions["ClassifyFunction"].environment["RESULTS_TABLE"] == resources["ResultsTable"]
    assert functions["NotifyFunction"].environment["CLINIC_TOPIC_ARN"] == resources["ClinicTopic"]
    queues = {one.queue_arn: one for one in cloud.stack.queues}
    streams = {one.function: one for one in cloud.stack.streams}
    assert {one.function for one in queues.values()} == {"ClassifyFunction", "ExamineFunction"}
    assert all(one.partial_failures for one in queues.values())
    assert set(streams) == {"ExamineFunction", "NotifyFunction"}
    for name, stream in streams.items():
        assert (stream.partial_failures, stream.bisect, stream.starting_position) == (True, True, "LATEST")
        assert stream.max_retries >= 0
        assert f"{name.removesuffix('Function')}FailureQueue" in stream.failure_arn


def test_what_is_left_out_is_named_by_type_in_one_line(cloud):
    line = cloud.stack.left_out
    for kind in (
        f"AWS::Lambda::Function ({len(cloud.stack.functions)})",
        "AWS::SQS::QueuePolicy",
        "AWS::CloudWatch::Alarm",
        "AWS::ApiGatewayV2::Api",
    ):
        assert kind in line
    assert "\n" not in line
    assert "AWS::S3::Bucket," not in line


def test_an_upload_reaches_the_function_as_an_s3_event(cloud, functions, s3):
    bucket = cloud.stack.resources["UploadBucket"]
    version = s3.put_object(Bucket=bucket, Key="uploads/c/p/a+b ü.png", Body=b"png")["VersionId"]
    (record,) = functions.seen("uploads/c/p/a%2Bb+%C3%BC.png")
    assert record["s3"]["object"]["versionId"] == version
    assert re.fullmatch("[0-9A-F]{16}", record["s3"]["object"]["sequencer"])
    assert record["s3"]["object"]["size"] == 3
    assert record["s3"]["bucket"]["name"] == bucket
    assert record["eventName"] == "ObjectCreated:Put"


def test_versions_with_the_same_bytes_have_their_own_ids_in_order(cloud, functions, s3):
    bucket = cloud.stack.resources["UploadBucket"]
    versions = [s3.put_object(Bucket=bucket, Key="uploads/c/p/twice.png", Body=b"same")["VersionId"] for _ in "ab"]
    for _ in range(50):
        records = functions.seen("uploads/c/p/twice.png")
        if len(records) == 2:
            break
        time.sleep(0.1)
    told = sorted((record["s3"]["object"]["sequencer"], record["s3"]["object"]["versionId"]) for record in records)
    assert [version for _, version in told] == versions


def test_a_multipart_upload_sends_an_event(cloud, functions, s3):
    config = TransferConfig(multipart_threshold=5 * 2**20, multipart_chunksize=5 * 2**20)
    key = "uploads/c/p/large.tif"
    s3.upload_fileobj(BytesIO(bytes(6 * 2**20)), cloud.stack.resources["UploadBucket"], key, Config=config)
    # moto also sends an event for the last part, with the same version id: a duplicate, as S3 may send one.
    records = functions.seen(key)
    assert len({record["s3"]["object"]["versionId"] for record in records}) == 1
    assert {record["eventName"] for record in records} <= {"ObjectCreated:CompleteMultipartUpload", "ObjectCreated:Put"}


def test_objects_outside_uploads_send_no_event(cloud, functions, s3):
    bucket = cloud.stack.resources["UploadBucket"]
    s3.put_object(Bucket=bucket, Key="artifacts/x.png", Body=b"x")
    s3.put_object(Bucket=bucket, Key="uploads/c/p/after.png", Body=b"x")
    functions.seen("uploads/c/p/after.png")
    with_artifacts = [event for event in functions.classified if "artifacts/" in json.dumps(event)]
    assert with_artifacts == []


def test_the_test_event_of_the_bucket_reaches_the_function(cloud, functions, s3):
    s3.put_object(Bucket=cloud.stack.resources["UploadBucket"], Key="uploads/c/p/test.png", Body=b"x")
    functions.seen("uploads/c/p/test.png")
    bodies = [record["body"] for event in functions.classified for record in event["Records"]]
    assert any(json.loads(body).get("Event") == "s3:TestEvent" for body in bodies)


def until(seen):
    """Return what `seen` returns once that is true, or at last."""
    for _ in range(80):
        if found := seen():
            return found
        time.sleep(0.1)
    return seen()


def test_a_new_field_reaches_the_function_through_the_stream_and_no_change_does(cloud, functions):
    dynamodb, table = cloud.clients.client("dynamodb"), cloud.stack.resources["ResultsTable"]
    key = {"upload": {"S": "c/p/u"}, "reading": {"S": "v#d"}}
    dynamodb.put_item(TableName=table, Item=key | {"status": {"S": "REJECTED"}})
    dynamodb.update_item(
        TableName=table, Key=key, UpdateExpression="SET told = :told", ExpressionAttributeValues={":told": {"S": "t"}}
    )
    last = {"upload": {"S": "c/p/last"}, "reading": {"S": "v#d"}}
    dynamodb.put_item(TableName=table, Item=last)

    def records():
        return [one for event in functions.examined for one in event["Records"]]

    assert until(lambda: any(one["dynamodb"]["Keys"] == last for one in records()))
    about = [one for one in records() if one["dynamodb"]["Keys"] == key]
    assert [one["eventName"] for one in about] == ["INSERT"]
    assert about[0]["dynamodb"]["NewImage"] == key | {"status": {"S": "REJECTED"}}


@pytest.mark.parametrize(
    ("attributes", "reaches"),
    [
        ({"status": {"S": "OPEN"}}, False),
        ({"status": {"S": "READY"}}, True),
        ({"status": {"S": "SIGNED"}}, True),
        ({"status": {"S": "OPEN"}, "held": {"BOOL": True}}, True),
        ({"status": {"S": "OPEN"}, "asked_again": {"S": "t"}}, True),
    ],
)
def test_examinations_that_somebody_may_hear_of_reach_notify(cloud, functions, attributes, reaches):
    dynamodb, table = cloud.clients.client("dynamodb"), cloud.stack.resources["ExaminationsTable"]
    names = ("-".join(attributes), attributes["status"]["S"], str(len(functions.notified)))
    key = {"patient": {"S": "c/p"}, "examination": {"S": "_".join(names)}}
    last = {"patient": {"S": "c/last"}, "examination": {"S": "_".join(names)}}
    dynamodb.put_item(TableName=table, Item=key | attributes)
    dynamodb.put_item(TableName=table, Item=last | {"status": {"S": "READY"}})

    def keys():
        return [one["dynamodb"]["Keys"] for event in functions.notified for one in event["Records"]]

    assert until(lambda: last in keys())
    assert (key in keys()) is reaches


def test_the_api_answers_its_routes_and_no_others(cloud):
    with urllib.request.urlopen(f"{cloud.api_address}/clinics/c/results?limit=1", timeout=5) as response:
        assert json.load(response) == {"route": "GET /clinics/{clinic_id}/results"}
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{cloud.api_address}/elsewhere", timeout=5)
    with refused.value as response:
        assert (response.status, json.load(response)) == (404, {"message": "Not Found"})


def test_only_one_embedded_cloud_runs_in_a_process(cloud):
    with pytest.raises(InvalidSettings, match="already running"), MotoServer():
        pass


def test_a_port_in_use_is_refused_with_a_message(cloud):
    port = int(cloud.endpoint.rpartition(":")[2])
    taken = Gateway({}, (), port=port)
    with pytest.raises(InvalidSettings, match=f"127.0.0.1:{port}"), taken:
        pass


def test_clients_reach_loopback_only(cloud):
    assert cloud.endpoint.startswith("http://127.0.0.1:")
    assert isinstance(cloud.clients, LocalClients)
