import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastlens.domain.errors import InvalidEvent
from blastlens.functions.s3_events import is_s3_event, read_body, read_event
from tests.unit.functions.corpus import bodies, changed, event

PUT = event("s3-put")


def test_bucket_key_size_order_and_time_are_read_from_an_event():
    (created,) = read_event(PUT).created
    assert created.source.bucket == "blastlens-dev-123456789012-eu-central-1"
    assert created.source.key == "uploads/clinic-7/patient-41/upload-0001.jpg"
    assert (created.source.size, created.source.sequencer) == (41873, "0065B1F5C3A1D2E4F0")
    assert created.created_at == datetime(2026, 11, 22, 9, 30, 15, 123000, tzinfo=UTC)


def test_the_version_is_the_events_own():
    (body,) = bodies(event("sqs-new-smear"))
    assert read_body(body).created[0].source.version_id == "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY"


@pytest.mark.parametrize("version", [..., None])
def test_an_event_without_a_version_has_the_version_null(version):
    told = PUT if version is ... else changed(PUT, "Records.0.s3.object.versionId", version)
    assert read_event(told).created[0].source.version_id == "null"


def test_every_object_of_a_message_is_read_in_order():
    (body,) = bodies(event("sqs-several-objects"))
    names = [created.source.key.rpartition("/")[2] for created in read_body(body).created]
    assert names == ["upload-0001.jpg", "upload-0002.png", "upload-0003.tif"]


@pytest.mark.parametrize(("encoded", "key"), [("a+b%2Bc", "a b+c"), ("%25+41", "% 41"), ("%C3%BC%2F1", "ü/1")])
def test_the_key_is_decoded_once(encoded: str, key: str):
    assert read_event(changed(PUT, "Records.0.s3.object.key", encoded)).created[0].source.key == key


def test_s3s_test_event_is_ignored():
    (body,) = bodies(event("sqs-test-event"))
    assert (read_body(body).created, read_body(body).ignored) == ((), ("s3:TestEvent",))


def test_what_is_no_creation_is_ignored_by_its_name():
    (body,) = bodies(event("sqs-object-removed"))
    assert (read_body(body).created, read_body(body).ignored) == ((), ("ObjectRemoved:DeleteMarkerCreated",))


@pytest.mark.parametrize("name", ["ObjectCreated:Put", "ObjectCreated:Post", "ObjectCreated:CompleteMultipartUpload"])
def test_every_kind_of_object_creation_counts(name: str):
    assert read_event(changed(PUT, "Records.0.eventName", name)).created


@pytest.mark.parametrize("version", ["2.0", "2.1", "2.5"])
def test_every_schema_2_is_read(version: str):
    assert read_event(changed(PUT, "Records.0.eventVersion", version)).created


@pytest.mark.parametrize("field", ["sequencer", "size"])
def test_size_and_order_may_be_missing(field: str):
    (created,) = read_event(changed(PUT, f"Records.0.s3.object.{field}", ...)).created
    assert (created.source.size is None) == (field == "size")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("Records", ...),
        ("Records", []),
        ("Records", {}),
        ("Records", ["text"]),
        ("Records.0.eventSource", "aws:sns"),
        ("Records.0.eventVersion", "3.0"),
        ("Records.0.eventVersion", ...),
        ("Records.0.eventName", None),
        ("Records.0.eventTime", "yesterday"),
        ("Records.0.eventTime", 1),
        ("Records.0.s3", ...),
        ("Records.0.s3.bucket", "name"),
        ("Records.0.s3.bucket.name", ""),
        ("Records.0.s3.object.key", ...),
        ("Records.0.s3.object.key", 7),
        ("Records.0.s3.object.key", "\ud800"),
        ("Records.0.s3.object.versionId", ""),
        ("Records.0.s3.object.versionId", "v" * 513),
        ("Records.0.s3.object.size", -1),
        ("Records.0.s3.object.size", "1"),
        ("Records.0.s3.object.size", True),
        ("Records.0.s3.object.sequencer", 5),
    ],
)
def test_an_event_that_is_not_as_s3_makes_it_is_refused(path: str, value: object):
    with pytest.raises(InvalidEvent):
        read_event(changed(PUT, path, value))


@pytest.mark.parametrize("body", ["", "nothing", "[]", "null", "7", '"text"', "{}", "[" * 100_000, '{"Records": 1}'])
def test_a_body_that_is_no_s3_event_is_refused(body: str):
    with pytest.raises(InvalidEvent):
        read_body(body)


def test_the_refusal_does_not_repeat_what_the_message_held():
    with pytest.raises(InvalidEvent) as caught:
        read_body(json.dumps(changed(PUT, "Records.0.eventTime", "Jane Doe")))
    assert "Jane" not in str(caught.value)
    assert caught.value.__cause__ is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
PATHS = ["Records", "Records.0.eventName", "Records.0.s3", "Records.0.s3.bucket", "Records.0.s3.object.key"]


@given(path=st.sampled_from([*PATHS, "Records.0.s3.object.versionId", "Records.0.eventTime"]), value=JSON)
def test_whatever_stands_in_a_field_the_event_is_read_or_refused(path: str, value: object):
    try:
        read_body(json.dumps(changed(PUT, path, value)))
    except InvalidEvent as error:
        assert not error.can_retry


def test_an_s3_event_is_distinguished_from_a_batch_of_messages():
    assert is_s3_event(PUT)
    assert not is_s3_event(event("sqs-new-smear"))
    others: list[object] = [{}, None, {"Records": []}, {"Records": ["text"]}, {"Records": {}}]
    assert not any(is_s3_event(other) for other in others)
