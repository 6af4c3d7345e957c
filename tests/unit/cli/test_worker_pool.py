import threading

import pytest

from blastlens.cli.worker_pool import map_in_order


def test_outcomes_come_in_the_order_of_the_items():
    assert list(map_in_order(lambda item: item * 2, range(50), workers=3)) == [item * 2 for item in range(50)]


def test_items_are_taken_only_a_little_ahead():
    taken = []

    def items():
        for item in range(100):
            taken.append(item)
            yield item

    outcomes = map_in_order(lambda item: item, items(), workers=2)
    next(outcomes)
    assert len(taken) <= 4


def test_work_is_done_by_several_threads():
    both = threading.Barrier(2, timeout=5)
    assert len(list(map_in_order(lambda _: both.wait(), range(4), workers=2))) == 4


def test_an_error_in_the_work_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(map_in_order(lambda item: 1 // item, [1, 0], workers=2))
