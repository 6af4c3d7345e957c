"""The classify function under Lambda's runtime client on limited machines."""

import json
import resource
import shutil
from functools import partial

import pytest

from blastlens.inference.package import MANIFEST_FILE, SHIPPED
from tests.unit.functions.runtime_api import NOTHING_TO_DO, runtime_api

pytest.importorskip("awslambdaric", reason="Lambda's runtime client comes for Linux alone")


@pytest.fixture
def start(start_function):
    """Return what starts the function that is deployed."""
    return partial(start_function, handler="blastlens.functions.entry.classify.handler")


def let_no_file_grow():
    """Have every write to a file fail, as on a full /tmp and a read-only file system; pipes and sockets go on."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_a_smear_is_read_and_an_event_answered_where_no_file_can_be_written(start):
    with runtime_api(NOTHING_TO_DO) as api:
        # Before a snapshot the function reads a drawn smear, by the same way as an uploaded one.
        start(api, prepare=let_no_file_grow, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start", TMPDIR="/nowhere")
        assert api.waiting.wait(60), "it never read its smear"
        api.restore.set()
        assert api.answered.wait(60), "it never answered"
        assert api.answer == {"batchItemFailures": []}


def test_a_package_of_another_format_ends_the_start_with_a_line_that_names_both(start, tmp_path):
    package = tmp_path / "package"
    shutil.copytree(SHIPPED, package)
    manifest = json.loads((package / MANIFEST_FILE).read_text())
    (package / MANIFEST_FILE).write_text(json.dumps(manifest | {"format": 99}))
    with runtime_api(NOTHING_TO_DO) as api:
        process = start(api, MODEL_PACKAGE=str(package))
        said, _ = process.communicate(timeout=60)
        assert process.returncode != 0
        assert api.calls == ["POST init/error"]
        assert "has format 99" in json.loads(api.answer["body"])["errorMessage"]
        assert "this version of blastlens reads format" in said


def test_a_damaged_graph_ends_the_start_before_any_event_is_taken(start, tmp_path):
    package = tmp_path / "package"
    shutil.copytree(SHIPPED, package)
    graph = package / "model.tflite"
    data = bytearray(graph.read_bytes())
    data[len(data) // 2] ^= 1
    graph.write_bytes(data)
    with runtime_api(NOTHING_TO_DO) as api:
        assert start(api, MODEL_PACKAGE=str(package)).wait(60) != 0
        assert api.calls == ["POST init/error"]
