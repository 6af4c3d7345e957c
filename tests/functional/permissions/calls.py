"""Calls that each role must and must not be allowed to make."""

from collections.abc import Callable
from typing import Any

from tests.functional.permissions.enforced_cloud import EnforcedCloud

Call = Callable[[EnforcedCloud, str], Any]

UPLOAD, ARTIFACT = "uploads/clinic/patient/upload.png", "artifacts/clinic/patient/upload/v/d/overlay.png"
_KEY = {"upload": {"S": "clinic/patient/upload"}, "reading": {"S": "v#d"}}


def _s3(operation: str, key: str | None = None, bucket: str = "UploadBucket", **more: Any) -> Call:
    def call(cloud: EnforcedCloud, who: str) -> Any:
        name = cloud.foreign.get(bucket) or cloud.stack.resources[bucket]
        return getattr(cloud.client(who, "s3"), operation)(Bucket=name, **({"Key": key} if key else {}), **more)

    return call


def _table(operation: str, table: str = "ResultsTable", **more: Any) -> Call:
    def call(cloud: EnforcedCloud, who: str) -> Any:
        name = cloud.foreign.get(table) or cloud.stack.resources[table]
        return getattr(cloud.client(who, "dynamodb"), operation)(TableName=name, **more)

    return call


def _queue(operation: str, queue: str = "UploadQueue", **more: Any) -> Call:
    def call(cloud: EnforcedCloud, who: str) -> Any:
        url = cloud.foreign.get(queue) or cloud.stack.resources[queue]
        return getattr(cloud.client(who, "sqs"), operation)(QueueUrl=url, **more)

    return call


def _publish(topic: str) -> Call:
    def call(cloud: EnforcedCloud, who: str) -> Any:
        arn = cloud.foreign.get(topic) or cloud.stack.resources[topic]
        return cloud.client(who, "sns").publish(TopicArn=arn, Message="text")

    return call


def _publish_to_phone(phone: str) -> Call:
    def call(cloud: EnforcedCloud, who: str) -> Any:
        return cloud.client(who, "sns").publish(TargetArn=cloud.foreign[phone], Message="text")

    return call


def _publish_to_clinic_and_phone(cloud: EnforcedCloud, who: str) -> None:
    _publish("ClinicTopic")(cloud, who)
    _publish_to_phone("our phone")(cloud, who)


def _receive_and_delete_from(queue: str) -> Call:
    def call(cloud: EnforcedCloud, who: str) -> None:
        url = cloud.stack.resources[queue]
        cloud.client("owner", "sqs").send_message(QueueUrl=url, MessageBody="{}")
        sqs = cloud.client(who, "sqs")
        (message,) = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"][:1]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    return call


def _send_to_each(*queues: str) -> Call:
    def call(cloud: EnforcedCloud, who: str) -> None:
        for queue in queues:
            _queue("send_message", queue, MessageBody="{}")(cloud, who)

    return call


def _receive_and_release(cloud: EnforcedCloud, who: str) -> None:
    url = cloud.stack.resources["UploadQueue"]
    cloud.client("owner", "sqs").send_message(QueueUrl=url, MessageBody="{}")
    sqs = cloud.client(who, "sqs")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"][:1]
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)


def _write_log(group: str) -> Call:
    def call(cloud: EnforcedCloud, who: str) -> None:
        logs, name = cloud.client(who, "logs"), f"/blastlens/dev/{group}"
        logs.create_log_stream(logGroupName=name, logStreamName=who)
        event = {"timestamp": 1, "message": "text"}
        logs.put_log_events(logGroupName=name, logStreamName=who, logEvents=[event])

    return call


def _write_both_logs(cloud: EnforcedCloud, who: str) -> None:
    _write_log("api")(cloud, who)
    _write_log("audit")(cloud, who)


def _audit(operation: str, **more: Any) -> Call:
    def call(cloud: EnforcedCloud, who: str) -> Any:
        return getattr(cloud.client(who, "logs"), operation)(logGroupName="/blastlens/dev/audit", **more)

    return call


