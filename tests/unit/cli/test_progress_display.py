"""The terminal display of a training."""

import io

import pytest
from rich.console import Console

from blastlens.cli.progress_display import TerminalProgress, duration
from blastlens.training.progress import Progress
from blastlens.training.time_left import PlannedEpoch, RemainingTime


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1, "less than a minute"),
        (59.9, "less than a minute"),
        (60, "about 1 min"),
        (61, "about 2 min"),
        (3541, "about 1 h"),
        (7500, "about 2 h 5 min"),
    ],
)
def test_durations_are_rounded_up_to_minutes(seconds, text):
    assert duration(seconds) == text


def shown(terminal, steps, remaining=None):
    stream = io.StringIO()
    display = TerminalProgress(Console(file=stream, force_terminal=terminal, width=300, highlight=False), remaining)
    for step in steps:
        display.step(step)
    return stream.getvalue()


def steps_of(epoch, epochs=3):
    return [Progress("whole", epoch, epochs, 32, step, 2, 0.5, 0.25) for step in (1, 2)]


def test_a_file_gets_the_last_step_of_each_epoch_only():
    text = shown(False, [*steps_of(1), *steps_of(2)])
    assert text.splitlines() == [
        f"whole  epoch   {epoch}/3  32 px  step 2/2  loss 0.5000  accuracy 0.2500" for epoch in (1, 2)
    ]


def test_a_terminal_gets_every_step():
    text = shown(True, steps_of(1))
    assert "step 1/2" in text and "step 2/2" in text


def test_the_time_left_is_shown_after_the_first_epoch_and_not_at_the_end():
    clock = iter(range(0, 10_000, 60))
    remaining = RemainingTime([PlannedEpoch("whole", 100)] * 2, lambda: next(clock))
    first, last = shown(False, [*steps_of(1, 2), *steps_of(2, 2)], remaining).splitlines()
    assert "step 2/2  about 2 min left" in first
    assert "left" not in last
