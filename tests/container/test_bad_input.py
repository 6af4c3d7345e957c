"""What the container does where something is wrong: it answers, or it fails clearly, and never half writes."""

import json
import shutil
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from blastlens.domain.upload import MAX_BYTES
from blastlens.functions.s3_events import read_body
from blastlens.inference.package import MANIFEST_FILE, SHIPPED
from tests.container.running import container, docker
from tests.unit.functions.corpus import bodies

pytestmark = [pytest.mark.container, pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(autouse=True)
def nothing_stored(cloud):
    cloud.clear()


@pytest.fixture(scope="module")
def variables(cloud) -> dict[str, str]:
    return {
        **cloud.variables,
        "AWS_REGION": cloud.region,
        "AWS_DEFAULT_REGION": cloud.region,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
    }


def told_of(cloud, data: bytes) -> Any:
    """Upload `data`, and return the batch that tells of it without its size, as an old event may."""
    key = read_body(bodies(cloud.told("sqs-new-smear"))[0]).created[0].source.key
    batch = cloud.told("sqs-new-smear", cloud.upload(key, data))
    body = json.loads(batch["Records"][0]["body"])
    del body["Records"][0]["s3"]["object"]["size"]
    batch["Records"][0]["body"] = json.dumps(body)
    return batch


def bomb(side: int) -> bytes:
    """Return a PNG file of a few kilobytes that would be `side` x `side` pixels in memory."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_an_object_with_more_bytes_than_are_read_is_rejected_before_it_is_downloaded(image, emulator, cloud, variables):
    with container(image, emulator, variables, "--memory", "1769m") as running:
        answer = running.invoke(told_of(cloud, bytes(MAX_BYTES + 1)))
    assert answer == {"batchItemFailures": []}
    (record,) = cloud.records()
    assert (record["status"], record["reason"]) == ({"S": "REJECTED"}, {"S": "too_many_bytes"})


def test_an_object_whose_pixels_would_not_fit_into_memory_is_rejected(image, emulator, cloud, variables):
    with container(image, emulator, variables, "--memory", "1024m", "--memory-swap", "1024m") as running:
        answer = running.invoke(told_of(cloud, bomb(60_000)))
    assert answer == {"batchItemFailures": []}
    (record,) = cloud.records()
    assert (record["status"], record["reason"]) == ({"S": "REJECTED"}, {"S": "too_many_pixels"})


def test_a_package_of_another_format_stops_the_start_with_a_clear_line(
    image, emulator, cloud, variables, smear, tmp_path
):
    package = tmp_path / "package"
    shutil.copytree(SHIPPED, package)
    manifest = json.loads((package / MANIFEST_FILE).read_text())
    (package / MANIFEST_FILE).write_text(json.dumps({**manifest, "format": 99}))
    options = ("--volume", f"{package}:/package:ro")
    with container(image, emulator, {**variables, "MODEL_PACKAGE": "/package"}, *options) as running:
        answer = running.invoke(told_of(cloud, smear))
        log = running.log()
    assert answer["errorType"] == "DamagedPackage"
    assert "format 99; this version of blastlens reads format" in log
    assert (cloud.records(), cloud.artifacts()) == ([], [])


def test_a_full_tmp_changes_nothing(image, emulator, cloud, variables, smear):
    # A file system of one page, which the mounted file fills.
    options = ("--tmpfs", "/tmp:size=4k", "--volume", f"{__file__}:/tmp/full:ro")
    with container(image, emulator, variables, *options) as running:
        answer = running.invoke(told_of(cloud, smear))
    assert answer == {"batchItemFailures": []}
    (record,) = cloud.records()
    assert record["status"] == {"S": "CLASSIFIED"}


def test_a_file_system_that_cannot_be_written_changes_nothing(image, emulator, cloud, variables, smear):
    with container(image, emulator, variables, "--read-only") as running:
        answer = running.invoke(told_of(cloud, smear))
    assert answer == {"batchItemFailures": []}
    (record,) = cloud.records()
    assert record["status"] == {"S": "CLASSIFIED"}
    assert len(cloud.artifacts()) == 3


def test_where_the_table_is_gone_the_item_fails_and_nothing_is_stored(image, emulator, cloud, variables, smear):
    with container(image, emulator, {**variables, "RESULTS_TABLE": "no-such-table"}) as running:
        batch = told_of(cloud, smear)
        answer = running.invoke(batch)
        log = running.log()
    assert [one["itemIdentifier"] for one in answer["batchItemFailures"]] == [batch["Records"][0]["messageId"]]
    assert "item failed" in log and "ResourceNotFoundException" in log
    assert (cloud.records(), cloud.artifacts()) == ([], [])


def test_the_image_holds_no_training_no_tests_and_no_source_of_other_rooms(image, emulator, variables):
    with container(image, emulator, variables) as running:
        found = listing(running.identity)
    rooms = {path.split("/")[4] for path in found if path.startswith("/var/task/blastlens/") and path.count("/") > 4}
    assert rooms == {"__pycache__", "cloud", "domain", "functions", "imaging", "inference", "models"}
    unwanted = ("tensorflow", "keras", "pytest", "moto", "pandas", "rich", "click")
    assert not [path for path in found if Path(path).parts[3:4] and Path(path).parts[3] in unwanted]
    sources = {path for path in found if path.startswith("/var/task/blastlens/") and path.endswith(".py")}
    assert all(f"{Path(path).stem}.cpython-313.pyc" in " ".join(found) for path in sources)


def listing(identity: str) -> list[str]:
    """Return the path of every file of the function in a container."""
    return docker("exec", identity, "find", "/var/task", "-type", "f").splitlines()
