"""State machine of the scenarios: rules from which Hypothesis chooses."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from blastlens.domain.notification_plan import PatientRelease
from blastlens.domain.patient import PatientId
from blastlens.domain.signature import Conclusion, SignatureKind
from tests.failing_clients import Fault
from tests.functional.faults.cloud import Clock, Cloud, in_memory
from tests.functional.faults.fields import CLINIC, DECLARED, KEYS, KINDS, NEIGHBOUR, image
from tests.functional.faults.scenario import INVALID_MESSAGES, Scenario
from tests.functional.faults.tally import Tally
from tests.functional.faults.world import FUNCTION_SECONDS, QUIET, Armed

STEPS = 8

# The phase "explain" traces every line and takes more time than the scenarios.
PHASES = (Phase.generate, Phase.shrink)

PLACES = st.integers(0, 9)
IMAGES = st.integers(0, KINDS - 1)
CONCLUSIONS = st.sampled_from([Conclusion.BENIGN, Conclusion.PRE_B, Conclusion.OTHER_DISEASE])
SIGNATURES = st.lists(st.tuples(st.sampled_from(SignatureKind), CONCLUSIONS), min_size=1, max_size=3)
# Number of calls before a fault, and the fault; None stands for an overlapping invocation.
Trouble = list[tuple[int, Fault | None]]
TROUBLE = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([*Fault, None])), min_size=2, max_size=8)

SMEAR = KEYS[:3]
"""Keys of the fields of one examination."""

NEIGHBOURS = KEYS[5:7]
"""Keys of the fields of another patient's examination."""


NEIGHBOUR_ID = PatientId(CLINIC, NEIGHBOUR)


class Work(StrEnum):
    """The work during which calls fail."""

    CLASSIFY = "classify"
    EXAMINE = "examine"
    REMIND = "remind"
    NOTIFY = "notify"
    REDRIVE = "redrive"
    RECONCILE = "reconcile"
    REDRIVE_NOTICES = "redrive notices"


