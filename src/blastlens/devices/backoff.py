"""How long to wait after a failure."""

from dataclasses import dataclass, field
from random import Random

from blastlens.devices.spool import MAX_PAUSE_SECONDS


@dataclass(frozen=True)
class Backoff:
    """Pauses that double with each failure and are drawn at random below that.

    After a power cut a whole laboratory's microscopes come back in the same second; drawing keeps them apart.

    Attributes:
        first: the longest pause after the first failure, in seconds.
        longest: the longest pause ever, in seconds.
        chance: draws.
    """

    first: float = 2.0
    longest: float = MAX_PAUSE_SECONDS
    chance: Random = field(default_factory=Random)

    def pause(self, failures: int) -> float:
        """Return seconds to wait after so many failures in a row, 1 or more; never quite nothing."""
        bound = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        return self.chance.uniform(0.1, 1.0) * bound
