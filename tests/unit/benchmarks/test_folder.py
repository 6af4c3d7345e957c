"""Calculations of benchmarks/folder.py."""

import pytest

from folder import compare_fifths


def test_memory_is_compared_over_the_first_and_the_last_fifth_of_the_answers():
    sizes = [(1, 100.0), (20, 110.0), (21, 500.0), (80, 500.0), (81, 120.0), (100, 132.0)]
    found = compare_fifths(sizes, 100)
    assert (found["first_fifth_mb"], found["last_fifth_mb"]) == (105.0, 126.0)
    assert found["last_over_first"] == pytest.approx(1.2)
