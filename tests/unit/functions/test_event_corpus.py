"""The example events under events/."""

import json
from typing import Any

import pytest

from blastlens.domain.errors import InvalidEvent, UploadRefused
from blastlens.domain.upload import MAX_BYTES, parse_key
from blastlens.functions.s3_events import is_s3_event, read_body, read_event
from blastlens.local.event_sources.filters import matches_any
from blastlens.local.stack.template import read_template
from tests.unit.functions.corpus import EVENTS, NAMES, bodies, event

GOOD_BATCHES = [name for name in NAMES if name.startswith("sqs-") and name != "sqs-poison"]


def test_there_is_an_event_for_each_event_source():
    assert {name.partition("-")[0] for name in NAMES} == {"s3", "sqs", "stream", "api"}


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_json_laid_out_for_reading(name: str):
    text = (EVENTS / f"{name}.json").read_text()
    assert text == json.dumps(json.loads(text), indent=2) + "\n"


def test_the_bare_event_is_one_as_sam_generates_it():
    assert is_s3_event(event("s3-put"))
    assert len(read_event(event("s3-put")).created) == 1


@pytest.mark.parametrize("name", GOOD_BATCHES)
def test_every_message_of_a_batch_can_be_read(name: str):
    for body in bodies(event(name)):
        read_body(body)


def test_the_poison_is_poison_and_leaves_one_good_message():
    readable = 0
    for body in bodies(event("sqs-poison")):
        try:
            readable += len(read_body(body).created)
        except InvalidEvent:
            continue
    assert (readable, len(bodies(event("sqs-poison")))) == (1, 3)


def test_the_duplicate_is_one():
    first, second = bodies(event("sqs-duplicate"))
    assert read_body(first) == read_body(second)


def test_the_large_object_is_too_large():
    (created,) = read_body(bodies(event("sqs-too-large"))[0]).created
    assert created.source.size is not None and created.source.size > MAX_BYTES


def test_the_key_that_breaks_the_contract_does():
    (created,) = read_body(bodies(event("sqs-key-breaks-contract"))[0]).created
    with pytest.raises(UploadRefused):
        parse_key(created.source.key)


def patterns(function: str, source: str) -> list[dict[str, Any]]:
    properties = read_template(EVENTS.parent / "template.yaml")["Resources"][function]["Properties"]
    return [
        json.loads(one["Pattern"]) for one in properties["Events"][source]["Properties"]["FilterCriteria"]["Filters"]
    ]


def passing(function: str, source: str, prefix: str) -> set[str]:
    wanted = patterns(function, source)
    names = [name for name in NAMES if name.startswith(prefix)]
    return {name for name in names if matches_any(event(name)["Records"][0], wanted)}


def test_of_examinations_only_those_that_may_owe_a_notice_pass_the_streams_filter():
    found = passing("NotifyFunction", "ChangedExaminations", "stream-examination-")
    assert found == {f"stream-examination-{one}" for one in ("ready", "held", "signed", "asked-again")}


def test_of_field_records_only_new_ones_pass_the_streams_filter():
    assert passing("ExamineFunction", "NewFields", "stream-") >= {"stream-new-results"}
    assert "stream-record-changed" not in passing("ExamineFunction", "NewFields", "stream-")