def _use_key(key: str = "DataKey") -> Call:
    def call(cloud: EnforcedCloud, who: str) -> None:
        kms, name = cloud.client(who, "kms"), cloud.foreign.get(key) or cloud.stack.resources[key]
        secret = kms.generate_data_key(KeyId=name, KeySpec="AES_256")["CiphertextBlob"]
        kms.decrypt(KeyId=name, CiphertextBlob=secret)

    return call


def _follow_stream(function: str) -> Call:
    def call(cloud: EnforcedCloud, who: str) -> None:
        streams = cloud.client(who, "dynamodbstreams")
        arn = next(one.stream_arn for one in cloud.stack.streams if one.function == function)
        (shard, *_) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        way = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        streams.get_records(ShardIterator=streams.get_shard_iterator(**way)["ShardIterator"])

    return call


def _read_uploaded(cloud: EnforcedCloud, who: str) -> None:
    bucket = cloud.stack.resources["UploadBucket"]
    version = cloud.client("owner", "s3").put_object(Bucket=bucket, Key=UPLOAD, Body=b"1")["VersionId"]
    s3 = cloud.client(who, "s3")
    s3.get_object(Bucket=bucket, Key=UPLOAD)
    s3.get_object(Bucket=bucket, Key=UPLOAD, VersionId=version)


_EVENT = {"patient": {"S": "clinic/patient"}, "entry": {"S": "examination#event"}}
_EXAMINATION = {"patient": {"S": "clinic/patient"}, "examination": {"S": "examination"}}
_update: dict[str, Any] = {
    "Key": _KEY,
    "UpdateExpression": "SET a = :a",
    "ExpressionAttributeValues": {":a": {"S": "1"}},
}
_update_examination = _update | {"Key": _EXAMINATION}
_by_upload: dict[str, Any] = {"KeyConditionExpression": "upload = :u", "ExpressionAttributeValues": {":u": {"S": "u"}}}
_by_patient: dict[str, Any] = {
    "KeyConditionExpression": "patient = :u",
    "ExpressionAttributeValues": {":u": {"S": "u"}},
}
_by_clinic: dict[str, Any] = {
    "KeyConditionExpression": "clinic_id = :u",
    "ExpressionAttributeValues": {":u": {"S": "u"}},
}
_by_place: dict[str, Any] = {"KeyConditionExpression": "place = :u", "ExpressionAttributeValues": {":u": {"S": "u"}}}
_ENTRY = {"place": {"S": "clinic"}, "entry": {"S": "somebody#phone"}}


def _on_both(operation: str, **more: Any) -> Call:
    """Call something on the tables of phones and of browsers."""

    def call(cloud: EnforcedCloud, who: str) -> None:
        for table in ("ClinicsTable", "PatientAccessTable"):
            _table(operation, table, **more)(cloud, who)

    return call


def _show_push_key(cloud: EnforcedCloud, who: str) -> None:
    cloud.client(who, "kms").get_public_key(KeyId=cloud.stack.resources["PushKey"])


def _sign_push_message(cloud: EnforcedCloud, who: str) -> None:
    _show_push_key(cloud, who)
    _sign(cloud, who)


def _sign(cloud: EnforcedCloud, who: str) -> None:
    key = cloud.stack.resources["PushKey"]
    cloud.client(who, "kms").sign(KeyId=key, Message=b"text", SigningAlgorithm="ECDSA_SHA_256")


def _publish_everywhere(cloud: EnforcedCloud, who: str) -> None:
    _publish_to_clinic_and_phone(cloud, who)
    _publish("ReportTopic")(cloud, who)


