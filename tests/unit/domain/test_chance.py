import math
from itertools import product

import pytest

from blastlens.domain.chance import exceeds_chance, wilson_interval


def tail(count: int, number: int, share: float) -> float:
    """Return the probability of at least `count` of `number`, summed term by term."""
    terms = range(count, number + 1)
    return sum(math.comb(number, each) * share**each * (1 - share) ** (number - each) for each in terms)


@pytest.mark.parametrize("number", [1, 7, 40, 90])
def test_more_than_chance_is_what_the_whole_tail_of_the_binomial_says(number):
    for count, share, significance in product(range(number + 1), (0.002, 0.05, 0.4), (0.0007, 0.013, 0.31)):
        expected = count > 0 and tail(count, number, share) < significance
        assert exceeds_chance(count, number, share, significance) is expected, (count, share, significance)


def test_nothing_exceeds_a_share_of_all_and_one_exceeds_a_share_of_none():
    assert not exceeds_chance(600, 600, 1.0, 0.5)
    assert not exceeds_chance(0, 10, 0.0, 0.5)
    assert exceeds_chance(1, 600, 0.0, 0.5)


def test_three_million_cells_are_judged_as_fast_as_three():
    # Millions of terms would take minutes; the test's time limit says so.
    assert exceeds_chance(31_000, 3_000_000, 0.01, 0.001)
    assert not exceeds_chance(30_100, 3_000_000, 0.01, 0.001)
    assert not exceeds_chance(3_000, 3_000_000, 0.01, 0.001)
    assert exceeds_chance(3_000_000, 3_000_000, 0.01, 0.001)


def test_an_interval_holds_the_share_and_gets_narrower_with_the_number():
    # Newcombe 1998, table I: 81 of 263 and 15 of 148.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=1e-4)
    assert wilson_interval(0, 20)[0] == 0.0 and wilson_interval(20, 20)[1] == 1.0
    for number in (1, 3, 50, 5_000):
        low, high = wilson_interval(0, number)
        assert low == 0 < high
    assert wilson_interval(0, 5_000)[1] < 0.001


def test_an_interval_of_nothing_is_everything():
    assert wilson_interval(0, 0) == (0.0, 1.0)
