"""Nothing is lost and nobody is told twice without need, whatever fails, and whenever.

A state machine uploads, overwrites, repeats, delays and poisons; it lets patients' phones come and die; it lets calls of services fail before or after they
took effect, and the process die between any two of them. Then everything calms down, and what has to hold is checked.
`BLASTLENS_SCENARIOS` names how many scenarios are tried.
"""

import os
from contextlib import nullcontext
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from blastlens.functions import batch
from blastlens.local.faults import Fault
from tests.functional.faults.scenario import FILES, KEYS, POISON, Scenario
from tests.functional.faults.tally import Tally
from tests.functional.faults.world import FUNCTION_SECONDS, Armed

SCENARIOS = int(os.environ.get("BLASTLENS_SCENARIOS", "2000"))
STEPS = 8
PARTS = 4
"""So many tests share the scenarios, so that several processes may."""

# Explaining a failure traces every line, and costs more than the scenarios themselves.
PHASES = (Phase.generate, Phase.shrink)

PLACES = st.integers(0, 9)
# How many calls pass before a fault, and which; none stands for another invocation that overlaps with this one.
Trouble = list[tuple[int, Fault | None]]
TROUBLE = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([*Fault, None])), min_size=2, max_size=8)


class Machine(RuleBasedStateMachine):
    """What may happen, in any order; `tally` is set for each part of a run."""

    tally = Tally()

    def __init__(self) -> None:
        super().__init__()
        self.scenario = Scenario(self.tally)
        self.world = self.scenario.world

    @rule(key=st.sampled_from(KEYS), data=st.sampled_from(FILES), copies=st.integers(1, 3), held_back=st.booleans())
    def upload(self, key: str, data: bytes, copies: int, held_back: bool) -> None:
        self.scenario.upload(key, data, copies, held_back)

    @initialize(number=st.integers(1, 4), data=st.sampled_from(FILES))
    def begin(self, number: int, data: bytes) -> None:
        self.upload_many_at_once(number, data)

    @rule(number=st.integers(8, 10), data=st.sampled_from(FILES))
    def upload_many_at_once(self, number: int, data: bytes) -> None:
        for place in range(number):
            self.scenario.upload(KEYS[place % len(KEYS)], data, copies=1, held_back=False)

    @rule(place=PLACES)
    def repeat(self, place: int) -> None:
        self.scenario.repeat(place)

    @rule(places=st.lists(PLACES, min_size=2, max_size=3))
    def tell_of_several_in_one_message(self, places: list[int]) -> None:
        self.scenario.tell_together(places)

    @rule(place=PLACES)
    def delete(self, place: int) -> None:
        self.scenario.delete(place)

    @rule()
    def give_another_phone(self) -> None:
        self.scenario.give_another_phone()

    @rule(place=PLACES)
    def lose_a_phone(self, place: int) -> None:
        self.scenario.lose_phone(place)

    @rule(body=st.sampled_from(POISON))
    def send_poison(self, body: str) -> None:
        self.scenario.send_poison(body)

    @rule(order=st.randoms(use_true_random=False))
    def hand_out_in_another_order(self, order: Any) -> None:
        self.world.cloud.queues.order = lambda places: order.sample(places, len(places))

    @rule(seconds=st.sampled_from([1, 20, 60, 200]), budget=st.sampled_from([2, 16, 30, FUNCTION_SECONDS]))
    def be_slow(self, seconds: float, budget: float) -> None:
        self.world.image_seconds, self.world.function_seconds = seconds, budget

    @rule(seconds=st.sampled_from([1, 60, 600]))
    def let_time_pass(self, seconds: float) -> None:
        self.world.sleep(seconds)

    @rule(key=st.sampled_from(KEYS), data=st.sampled_from(FILES), copies=st.integers(1, 3), trouble=TROUBLE)
    def upload_and_fail(self, key: str, data: bytes, copies: int, trouble: Trouble) -> None:
        self.scenario.upload(key, data, copies, held_back=False)
        self.arm(trouble)
        self.world.pump_queue()
        self.world.pump_stream()

    @rule(trouble=TROUBLE)
    def classify(self, trouble: Trouble) -> None:
        self.arm(trouble)
        self.world.pump_queue()

    @rule(trouble=TROUBLE)
    def notify(self, trouble: Trouble) -> None:
        self.arm(trouble)
        self.world.pump_stream()

    @rule()
    def deploy_another_model(self) -> None:
        self.scenario.deploy_model()

    @rule(trouble=TROUBLE)
    def redrive(self, trouble: Trouble) -> None:
        self.arm(trouble)
        self.scenario.redrive()

    @rule(trouble=TROUBLE)
    def redrive_notices(self, trouble: Trouble) -> None:
        self.arm(trouble)
        self.scenario.redrive_notices()

    def arm(self, trouble: Trouble) -> None:
        """Have calls from the next one on fail; what did not come to pass before is forgotten."""
        self.world.armed.clear()
        for skip, fault in trouble:
            self.world.armed.append(Armed(skip, fault, self.world.pump_queue))

    def teardown(self) -> None:
        self.scenario.check()


@pytest.fixture(autouse=True)
def time_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the rescue that waits for real time away: it would come when it likes. It has tests of its own."""
    monkeypatch.setattr(batch, "before_the_end", lambda remaining_seconds, rescue: nullcontext())


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(PARTS))
def test_after_quiet_nothing_is_lost_and_nobody_was_told_without_need(part: int, record_property: Any) -> None:
    tally = Tally()
    machine = type(f"Machine{part}", (Machine,), {"tally": tally})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=SCENARIOS // PARTS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=True,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
        ),
    )
    record_property("faults", str(tally))
    assert tally.scenarios >= SCENARIOS // PARTS
    assert tally.phones_forgotten > 0
    assert tally.faults.total() >= tally.scenarios // 4