def _subscribe(cloud: EnforcedCloud, who: str) -> Any:
    topic = cloud.stack.resources["ClinicTopic"]
    return cloud.client(who, "sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="somebody@else.example")


def _read_subscription(cloud: EnforcedCloud, who: str) -> None:
    topic = cloud.stack.resources["ClinicTopic"]
    arn = cloud.client("owner", "sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="lab@clinic.example")
    cloud.client(who, "sns").get_subscription_attributes(SubscriptionArn=arn["SubscriptionArn"])


def _query_fields_and_reviews(cloud: EnforcedCloud, who: str) -> None:
    _table("query", **_by_upload)(cloud, who)
    _table("query", "ReviewsTable", **_by_patient)(cloud, who)


def _query_fields_and_worklists(cloud: EnforcedCloud, who: str) -> None:
    _table("query", **_by_upload)(cloud, who)
    for table in ("ResultsTable", "ExaminationsTable"):
        _table("query", table, IndexName="by_clinic", **_by_clinic)(cloud, who)


_get, _put = _table("get_item", Key=_KEY), _table("put_item", Item=_KEY)

# Role → the actions of the policy → the call that needs them.
NEEDED: dict[str, dict[tuple[str, ...], Call]] = {
    "ClassifyRole": {
        ("sqs:ReceiveMessage", "sqs:DeleteMessage"): _receive_and_delete_from("UploadQueue"),
        ("sqs:ChangeMessageVisibility",): _receive_and_release,
        ("sqs:SendMessage",): _queue("send_message", "UploadDeadLetterQueue", MessageBody="{}"),
        ("sqs:GetQueueAttributes",): _queue("get_queue_attributes", AttributeNames=["All"]),
        ("s3:GetObject", "s3:GetObjectVersion"): _read_uploaded,
        ("s3:ListBucket",): _s3("list_objects_v2"),
        ("s3:PutObject",): _s3("put_object", ARTIFACT, Body=b"1"),
        ("dynamodb:GetItem",): _get,
        ("dynamodb:PutItem",): _put,
        ("kms:Decrypt", "kms:GenerateDataKey"): _use_key(),
        ("logs:CreateLogStream", "logs:PutLogEvents"): _write_log("classify"),
    },
    "NotifyRole": {
        ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"): _follow_stream(
            "NotifyFunction"
        ),
        ("dynamodb:ListStreams",): lambda cloud, who: cloud.client(who, "dynamodbstreams").list_streams(),
        ("dynamodb:GetItem",): _table("get_item", "ExaminationsTable", Key=_EXAMINATION),
        ("dynamodb:UpdateItem",): _table("update_item", "ExaminationsTable", **_update_examination),
        ("dynamodb:Query",): _on_both("query", **_by_place),
        ("dynamodb:DeleteItem",): _on_both("delete_item", Key=_ENTRY),
        ("kms:Sign", "kms:GetPublicKey"): _sign_push_message,
        ("sns:Publish",): _publish_everywhere,
        ("sns:GetSubscriptionAttributes",): _read_subscription,
        ("sqs:SendMessage",): _queue("send_message", "NotifyFailureQueue", MessageBody="{}"),
        ("kms:Decrypt", "kms:GenerateDataKey"): _use_key(),
        ("logs:CreateLogStream", "logs:PutLogEvents"): _write_log("notify"),
    },
    "ApiRole": {
        ("s3:PutObject",): _s3("put_object", UPLOAD, Body=b"1"),
        ("s3:ListBucket",): _s3("list_objects_v2", Prefix="uploads/clinic/patient/"),
        ("dynamodb:GetItem",): _table("get_item", "ExaminationsTable", Key=_EXAMINATION),
        ("dynamodb:PutItem",): _table("put_item", "ExaminationsTable", Item=_EXAMINATION),
        ("dynamodb:Query",): _query_fields_and_worklists,
        ("kms:Decrypt", "kms:GenerateDataKey"): _use_key(),
        ("logs:CreateLogStream", "logs:PutLogEvents"): _write_both_logs,
    },
}

_NOBODY = {
    "delete an upload": _s3("delete_object", UPLOAD),
    "delete a version for good": _s3("delete_object", UPLOAD, VersionId="v"),
    "delete an artifact": _s3("delete_object", ARTIFACT),
    "write into the access logs": _s3("put_object", "uploads/x", "BucketAccessLogs", Body=b"1"),
    "open the bucket": _s3("put_bucket_policy", Policy="{}"),
    "stop keeping versions": _s3("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"}),
    "write into a foreign bucket": _s3("put_object", UPLOAD, "bucket", Body=b"1"),
    "list the whole table": _table("scan"),
    "delete a record": _table("delete_item", Key=_KEY),
    "delete the table": _table("delete_table"),
    "read a foreign table": _table("get_item", "table", Key=_KEY),
    "write into a foreign table": _table("put_item", "table", Item=_KEY),
    "publish to a foreign topic": _publish("topic"),
    "publish an alarm": _publish("AlarmTopic"),
    "empty the queue": _queue("purge_queue"),
    "send to a foreign queue": _queue("send_message", "queue", MessageBody="{}"),
    "take dead letters": _queue("receive_message", "UploadDeadLetterQueue"),
    "use a foreign key": _use_key("key"),
    "read the audit trail": _audit("filter_log_events"),
    "delete a part of the audit trail": _audit("delete_log_stream", logStreamName="x"),
    "empty the audit trail": _audit("delete_log_group"),
    "stop keeping the audit trail": _audit("put_retention_policy", retentionInDays=1),
    "take a role": lambda cloud, who: cloud.client(who, "iam").list_roles(),
}
_NO_READER = {
    "read an upload": _s3("get_object", UPLOAD),
    "list the bucket": _s3("list_objects_v2"),
    "take uploads from the queue": _queue("receive_message"),
    "store an artifact": _s3("put_object", ARTIFACT, Body=b"1"),
    "write a record": _put,
}

