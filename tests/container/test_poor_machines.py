"""Container image with too little memory or disk space, or with a wrong package."""

import json

import pytest

from blastlens.inference.package import MANIFEST_FILE, SHIPPED

pytestmark = [pytest.mark.container, pytest.mark.slow, pytest.mark.timeout(1200)]

MEMORY_MB = 768  # half of what the template allows, so that a busy machine serves a larger object in time
PACKAGE = f"/var/task/blastlens/models/{SHIPPED.name}"


def test_an_object_larger_than_the_functions_memory_is_rejected_unread(start, cloud):
    # The event says that the object is small, as the example does: only S3's answer tells.
    batch = cloud.upload_for("sqs-new-smear", bytes((MEMORY_MB + 64) * 1024**2))
    assert start(f"--memory={MEMORY_MB}m", f"--memory-swap={MEMORY_MB}m").invoke(batch) == {"batchItemFailures": []}
    (record,) = cloud.records()
    assert (record["status"], record["reason"]) == ({"S": "REJECTED"}, {"S": "too_many_bytes"})


@pytest.mark.parametrize(
    "options",
    [("--read-only",), ("--read-only", "--tmpfs", "/tmp:size=4k")],
    ids=["read-only", "tmp-full"],
)
def test_a_smear_is_answered_where_no_file_can_be_written(start, cloud, smear, options):
    batch = cloud.upload_for("sqs-new-smear", smear)
    assert start(*options).invoke(batch) == {"batchItemFailures": []}
    assert [record["status"] for record in cloud.records()] == [{"S": "CLASSIFIED"}]
    assert len(cloud.artifacts()) == 4


def test_a_package_of_another_format_is_refused_with_the_reason(start, cloud, smear, tmp_path):
    manifest = json.loads((SHIPPED / MANIFEST_FILE).read_text())
    foreign = tmp_path / MANIFEST_FILE
    foreign.write_text(json.dumps(manifest | {"format": 99}))
    function = start("--volume", f"{foreign}:{PACKAGE}/{MANIFEST_FILE}:ro")
    assert "has format 99" in function.invoke(cloud.upload_for("sqs-new-smear", smear))["errorMessage"]
    assert "this version of blastlens reads format" in function.log
    assert cloud.records() == []
    assert cloud.artifacts() == []
