from datetime import datetime, timedelta

from blastlens.local.event_sources.object_events import sequencer

NOON = datetime(2026, 11, 22, 12)


def test_a_later_version_has_a_greater_sequencer():
    marks = [sequencer(NOON + timedelta(microseconds=step)) for step in (0, 1, 1_000, 10_000_000_000)]
    assert marks == sorted(set(marks))


def test_a_sequencer_is_hexadecimal_and_of_one_length():
    assert len(sequencer(NOON)) == 16
    assert int(sequencer(NOON), 16) > 0