# Role → what it is kept from → the call.
FORBIDDEN: dict[str, dict[str, Call]] = {
    "ClassifyRole": {
        **_NOBODY,
        "read another prefix": _s3("get_object", ARTIFACT),
        "put an upload": _s3("put_object", UPLOAD, Body=b"1"),
        "change a record": _table("update_item", **_update),
        "read a worklist": _table("query", IndexName="by_clinic", **_by_clinic),
        "tell a clinic": _publish("ClinicTopic"),
        "send itself work": _queue("send_message", MessageBody="{}"),
        "write another's log": _write_log("api"),
        "write another's log, the audit trail": _write_log("audit"),
    },
    "NotifyRole": {
        **_NOBODY,
        **_NO_READER,
        "add a clinic": _table("put_item", "ClinicsTable", Item=_ENTRY),
        "make an access code": _table("put_item", "PatientAccessTable", Item=_ENTRY),
        "tell a phone of somebody else's app": _publish_to_phone("phone"),
        "put an upload": _s3("put_object", UPLOAD, Body=b"1"),
        "read a worklist": _table("query", IndexName="by_clinic", **_by_clinic),
        "read a field": _get,
        "change a field": _table("update_item", **_update),
        "replace an examination": _table("put_item", "ExaminationsTable", Item=_EXAMINATION),
        "subscribe somebody": _subscribe,
        "follow the fields": _follow_stream("ExamineFunction"),
        "write another's log": _write_log("classify"),
        "write another's log, the audit trail": _write_log("audit"),
    },
    "ApiRole": {
        **_NOBODY,
        # It may only list uploads/, by a condition that moto does not evaluate: test_template.py checks it.
        **{what: call for what, call in _NO_READER.items() if what != "list the bucket"},
        "read an artifact": _s3("get_object", ARTIFACT),
        "change a record": _table("update_item", **_update),
        "delete an examination": _table("delete_item", "ExaminationsTable", Key=_EXAMINATION),
        "change an examination without a revision": _table("update_item", "ExaminationsTable", **_update_examination),
        "tell a clinic": _publish("ClinicTopic"),
        "tell a patient": _publish_to_phone("our phone"),
        "follow a stream": _follow_stream("NotifyFunction"),
        "write another's log": _write_log("notify"),
    },
}

