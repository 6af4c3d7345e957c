"""No upload is lost, and nobody is notified twice without a fault.

A state machine uploads, overwrites, repeats and delays images, sends invalid messages, signs, and adds and disables
phones. Service calls fail before or after they take effect, and the process dies between any two of them. Then
everything finishes without faults and is checked. `BLASTLENS_SCENARIOS` sets the number of scenarios (tests/effort.py).
"""

from typing import Any

import pytest

from tests.effort import SCENARIOS
from tests.functional.faults.machine import Machine, run

PARTS = 4
"""Number of tests that share the scenarios, for several processes."""

MANY = 2_000
"""Scenarios of a part in which everything happens for certain; in fewer, a phone's end or a signature is chance."""


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_upload_is_lost_and_nobody_is_notified_twice_without_a_fault(part: int, record_property: Any) -> None:
    # Hypothesis derives its choices from the machine's name: each part has scenarios of its own.
    tally = run(type(f"Machine{part}", (Machine,), {}), SCENARIOS // PARTS)
    record_property("faults", str(tally))
    assert tally.scenarios >= SCENARIOS // PARTS
    assert tally.signatures > 0 or tally.scenarios < MANY // PARTS
    assert tally.released > 0 or tally.scenarios < MANY // PARTS
    assert tally.requeued > 0 or tally.scenarios < MANY // PARTS
    assert tally.faults.total() >= tally.scenarios // 4
