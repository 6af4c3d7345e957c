"""Nothing is lost and nobody is told twice without need, whatever fails, and whenever.

A state machine uploads, overwrites, repeats, delays, poisons and signs; patients' phones come and die. It lets calls of
services fail before or after they took effect, and the process die between any two of them. Then everything calms down,
and what has to hold is checked. `BLASTLENS_SCENARIOS` names how many scenarios are tried (tests/effort.py).
"""

from typing import Any

import pytest

from tests.effort import SCENARIOS
from tests.functional.faults.machine import Machine, run

PARTS = 4
"""So many tests share the scenarios, so that several processes may."""


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(PARTS))
def test_after_quiet_nothing_is_lost_and_nobody_was_told_without_need(part: int, record_property: Any) -> None:
    # Hypothesis derives its choices from the machine's name: each part has scenarios of its own.
    tally = run(type(f"Machine{part}", (Machine,), {}), SCENARIOS // PARTS)
    record_property("faults", str(tally))
    assert tally.scenarios >= SCENARIOS // PARTS
    assert tally.phones_forgotten > 0
    assert tally.signatures > 0
    assert tally.faults.total() >= tally.scenarios // 4
