"""Files for `sam local invoke`: a good smear is classified and notified of."""

import json
from dataclasses import replace

import pytest

from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.labels import Label
from blastlens.domain.prediction import Prediction
from blastlens.functions.s3_events import is_s3_event
from blastlens.functions.settings import ApiSettings, ClassifySettings, ExamineSettings, NotifySettings
from blastlens.inference.package import SHIPPED, load_package
from blastlens.local.answer_lines import format_record
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.demo.sent_notices import sent_notices
from blastlens.local.handlers import functions_maker
from blastlens.local.sam_files import ENVIRONMENT, EVENTS, with_idle_functions, write_sam_files
from blastlens.local.stack.template import find_template
from tests.answers import prediction, record, result
from tests.functional.quick_reader import QuickReader

DIGEST = load_package(SHIPPED).identity.digest
CONTAINERS = functions_maker(QuickReader(DIGEST), "CRITICAL")


@pytest.fixture(scope="module")
def cloud():
    idle = with_idle_functions(functions_maker(QuickReader(DIGEST), "CRITICAL"))
    with EmbeddedCloud(find_template(), idle, retry_seconds=0) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def files(cloud, tmp_path_factory):
    """Return the content of each file by its name."""
    folder = tmp_path_factory.mktemp("sam") / "new"
    write_sam_files(cloud, folder, DIGEST)
    return {path.name: json.loads(path.read_text()) for path in folder.iterdir()}


def test_the_events_drive_the_functions_from_a_good_smear_to_its_notice(cloud, files):
    functions = CONTAINERS(cloud.stack, cloud.clients)
    assert is_s3_event(files[EVENTS["ClassifyFunction"]])
    for name, event in EVENTS.items():
        answer = functions[name].invoke(files[event])
        assert (answer.error, answer.payload) == (None, {"batchItemFailures": []})
    table = ResultsTable(cloud.clients.client("dynamodb"), cloud.stack.resources["ResultsTable"])
    (stored,) = table.worklist("clinic-7", 10).records
    assert isinstance(stored.result.answer, Prediction)
    (notice,) = sent_notices(cloud.stack.resources["ClinicTopic"])
    assert notice.examination_id == "upload-0001"
    assert float(format_record(stored).split()[-2]) < 60, "the line counts seconds from the upload, not from 1970"


def test_the_environment_has_what_each_function_needs_at_the_address_of_the_local_cloud(cloud, files):
    environment = files[ENVIRONMENT]
    classify = ClassifySettings.from_environment(environment["ClassifyFunction"])
    examine = ExamineSettings.from_environment(environment["ExamineFunction"])
    notify = NotifySettings.from_environment(environment["NotifyFunction"])
    assert notify.email_subscription.startswith(notify.clinic_topic_arn), "without a reader notices would stay owed"
    ApiSettings.from_environment(environment["ApiFunction"])
    assert classify.results_table == cloud.stack.resources["ResultsTable"]
    assert {one["AWS_ENDPOINT_URL"] for one in environment.values()} == {cloud.endpoint}
    assert environment["ClassifyFunction"]["UPLOAD_QUEUE_URL"].startswith(cloud.endpoint)
    assert examine.settle_queue_url == cloud.stack.resources["SettleQueue"]


def test_the_line_of_an_answer_counts_seconds_also_where_a_hand_written_event_has_any_sequencer():
    stored = record(result(prediction(Label.PRE_B)))
    by_hand = replace(stored, result=replace(stored.result, source=replace(stored.result.source, sequencer="0A")))
    waited = (stored.result.answered_at - stored.result.uploaded_at).total_seconds()
    assert format_record(by_hand).endswith(f"{waited:.1f} s")
