"""Some scenarios on moto's services in the place of those in memory.

They show that the results do not depend on our services in memory. One rule is left out: moto delivers messages in the
order in which they were sent. The clock of its queues is the scenario's (moto_cloud.py).
"""

from contextlib import ExitStack
from typing import Any

import pytest

from tests.functional.faults.cloud import Clock, Cloud
from tests.functional.faults.machine import Machine, run
from tests.functional.faults.moto_cloud import on_moto

SCENARIOS = 5


class MachineOnMoto(Machine):
    """The same rules except one."""

    deliver_in_another_order = None  # type: ignore[assignment]

    def __init__(self) -> None:
        self.stack = ExitStack()
        super().__init__(self._make_cloud)

    def _make_cloud(self, clock: Clock) -> Cloud:
        return self.stack.enter_context(on_moto(clock))

    def teardown(self) -> None:
        with self.stack:
            super().teardown()


@pytest.mark.slow
def test_what_holds_in_memory_holds_on_moto(record_property: Any) -> None:
    tally = run(MachineOnMoto, SCENARIOS)
    record_property("faults", f"on moto: {tally}")
    assert tally.scenarios >= SCENARIOS
    assert tally.faults.total() > 0
