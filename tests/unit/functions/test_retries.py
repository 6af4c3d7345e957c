import threading

import pytest

from blastlens.domain.errors import ServiceFault, ServiceUnavailable
from blastlens.functions.deadline import DEADLINE_MARGIN_SECONDS, before_deadline
from blastlens.functions.retries import NO_RETRIES, RESERVE_SECONDS, RETRY_BUDGET_SECONDS, Retrier, RetryBudget


class Service:
    """Is busy so many times, then answers."""

    def __init__(self, busy: int, fault: type[ServiceFault] = ServiceUnavailable):
        self.busy, self.fault, self.calls = busy, fault, 0

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.busy:
            raise self.fault("busy")
        return "answer"


class Clock:
    """Time that passes only in pauses."""

    def __init__(self, seconds: float):
        self.left, self.pauses = seconds, list[float]()

    def sleep(self, seconds: float) -> None:
        self.left -= seconds
        self.pauses.append(seconds)

    @property
    def retrier(self) -> Retrier:
        return Retrier(RetryBudget(lambda: self.left, self.sleep))


def test_a_service_that_is_busy_is_tried_again_after_pauses_that_grow():
    clock = Clock(60)
    service = Service(busy=5)
    assert clock.retrier.call("Look", service) == "answer"
    assert len(clock.pauses) == 5
    assert clock.pauses[4] > 2 * clock.pauses[0]


def test_a_service_that_refuses_is_not_asked_again():
    service = Service(busy=1, fault=ServiceFault)
    with pytest.raises(ServiceFault):
        Clock(60).retrier.call("Look", service)
    assert service.calls == 1


def test_an_outage_is_not_waited_for_with_all_the_time_there_is():
    clock = Clock(1000)
    with pytest.raises(ServiceUnavailable):
        clock.retrier.call("Look", Service(busy=1000))
    assert sum(clock.pauses) <= RETRY_BUDGET_SECONDS


def test_patience_is_shared_by_all_steps_of_an_invocation():
    clock = Clock(1000)
    retrier = clock.retrier
    for _ in range(5):
        with pytest.raises(ServiceUnavailable):
            retrier.call("Look", Service(busy=1000))
    assert sum(clock.pauses) <= RETRY_BUDGET_SECONDS


def test_no_pause_reaches_into_the_time_that_the_end_needs():
    clock = Clock(RESERVE_SECONDS + 1)
    with pytest.raises(ServiceUnavailable):
        clock.retrier.call("Look", Service(busy=1000))
    assert clock.left >= RESERVE_SECONDS


def test_without_patience_everything_is_tried_once():
    service = Service(busy=1)
    with pytest.raises(ServiceUnavailable):
        NO_RETRIES.call("Look", service)
    assert service.calls == 1


def test_what_overstays_its_time_is_rescued_while_it_still_works():
    rescued = threading.Event()
    with before_deadline(DEADLINE_MARGIN_SECONDS, rescued.set):
        assert rescued.wait(30)


def test_what_ends_in_time_needs_no_rescue():
    rescued = threading.Event()
    with before_deadline(3600, rescued.set):
        pass
    assert not rescued.is_set()