class Machine(RuleBasedStateMachine):
    """The rules of a scenario; `tally` is set for each part of a run."""

    tally = Tally()

    def __init__(self, make_cloud: Callable[[Clock], Cloud] = in_memory) -> None:
        super().__init__()
        self.scenario = Scenario(self.tally, make_cloud)
        self.world = self.scenario.world
        self.work = {
            Work.CLASSIFY: self.world.pump_uploads,
            Work.EXAMINE: self.world.pump_fields,
            Work.REMIND: self.world.pump_reminders,
            Work.NOTIFY: self.world.pump_notices,
            Work.REDRIVE: self.scenario.redrive,
            Work.RECONCILE: self.scenario.reconcile,
            Work.REDRIVE_NOTICES: self.scenario.redrive_notices,
        }

    @initialize(number=st.integers(1, 4), kind=IMAGES, release=st.sampled_from(PatientRelease))
    def begin(self, number: int, kind: int, release: PatientRelease) -> None:
        self.world.release = release
        self.world.start()
        self.upload_many_at_once(number, kind)

    @rule(
        key=st.sampled_from(KEYS),
        kind=IMAGES,
        copies=st.integers(1, 3),
        held_back=st.booleans(),
        declared=st.sampled_from(DECLARED),
    )
    def upload(self, key: str, kind: int, copies: int, held_back: bool, declared: dict[str, str]) -> None:
        self.scenario.upload(key, kind, copies, held_back, declared)

    @rule(number=st.integers(8, 10), kind=IMAGES)
    def upload_many_at_once(self, number: int, kind: int) -> None:
        for place in range(number):
            self.scenario.upload(KEYS[place % len(KEYS)], (kind + place // 3) % KINDS)

    @rule(kinds=st.lists(IMAGES, min_size=3, max_size=3), last=st.integers(0, 2), declared=st.sampled_from(DECLARED))
    def upload_a_smear(self, kinds: list[int], last: int, declared: dict[str, str]) -> None:
        for place, kind in enumerate(kinds):
            self.scenario.upload(SMEAR[place], kind, declared=declared if place == last else {})

    @rule(place=PLACES, kind=IMAGES, released=st.booleans(), trouble=TROUBLE)
    def upload_the_same_for_two_patients(self, place: int, kind: int, released: bool, trouble: Trouble) -> None:
        self.scenario.upload(SMEAR[0], kind)
        self.scenario.upload_data(NEIGHBOURS[place % len(NEIGHBOURS)], image(SMEAR[0], kind))
        self.arm(trouble)
        self.world.pump_uploads()
        self.world.pump_fields()
        self.scenario.clinicians.look()
        if released:
            self.scenario.clinicians.release(place)

    @rule(place=PLACES)
    def release(self, place: int) -> None:
        self.scenario.clinicians.release(place)

    @rule()
    def look(self) -> None:
        self.scenario.clinicians.look()

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
        self.scenario.upload(KEYS[3], 0)
        if another:
            self.scenario.give_another_phone()
        if lost:
            self.scenario.lose_phone(place)
        self.settle_now()
        self.arm(trouble)
        self.world.pump_notices()

    @rule(place=PLACES, signed=SIGNATURES)
    def sign_what_was_seen(self, place: int, signed: list[tuple[SignatureKind, Conclusion]]) -> None:
        for kind, conclusion in signed:
            self.scenario.clinicians.sign(place, kind, conclusion)

    @rule(place=PLACES, signed=SIGNATURES, trouble=TROUBLE)
    def settle_and_sign(self, place: int, signed: list[tuple[SignatureKind, Conclusion]], trouble: Trouble) -> None:
        self.settle_now()
        self.arm(trouble)
        for kind, conclusion in signed:
            self.scenario.clinicians.look()
            self.scenario.clinicians.sign(place, kind, conclusion)
            self.world.pump_notices()

    @rule(place=PLACES, back=st.booleans(), signed=SIGNATURES, trouble=TROUBLE)
    def exclude_a_field_and_sign(
        self, place: int, back: bool, signed: list[tuple[SignatureKind, Conclusion]], trouble: Trouble
    ) -> None:
        upload_id = SMEAR[place % len(SMEAR)].rpartition("/")[2].partition(".")[0]
        self.settle_now()
        self.scenario.clinicians.look()
        self.arm(trouble)
        self.scenario.clinicians.review(place, upload_id, is_exclusion=True)
        self.scenario.clinicians.review(place, upload_id, is_exclusion=False)
        if back:
            self.scenario.clinicians.take_back(place, upload_id)
        self.settle_and_sign(place, signed, [])

    @rule(place=PLACES, kind=IMAGES, trouble=TROUBLE)
    def add_a_field_to_a_signed_smear(self, place: int, kind: int, trouble: Trouble) -> None:
        self.settle_and_sign(place, [(SignatureKind.CORRECT, Conclusion.OTHER_DISEASE)], [])
        self.scenario.upload(SMEAR[place % len(SMEAR)], kind)
        self.arm(trouble)
        self.world.pump_uploads()
        self.world.pump_fields()

    @rule(kind=IMAGES, skip=st.integers(0, 12), trouble=TROUBLE)
    def erase_while_fields_arrive(self, kind: int, skip: int, trouble: Trouble) -> None:
        for key in NEIGHBOURS:
            self.scenario.upload(key, kind)
        # The first pass comes between two calls of classify or examine; the second one after both have ended.
        self.world.armed.clear()
        self.world.armed.append(Armed(skip, None, lambda: self.scenario.erased.first_pass(NEIGHBOUR_ID)))
        self.meanwhile()
        self.arm(trouble)
        self.scenario.erase_neighbour(self.meanwhile)

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

    @rule(key=st.sampled_from(KEYS), kind=IMAGES, copies=st.integers(1, 3), trouble=TROUBLE)
    def upload_and_fail(self, key: str, kind: int, copies: int, trouble: Trouble) -> None:
        self.scenario.upload(key, kind, copies)
        self.arm(trouble)
        self.world.pump_uploads()
        self.world.pump_fields()
        self.world.sleep(QUIET.total_seconds())
        self.world.pump_reminders()
        self.world.pump_notices()

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
            self.world.armed.append(Armed(skip, fault, self.meanwhile))

    def meanwhile(self) -> None:
        """Let other invocations run between two calls."""
        self.world.pump_uploads()
        self.world.pump_fields()

    def settle_now(self) -> None:
        """Let everything settle that was uploaded, without faults."""
        self.world.armed.clear()
        self.world.pump_uploads()
        self.world.pump_fields()
        self.world.sleep(QUIET.total_seconds())
        self.world.pump_reminders()

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
