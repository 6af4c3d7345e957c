"""The access-log bucket of template.yaml."""

from typing import Any

import pytest

from blastlens.local.stack.template import find_template, read_template

OUR_BUCKET = "blastlens-${Stage}-${AWS::AccountId}-${AWS::Region}"
PAGE_BUCKET = "blastlens-${Stage}-page-${AWS::AccountId}-${AWS::Region}"


@pytest.fixture(scope="module")
def resources() -> Any:
    return read_template(find_template())["Resources"]


@pytest.fixture(scope="module")
def bucket(resources: Any) -> Any:
    return resources["BucketAccessLogs"]["Properties"]


def statements(resources: Any, effect: str) -> list[Any]:
    policy = resources["BucketAccessLogsPolicy"]["Properties"]
    assert policy["Bucket"] == {"Ref": "BucketAccessLogs"}
    return [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == effect]


def test_the_bucket_of_smears_writes_its_log_there(resources: Any):
    logging = resources["UploadBucket"]["Properties"]["LoggingConfiguration"]
    assert logging == {"DestinationBucketName": {"Ref": "BucketAccessLogs"}, "LogFilePrefix": "uploads/"}


def test_logs_are_encrypted_by_s3_itself_because_it_delivers_to_no_bucket_with_a_kms_key(bucket: Any):
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_nobody_overwrites_a_log_and_every_log_ends_some_day(resources: Any, bucket: Any):
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", {"Ref": "LogRetentionDays"})
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] > 0
    assert "Prefix" not in rule and "Filter" not in rule


def test_logs_outlive_the_stack(resources: Any):
    kept = resources["BucketAccessLogs"]
    assert (kept["DeletionPolicy"], kept["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_nothing_of_it_is_public_and_no_access_list_counts(bucket: Any):
    blocked = bucket["PublicAccessBlockConfiguration"]
    assert set(blocked.values()) == {True} and len(blocked) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_who_comes_without_tls_is_turned_away(resources: Any):
    (refused,) = statements(resources, "Deny")
    assert (refused["Principal"], refused["Action"]) == ("*", "s3:*")
    assert refused["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    everything = [{"Fn::GetAtt": ["BucketAccessLogs", "Arn"]}, {"Fn::Sub": "${BucketAccessLogs.Arn}/*"}]
    assert refused["Resource"] == everything


def test_only_the_log_service_of_s3_writes_there_and_only_for_our_buckets_and_account(resources: Any):
    (allowed,) = statements(resources, "Allow")
    assert (allowed["Principal"], allowed["Action"]) == ({"Service": "logging.s3.amazonaws.com"}, "s3:PutObject")
    assert allowed["Resource"] == [{"Fn::Sub": f"${{BucketAccessLogs.Arn}}/{one}/*"} for one in ("uploads", "page")]
    ours = [{"Fn::Sub": f"arn:${{AWS::Partition}}:s3:::{one}"} for one in (OUR_BUCKET, PAGE_BUCKET)]
    assert allowed["Condition"] == {
        "ArnEquals": {"aws:SourceArn": ours},
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
    }
    assert resources["UploadBucket"]["Properties"]["BucketName"] == {"Fn::Sub": OUR_BUCKET}
    assert resources["PageBucket"]["Properties"]["BucketName"] == {"Fn::Sub": PAGE_BUCKET}