NEEDED["ExamineRole"] = {
    ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"): _follow_stream("ExamineFunction"),
    ("dynamodb:ListStreams",): lambda cloud, who: cloud.client(who, "dynamodbstreams").list_streams(),
    ("dynamodb:Query",): _query_fields_and_reviews,
    ("dynamodb:GetItem",): _table("get_item", "ExaminationsTable", Key=_EXAMINATION),
    ("dynamodb:PutItem",): _table("put_item", "ExaminationsTable", Item=_EXAMINATION),
    ("sqs:ReceiveMessage", "sqs:DeleteMessage"): _receive_and_delete_from("SettleQueue"),
    ("sqs:GetQueueAttributes",): _queue("get_queue_attributes", "SettleQueue", AttributeNames=["All"]),
    ("sqs:SendMessage",): _send_to_each("SettleQueue", "UploadQueue", "ExamineFailureQueue"),
    ("kms:Decrypt", "kms:GenerateDataKey"): _use_key(),
    ("logs:CreateLogStream", "logs:PutLogEvents"): _write_log("examine"),
}
FORBIDDEN["ExamineRole"] = {
    **_NOBODY,
    **_NO_READER,
    "put an upload": _s3("put_object", UPLOAD, Body=b"1"),
    "change a record": _table("update_item", **_update),
    "read a worklist": _table("query", IndexName="by_clinic", **_by_clinic),
    "change an examination without a revision": _table("update_item", "ExaminationsTable", **_update_examination),
    "delete an examination": _table("delete_item", "ExaminationsTable", Key=_EXAMINATION),
    "add to a review": _table("put_item", "ReviewsTable", Item=_EVENT),
    "read a phone": _table("get_item", "ClinicsTable", Key=_ENTRY),
    "tell a clinic": _publish("ClinicTopic"),
    "tell a patient": _publish_to_phone("our phone"),
    "follow the examinations": _follow_stream("NotifyFunction"),
    "write another's log": _write_log("notify"),
    "write another's log, the audit trail": _write_log("audit"),
}

NEEDED["ReconcileRole"] = {
    ("s3:ListBucketVersions",): _s3("list_object_versions", Prefix="uploads/"),
    ("dynamodb:Scan",): _table("scan"),
    ("dynamodb:Query",): _query_fields_and_reviews,
    ("dynamodb:GetItem",): _table("get_item", "ExaminationsTable", Key=_EXAMINATION),
    ("dynamodb:UpdateItem",): _table("update_item", "ExaminationsTable", **_update_examination),
    ("sqs:SendMessage",): _queue("send_message", "SettleQueue", MessageBody="{}"),
    ("kms:Decrypt", "kms:GenerateDataKey"): _use_key(),
    ("logs:CreateLogStream", "logs:PutLogEvents"): _write_log("reconcile"),
}
FORBIDDEN["ReconcileRole"] = {
    **{what: call for what, call in _NOBODY.items() if what != "list the whole table"},
    # It may only list uploads/, by a condition that moto does not evaluate: test_template.py checks it.
    **{what: call for what, call in _NO_READER.items() if what != "list the bucket"},
    "put an upload": _s3("put_object", UPLOAD, Body=b"1"),
    "change a record": _table("update_item", **_update),
    "write an examination": _table("put_item", "ExaminationsTable", Item=_EXAMINATION),
    "delete an examination": _table("delete_item", "ExaminationsTable", Key=_EXAMINATION),
    "tell a clinic": _publish("ClinicTopic"),
    "tell a patient": _publish_to_phone("our phone"),
    "read a phone": _table("get_item", "ClinicsTable", Key=_ENTRY),
    "follow a stream": _follow_stream("NotifyFunction"),
    "write another's log": _write_log("notify"),
}


def _read_upload_and_artifact(cloud: EnforcedCloud, who: str) -> None:
    _read_uploaded(cloud, who)
    _s3("put_object", ARTIFACT, Body=b"1")(cloud, "owner")
    _s3("get_object", ARTIFACT)(cloud, who)


def _query_fields_examinations_and_worklist(cloud: EnforcedCloud, who: str) -> None:
    _table("query", **_by_upload)(cloud, who)
    _table("query", "ExaminationsTable", **_by_patient)(cloud, who)
    _table("query", "ExaminationsTable", IndexName="by_clinic", **_by_clinic)(cloud, who)
    _table("query", "ReviewsTable", **_by_patient)(cloud, who)


