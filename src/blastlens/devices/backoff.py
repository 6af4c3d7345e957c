"""Random exponential backoff after failures."""

from dataclasses import dataclass, field
from random import Random

from blastlens.devices.spool import MAX_PAUSE_SECONDS


@dataclass(frozen=True)
class Backoff:
    """Random pauses below a bound that doubles with each failure.

    After a power cut all microscopes of a laboratory start in the same second; random pauses spread their requests.

    Attributes:
        first: longest pause after the first failure, in seconds.
        longest: longest pause at all, in seconds.
        generator: source of random numbers.
    """

    first: float = 2.0
    longest: float = MAX_PAUSE_SECONDS
    generator: Random = field(default_factory=Random)

    def pause(self, failures: int) -> float:
        """Return seconds to wait after a number of failures in a row, 1 or more.

        The result is always above 0.
        """
        bound = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        return self.generator.uniform(0.1, 1.0) * bound
