"""Chance: a binomial test, and the interval of a share that was counted."""

import math

_Z = 1.959963984540054  # 95 % of a normal distribution, two-sided
_NEGLIGIBLE = 1e-12


def exceeds_chance(count: int, number: int, share: float, significance: float) -> bool:
    """Return whether `count` of `number` are more than a share gives by chance (a binomial test, one-sided).

    Terms are added from `count` on until the sum reaches the significance or no further term matters.

    Args:
        count: what was counted.
        number: of how many.
        share: expected share, 0 to 1.
        significance: largest probability of at least `count` that is not taken for chance, 0 to 0.5.
    """
    if count == 0 or share >= 1 or (share > 0 and count <= math.floor(number * share)):
        return False  # so many or more are found in at least half of all cases
    if share <= 0:
        return True
    odds = share / (1 - share)
    term, total = math.exp(_log_probability(count, number, share)), 0.0
    for each in range(count, number + 1):
        total += term
        if total >= significance:
            return False
        if term <= total * _NEGLIGIBLE:
            break
        term *= odds * (number - each) / (each + 1)
    return True


def wilson_interval(count: int, number: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, 0 to 1 (Wilson, 1927); everything where there is nothing to count."""
    if number == 0:
        return 0.0, 1.0
    share, square = count / number, _Z * _Z / number
    middle = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * math.sqrt(share * (1 - share) / number + square / (4 * number))
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def _log_probability(count: int, number: int, share: float) -> float:
    ways = math.lgamma(number + 1) - math.lgamma(count + 1) - math.lgamma(number - count + 1)
    return ways + count * math.log(share) + (number - count) * math.log1p(-share)
