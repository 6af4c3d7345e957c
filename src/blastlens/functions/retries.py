"""Retries of service calls within one invocation, with a time budget."""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TypeVar

from aws_lambda_powertools.utilities.typing import LambdaContext

from blastlens.domain.errors import ServiceUnavailable
from blastlens.functions.telemetry import Telemetry

FIRST_PAUSE_SECONDS = 0.1
MAX_PAUSE_SECONDS = 5.0

RETRY_BUDGET_SECONDS = 20.0
"""Total wait of one invocation. Throttling ends sooner. An outage lasts longer and is left to the queue's visibility
timeout, because retries over minutes use up the receives that the queue allows."""

RESERVE_SECONDS = 5.0
"""Time that has to be left after a pause, for the call itself and for a clean end."""

T = TypeVar("T")


@dataclass
class RetryBudget:
    """How long an invocation may still wait for busy services.

    Attributes:
        remaining_seconds: returns the time that the invocation has left.
        sleep: waits.
        left_seconds: how much of it may be spent on waiting.
    """

    remaining_seconds: Callable[[], float]
    sleep: Callable[[float], None]
    left_seconds: float = RETRY_BUDGET_SECONDS

    def allows(self, pause: float) -> bool:
        """Return whether the budget and the invocation's time allow a pause, in seconds."""
        return pause <= self.left_seconds and self.remaining_seconds() - pause >= RESERVE_SECONDS

    def wait(self, pause: float) -> None:
        """Spend a pause, in seconds."""
        self.left_seconds -= pause
        self.sleep(pause)


@dataclass(frozen=True)
class Retrier:
    """Calls services, measures each call, and retries while a service is busy.

    Attributes:
        budget: what may be spent on waiting; None for no retry.
        stage: measures what is done inside, by name.
    """

    budget: RetryBudget | None = None
    stage: Callable[[str], AbstractContextManager[None]] = field(default=lambda name: nullcontext())

    def call(self, name: str, work: Callable[[], T]) -> T:
        """Return what `work` returns; `work` must be idempotent.

        Raises:
            ServiceUnavailable: a service is still busy, and the budget does not allow another pause.
            Exception: whatever else `work` raises, at once.
        """
        with self.stage(name):
            longest = FIRST_PAUSE_SECONDS
            while True:
                try:
                    return work()
                except ServiceUnavailable:
                    # Half of the pause is random, so that clients that were throttled together do not return together.
                    pause = longest * random.uniform(0.5, 1.0)
                    if self.budget is None or not self.budget.allows(pause):
                        raise
                self.budget.wait(pause)
                longest = min(MAX_PAUSE_SECONDS, 2 * longest)


NO_RETRIES = Retrier()
"""Calls everything once, unmeasured."""


def retrier_for(context: LambdaContext, sleep: Callable[[float], None], telemetry: Telemetry) -> Retrier:
    """Return the retrier of one invocation."""
    return Retrier(RetryBudget(lambda: context.get_remaining_time_in_millis() / 1000, sleep), telemetry.stage)