def _add_to_review_and_codes(cloud: EnforcedCloud, who: str) -> None:
    _table("put_item", "PatientAccessTable", Item=_ENTRY)(cloud, who)
    _table("put_item", "ExaminationsTable", Item=_EXAMINATION)(cloud, who)
    _table("put_item", "ReviewsTable", Item=_EVENT)(cloud, who)


def _get_examination_and_clinic(cloud: EnforcedCloud, who: str) -> None:
    _table("get_item", "ExaminationsTable", Key=_EXAMINATION)(cloud, who)
    _table("get_item", "ClinicsTable", Key=_ENTRY)(cloud, who)


def _write_clinician_and_audit_logs(cloud: EnforcedCloud, who: str) -> None:
    _write_log("clinician")(cloud, who)
    _write_log("audit")(cloud, who)


NEEDED["ClinicianRole"] = {
    ("s3:PutObject",): _s3("put_object", UPLOAD, Body=b"1"),
    ("s3:GetObject", "s3:GetObjectVersion"): _read_upload_and_artifact,
    ("s3:ListBucket",): _s3("list_objects_v2", Prefix="uploads/"),
    ("dynamodb:Query",): _query_fields_examinations_and_worklist,
    ("dynamodb:GetItem",): _get_examination_and_clinic,
    ("dynamodb:PutItem",): _add_to_review_and_codes,
    ("dynamodb:UpdateItem",): _table("update_item", "PatientAccessTable", **_update | {"Key": _ENTRY}),
    ("dynamodb:DeleteItem",): _table("delete_item", "PatientAccessTable", Key=_ENTRY),
    ("kms:Decrypt", "kms:GenerateDataKey"): _use_key(),
    ("logs:CreateLogStream", "logs:PutLogEvents"): _write_clinician_and_audit_logs,
    ("logs:FilterLogEvents",): _audit("filter_log_events"),
}
FORBIDDEN["ClinicianRole"] = {
    **{what: call for what, call in _NOBODY.items() if what != "read the audit trail"},
    "store an artifact": _s3("put_object", ARTIFACT, Body=b"1"),
    "read another prefix": _s3("get_object", "devices/clinic/device"),
    "take uploads from the queue": _queue("receive_message"),
    "write a record": _put,
    "read the worklist of fields": _table("query", IndexName="by_clinic", **_by_clinic),
    "change a record": _table("update_item", **_update),
    "delete an examination": _table("delete_item", "ExaminationsTable", Key=_EXAMINATION),
    "change an examination without a revision": _table("update_item", "ExaminationsTable", **_update_examination),
    "change an event of a review": _table("update_item", "ReviewsTable", **_update | {"Key": _EVENT}),
    "delete an event of a review": _table("delete_item", "ReviewsTable", Key=_EVENT),
    "list clinics and phones": _table("query", "ClinicsTable", **_by_place),
    "add a clinic": _table("put_item", "ClinicsTable", Item=_ENTRY),
    "tell a clinic": _publish("ClinicTopic"),
    "tell a patient": _publish_to_phone("our phone"),
    "follow a stream": _follow_stream("NotifyFunction"),
    "write another's log": _write_log("api"),
}


def _query_access_and_examinations(cloud: EnforcedCloud, who: str) -> None:
    _table("query", "PatientAccessTable", **_by_place)(cloud, who)
    of_patient = {"KeyConditionExpression": "patient = :u", "ExpressionAttributeValues": {":u": {"S": "u"}}}
    _table("query", "ExaminationsTable", **of_patient)(cloud, who)


def _get_access_and_clinic(cloud: EnforcedCloud, who: str) -> None:
    for table in ("PatientAccessTable", "ClinicsTable"):
        _table("get_item", table, Key=_ENTRY)(cloud, who)


def _write_patient_and_audit_logs(cloud: EnforcedCloud, who: str) -> None:
    _write_log("patient")(cloud, who)
    _write_log("audit")(cloud, who)


