"""Contents of a snapshot, and what is renewed after a restore."""

import pytest
from snapshot_restore_py import get_after_restore, get_before_snapshot

from blastlens.cloud.clients import new_session
from blastlens.functions.snapshots import make_snapshot_handler, warm_up
from tests.answers import FakeReader, lambda_context


@pytest.fixture
def hooks():
    """Leave no hook behind for other tests of this process."""
    kept = list(get_before_snapshot()), list(get_after_restore())
    yield
    get_before_snapshot()[:], get_after_restore()[:] = kept


def run_last(registered) -> None:
    function, given, named = registered[-1]
    function(*given, **named)


def test_the_handler_is_made_again_after_a_restore_and_not_before(hooks):
    made: list[int] = []

    def make():
        made.append(len(made))
        number = made[-1]
        return lambda event, context: number

    handler = make_snapshot_handler(make, FakeReader())
    assert [handler({}, lambda_context()) for _ in "ab"] == [0, 0]
    run_last(get_after_restore())
    assert handler({}, lambda_context()) == 1
    assert made == [0, 1]


def test_the_reader_reads_once_before_the_snapshot(hooks):
    reader = FakeReader()
    make_snapshot_handler(lambda: lambda event, context: None, reader)
    assert reader.read == []
    run_last(get_before_snapshot())
    assert len(reader.read) == 1


def test_warming_up_reads_a_file_that_is_an_image():
    reader = FakeReader()
    warm_up(reader)
    assert reader.read[0].startswith(b"\x89PNG")


def test_a_new_session_asks_for_credentials_of_its_own(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "before")
    before = new_session().get_credentials()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "after")
    after = new_session().get_credentials()
    assert before is not None and after is not None
    assert (before.access_key, after.access_key) == ("before", "after")
