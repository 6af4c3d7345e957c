"""The example events under events/."""

import json
import re

import pytest

from blastlens.domain.errors import InvalidEvent, UploadRefused
from blastlens.domain.upload import MAX_BYTES, parse_key
from blastlens.functions.s3_events import is_s3_event, read_body, read_event
from blastlens.local.event_sources.filters import matches_any
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


def test_a_record_that_was_signed_passes_the_streams_filter_and_another_change_does_not():
    text = (EVENTS.parent / "template.yaml").read_text()
    patterns = [json.loads(one) for one in re.findall(r"Pattern: '(\{.*\})'", text)]
    assert len(patterns) == 3
    passes = {name: matches_any(event(name)["Records"][0], patterns) for name in NAMES if name.startswith("stream-")}
    assert passes == {"stream-new-results": True, "stream-record-changed": False, "stream-signed-off": True}
