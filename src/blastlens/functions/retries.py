"""How a handler takes each step of its work: measured, and again while a service is busy and time is left."""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TypeVar

from aws_lambda_powertools.utilities.typing import LambdaContext

from blastlens.domain.errors import ServiceUnavailable
from blastlens.functions.telemetry import Telemetry

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0

MOST_PATIENCE_SECONDS = 20.0
"""What one invocation may wait in all. A throttle is over sooner; what lasts longer is an outage, and is better waited
for in the queue, by its visibility timeout: whoever tries for minutes spends the tries that the queue allows."""

RESERVE_SECONDS = 5.0
"""Time that has to be left after a pause, for the step itself and for a clean end."""

T = TypeVar("T")


@dataclass
class Patience:
    """How long an invocation may still wait for busy services.

    Attributes:
        remaining_seconds: tells how much time the invocation has left.
        sleep: waits.
        left_seconds: how much of it may be spent on waiting.
    """

    remaining_seconds: Callable[[], float]
    sleep: Callable[[float], None]
    left_seconds: float = MOST_PATIENCE_SECONDS

    def allows(self, pause: float) -> bool:
        """Tell whether a pause of so many seconds can be afforded."""
        return pause <= self.left_seconds and self.remaining_seconds() - pause >= RESERVE_SECONDS

    def wait(self, pause: float) -> None:
        """Spend a pause."""
        self.left_seconds -= pause
        self.sleep(pause)


@dataclass(frozen=True)
class Steps:
    """Takes steps.

    Attributes:
        patience: what may be spent on waiting; None to try everything once.
        stage: measures what is done inside, by name.
    """

    patience: Patience | None = None
    stage: Callable[[str], AbstractContextManager[None]] = field(default=lambda name: nullcontext())

    def take(self, name: str, work: Callable[[], T]) -> T:
        """Return what `work` returns, which must do no harm when it is done twice.

        Raises:
            ServiceUnavailable: a service is still busy, and waiting for it cannot be afforded.
            Exception: whatever else `work` raises, at once.
        """
        with self.stage(name):
            longest = FIRST_PAUSE_SECONDS
            while True:
                try:
                    return work()
                except ServiceUnavailable:
                    # Half of the pause is left to chance, so that those who were turned away together come back apart.
                    pause = longest * random.uniform(0.5, 1.0)
                    if self.patience is None or not self.patience.allows(pause):
                        raise
                self.patience.wait(pause)
                longest = min(LONGEST_PAUSE_SECONDS, 2 * longest)


AT_ONCE = Steps()
"""Every step once, unmeasured."""


def steps_of(context: LambdaContext, sleep: Callable[[float], None], telemetry: Telemetry) -> Steps:
    """Return how an invocation takes its steps."""
    return Steps(Patience(lambda: context.get_remaining_time_in_millis() / 1000, sleep), telemetry.stage)