NEEDED["PatientRole"] = {
    ("dynamodb:GetItem",): _get_access_and_clinic,
    ("dynamodb:Query",): _query_access_and_examinations,
    # A check of a condition is part of a transaction with a write; moto does not evaluate transactions.
    ("dynamodb:PutItem", "dynamodb:ConditionCheckItem"): _table("put_item", "PatientAccessTable", Item=_ENTRY),
    ("dynamodb:UpdateItem",): _table("update_item", "PatientAccessTable", **_update | {"Key": _ENTRY}),
    ("dynamodb:DeleteItem",): _table("delete_item", "PatientAccessTable", Key=_ENTRY),
    ("kms:GetPublicKey",): _show_push_key,
    ("kms:Decrypt", "kms:GenerateDataKey"): _use_key(),
    ("logs:CreateLogStream", "logs:PutLogEvents"): _write_patient_and_audit_logs,
}
FORBIDDEN["PatientRole"] = {
    **_NOBODY,
    **_NO_READER,
    "read an artifact": _s3("get_object", ARTIFACT),
    "put an upload": _s3("put_object", UPLOAD, Body=b"1"),
    "read a field": _table("query", **_by_upload),
    "read a worklist": _table("query", "ExaminationsTable", IndexName="by_clinic", **_by_clinic),
    "sign an examination": _table("put_item", "ExaminationsTable", Item=_EXAMINATION),
    "change an examination": _table("update_item", "ExaminationsTable", **_update_examination),
    "list all codes": _table("scan", "PatientAccessTable"),
    "list clinics and phones": _table("query", "ClinicsTable", **_by_place),
    "add a clinic": _table("put_item", "ClinicsTable", Item=_ENTRY),
    "sign a push message": _sign,
    "tell a clinic": _publish("ClinicTopic"),
    "tell a patient": _publish_to_phone("our phone"),
    "follow a stream": _follow_stream("NotifyFunction"),
    "write another's log": _write_log("api"),
}


def _get_what_a_report_needs(cloud: EnforcedCloud, who: str) -> None:
    _table("get_item", "ExaminationsTable", Key=_EXAMINATION)(cloud, who)
    for table in ("ClinicsTable", "PatientAccessTable"):
        _table("get_item", table, Key=_ENTRY)(cloud, who)


def _query_fields_and_review(cloud: EnforcedCloud, who: str) -> None:
    _table("query", **_by_upload)(cloud, who)
    _table("query", "ReviewsTable", **_by_patient)(cloud, who)


def _write_report_and_audit_logs(cloud: EnforcedCloud, who: str) -> None:
    _write_log("report")(cloud, who)
    _write_log("audit")(cloud, who)


NEEDED["ReportRole"] = {
    ("dynamodb:GetItem",): _get_what_a_report_needs,
    ("dynamodb:Query",): _query_fields_and_review,
    ("kms:Decrypt", "kms:GenerateDataKey"): _use_key(),
    ("logs:CreateLogStream", "logs:PutLogEvents"): _write_report_and_audit_logs,
}
FORBIDDEN["ReportRole"] = {
    **_NOBODY,
    **_NO_READER,
    "put an upload": _s3("put_object", UPLOAD, Body=b"1"),
    "read an artifact": _s3("get_object", ARTIFACT),
    "read a worklist": _table("query", "ExaminationsTable", IndexName="by_clinic", **_by_clinic),
    "change an examination": _table("update_item", "ExaminationsTable", **_update_examination),
    "write an examination": _table("put_item", "ExaminationsTable", Item=_EXAMINATION),
    "write a review": _table("put_item", "ReviewsTable", Item=_ENTRY | _EXAMINATION),
    "list clinics and phones": _table("query", "ClinicsTable", **_by_place),
    "list codes of patients": _table("query", "PatientAccessTable", **_by_place),
    "open a session": _table("put_item", "PatientAccessTable", Item=_ENTRY),
    "tell a clinic": _publish("ClinicTopic"),
    "tell a patient": _publish_to_phone("our phone"),
    "follow a stream": _follow_stream("NotifyFunction"),
    "write another's log": _write_log("clinician"),
}
