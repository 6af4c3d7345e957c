"""Container image with `sam local invoke` and `sam local start-lambda`."""

import json
import socket
import subprocess
import time

import boto3
import pytest
from botocore.config import Config

from blastlens.domain.upload import parse_key
from blastlens.inference.package import SHIPPED, load_package
from tests.unit.functions.corpus import event

pytestmark = [pytest.mark.container, pytest.mark.slow, pytest.mark.timeout(1200)]


def test_a_good_smear_is_classified_stored_once_and_its_pictures_kept(sam, cloud, smear, tmp_path):
    answer = sam.invoke(cloud.upload_for("sqs-new-smear", smear), tmp_path)
    assert answer.failures == []
    (record,) = cloud.records()
    assert record["status"] == {"S": "CLASSIFIED"}
    assert load_package(SHIPPED).identity.digest in json.dumps(record)
    upload = parse_key(cloud.key_in("sqs-new-smear"))
    folder = f"artifacts/{upload.clinic_id}/{upload.patient_id}/{upload.upload_id}/"
    assert {artifact.rpartition("/")[2] for artifact in cloud.artifacts() if artifact.startswith(folder)} == {
        "segmented.png",
        "overlay.png",
        "heat.png",
        "cells.json",
    }
    assert upload.patient_id not in answer.log


def test_a_corrupt_file_is_an_answer_and_no_failure(sam, cloud, smear, tmp_path):
    answer = sam.invoke(cloud.upload_for("sqs-corrupt-file", smear[: len(smear) // 2]), tmp_path)
    assert answer.failures == []
    (record,) = cloud.records()
    assert record["status"] == {"S": "REJECTED"}
    assert record["reason"] == {"S": "truncated"}
    assert cloud.artifacts() == []


def test_a_duplicate_is_answered_once(sam, cloud, smear, tmp_path):
    batch = cloud.upload_for("sqs-duplicate", smear)
    batch["Records"][1]["body"] = batch["Records"][0]["body"]
    answer = sam.invoke(batch, tmp_path)
    assert answer.failures == []
    assert len(cloud.records()) == 1
    assert "answered before" in answer.log


def test_the_test_event_of_a_bucket_is_let_pass(sam, cloud, tmp_path):
    answer = sam.invoke(event("sqs-test-event"), tmp_path)
    assert answer.failures == []
    assert cloud.records() == []


def test_a_missing_object_is_rejected_and_not_tried_again(sam, cloud, tmp_path):
    answer = sam.invoke(cloud.make_event("sqs-missing-object"), tmp_path)
    assert answer.failures == []
    (record,) = cloud.records()
    assert record["status"] == {"S": "REJECTED"}
    assert record["reason"] == {"S": "object_missing"}


def test_boto3_invokes_the_function_that_start_lambda_serves(sam, cloud, smear):
    batch = cloud.upload_for("sqs-new-smear", smear)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = sam.command("start-lambda", "--port", str(port), "--warm-containers", "LAZY")
    served = subprocess.Popen(
        command, cwd=sam.repository, env=sam.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        client = boto3.client(
            "lambda",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name=sam.region,
            config=Config(read_timeout=300, retries={"total_max_attempts": 1}),
        )
        responses = [client.invoke(FunctionName="ClassifyFunction", Payload=json.dumps(batch)) for _ in range(2)]
        assert [json.load(response["Payload"]) for response in responses] == [{"batchItemFailures": []}] * 2
        (record,) = cloud.records()
        assert record["status"] == {"S": "CLASSIFIED"}
    finally:
        served.terminate()
        served.wait(60)


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens on port {port}")
