"""State machine of the scenarios: rules from which Hypothesis chooses."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from blastlens.domain.labels import Label
from blastlens.domain.notification_plan import PatientRelease
from tests.failing_clients import Fault
from tests.functional.faults.cloud import Clock, Cloud, in_memory
from tests.functional.faults.scenario import FILES, INVALID_MESSAGES, KEYS, Scenario
from tests.functional.faults.tally import Tally
from tests.functional.faults.world import FUNCTION_SECONDS, Armed

STEPS = 8

# The phase "explain" traces every line and takes more time than the scenarios.
PHASES = (Phase.generate, Phase.shrink)

PLACES = st.integers(0, 9)
# Number of calls before a fault, and the fault; None stands for an overlapping invocation.
Trouble = list[tuple[int, Fault | None]]
TROUBLE = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([*Fault, None])), min_size=2, max_size=8)


class Work(StrEnum):
    """The work during which calls fail."""

    CLASSIFY = "classify"
    NOTIFY = "notify"
    REDRIVE = "redrive"
    REDRIVE_NOTICES = "redrive notices"


class Machine(RuleBasedStateMachine):
    """The rules of a scenario; `tally` is set for each part of a run."""

    tally = Tally()

    def __init__(self, make_cloud: Callable[[Clock], Cloud] = in_memory) -> None:
        super().__init__()
        self.scenario = Scenario(self.tally, make_cloud)
        self.world = self.scenario.world
        self.work = {
            Work.CLASSIFY: self.world.pump_queue,
            Work.NOTIFY: self.world.pump_stream,
            Work.REDRIVE: self.scenario.redrive,
            Work.REDRIVE_NOTICES: self.scenario.redrive_notices,
        }

    @rule(key=st.sampled_from(KEYS), data=st.sampled_from(FILES), copies=st.integers(1, 3), held_back=st.booleans())
    def upload(self, key: str, data: bytes, copies: int, held_back: bool) -> None:
        self.scenario.upload(key, data, copies, held_back)

    @initialize(number=st.integers(1, 4), data=st.sampled_from(FILES), release=st.sampled_from(PatientRelease))
    def begin(self, number: int, data: bytes, release: PatientRelease) -> None:
        self.world.release = release
        self.world.start()
        self.upload_many_at_once(number, data)

    @rule(number=st.integers(8, 10), data=st.sampled_from(FILES))
    def upload_many_at_once(self, number: int, data: bytes) -> None:
        for place in range(number):
            self.scenario.upload(KEYS[place % len(KEYS)], data, copies=1, held_back=False)

    @rule(place=PLACES)
    def repeat(self, place: int) -> None:
        self.scenario.repeat(place)

    @rule(places=st.lists(PLACES, min_size=2, max_size=3))
    def send_several_in_one_message(self, places: list[int]) -> None:
        self.scenario.send_together(places)

    @rule(place=PLACES)
    def delete(self, place: int) -> None:
        self.scenario.delete(place)

    @rule()
    def give_another_phone(self) -> None:
        self.scenario.give_another_phone()

    @rule(place=PLACES)
    def lose_a_phone(self, place: int) -> None:
        self.scenario.lose_phone(place)

    @rule(place=PLACES, another=st.booleans(), lost=st.booleans(), trouble=TROUBLE)
    def fail_to_notify_phones(self, place: int, another: bool, lost: bool, trouble: Trouble) -> None:
        self.scenario.upload(KEYS[0], FILES[0], copies=1, held_back=False)
        if another:
            self.scenario.give_another_phone()
        if lost:
            self.scenario.lose_phone(place)
        self.world.armed.clear()
        self.world.pump_queue()
        self.arm(trouble)
        self.world.pump_stream()

    @rule(place=PLACES, label=st.sampled_from([Label.BENIGN, Label.PRE_B]), notified=st.booleans(), trouble=TROUBLE)
    def sign_and_fail_to_notify(self, place: int, label: Label, notified: bool, trouble: Trouble) -> None:
        self.scenario.upload(KEYS[0], FILES[0], copies=1, held_back=False)
        self.world.armed.clear()
        self.world.pump_queue()
        if notified:
            self.world.pump_stream()
        self.scenario.sign(place, label)
        self.arm(trouble)
        self.world.pump_stream()

    @rule(body=st.sampled_from(INVALID_MESSAGES))
    def send_invalid(self, body: str) -> None:
        self.scenario.send_invalid(body)

    @rule(order=st.randoms(use_true_random=False))
    def deliver_in_another_order(self, order: Any) -> None:
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

    @rule()
    def deploy_another_model(self) -> None:
        self.scenario.deploy_model()

    @rule(trouble=TROUBLE, work=st.sampled_from(Work))
    def fail_at(self, work: Work, trouble: Trouble) -> None:
        self.arm(trouble)
        self.work[work]()

    def arm(self, trouble: Trouble) -> None:
        """Inject faults from the next call on; earlier ones that are left are dropped."""
        self.world.armed.clear()
        for skip, fault in trouble:
            self.world.armed.append(Armed(skip, fault, self.world.pump_queue))

    def teardown(self) -> None:
        self.scenario.check()


def run(machine: type[Machine], scenarios: int) -> Tally:
    """Run a machine, by default the same scenarios each time, and return what it did."""
    tally = Tally()
    run_state_machine_as_test(
        type(machine.__name__, (machine,), {"tally": tally}),
        settings=settings(
            max_examples=scenarios,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=True,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return tally
