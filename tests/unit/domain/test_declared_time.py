from datetime import UTC, datetime, timedelta

import pytest

from blastlens.domain.declared_time import (
    EARLIEST,
    TIME_KEY,
    make_time_metadata,
    parse_taken_at,
    read_declared_time,
    to_file_time,
)
from tests.answers import NOON


@pytest.mark.parametrize(
    ("text", "taken_at"),
    [
        ("2026-11-22T09:30:15Z", datetime(2026, 11, 22, 9, 30, 15, tzinfo=UTC)),
        ("2026-11-22T09:30:15.25Z", datetime(2026, 11, 22, 9, 30, 15, 250_000, UTC)),
        ("2026-11-22T09:30:15.123456789Z", datetime(2026, 11, 22, 9, 30, 15, 123_000, UTC)),
        ("2000-01-01T00:00:00Z", EARLIEST),
        ("2026-11-22T12:05:00Z", NOON + timedelta(minutes=5)),
    ],
)
def test_a_time_in_utc_is_read(text: str, taken_at: datetime):
    assert parse_taken_at(text, NOON) == taken_at


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-11-22",
        "2026-11-22T09:30:15",
        "2026-11-22 09:30:15Z",
        "2026-11-22t09:30:15z",
        "2026-11-22T09:30:15+00:00",
        "2026-11-22T09:30:15Z\n",
        "2026-02-30T09:30:15Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T09:30:60Z",
        "2026-11-22T09:30:15.Z",
        "2026-11-22T09:30:15." + "1" * 2000 + "Z",
        "\u0662026-11-22T09:30:15Z",
        "1999-12-31T23:59:59.999Z",
        "0000-00-00T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2026-11-22T12:05:00.001Z",
    ],
)
def test_any_other_text_or_time_counts_as_not_declared(text: str):
    assert read_declared_time({TIME_KEY: text}, NOON) is None
    with pytest.raises(ValueError):
        parse_taken_at(text, NOON)


def test_what_is_declared_is_read_from_the_metadata():
    assert read_declared_time(make_time_metadata(NOON), NOON) == NOON
    assert make_time_metadata(None) == {}
    assert read_declared_time({"mtime": "1"}, NOON) is None


@pytest.mark.parametrize("modified_ns", [-(2**63), -1, 0, 2**63 - 1, 2**80])
def test_no_time_of_a_file_is_an_error(modified_ns: int):
    assert read_declared_time(make_time_metadata(to_file_time(modified_ns)), NOON) is None
