"""Cost model of benchmarks/cost.py."""

import math
from dataclasses import replace

import pytest

import cost
from cost_model import (
    SECONDS_KEPT,
    USD_A_GB_RESTORED,
    USD_A_GB_SECOND,
    USD_A_GB_SECOND_OF_CACHE,
    USD_A_REQUEST,
    Source,
    Timing,
    cold_share,
    cost_of,
    mean_batch,
    seconds_on,
)

TIMING = Timing(wall=0.2, processor=0.2, start=3.0, renewal=0.05)
SOURCE = Source(batch=10, window=0, concurrency=10)


def test_the_price_of_a_snapshot_is_that_of_awss_own_worked_example():
    # 1 GB cached for 31 days and restored for 1 % of 7.44 million requests: 4.03 and 10.40 dollars.
    assert round(2_678_400 * USD_A_GB_SECOND_OF_CACHE, 2) == 4.03
    assert round(74_400 * USD_A_GB_RESTORED, 2) == 10.40


def test_a_share_below_the_threads_makes_the_processor_be_waited_for():
    two = Timing(wall=0.11, processor=0.2, start=3.0, renewal=0.05)
    assert seconds_on(3538, two) == pytest.approx(0.11)
    assert seconds_on(2 * 885, two) == pytest.approx(0.2, rel=0.001)


def test_a_lone_image_comes_cold_once_environments_are_gone():
    a_second = 10 / 86_400
    assert cold_share(a_second, 0.2) == pytest.approx(math.exp(-a_second * SECONDS_KEPT), rel=0.001)


def test_almost_nothing_is_cold_when_images_come_all_the_time():
    assert cold_share(1_000_000 / 86_400, 0.2) < 0.001


@pytest.mark.parametrize("invocations_a_second", [0.0, 1e-6, 0.01, 1.0, 500.0])
def test_a_cold_share_is_a_share(invocations_a_second):
    assert 0 <= cold_share(invocations_a_second, 1.0) <= 1


def test_the_more_images_come_one_by_one_the_fewer_are_cold():
    shares = [cold_share(a_day / 86_400, 0.2) for a_day in (10, 100, 1000)]
    assert shares == sorted(shares, reverse=True)


def test_a_second_image_at_a_time_that_is_rare_comes_cold():
    rate = 1000 / 86_400
    both = rate * 0.2 * math.exp(-rate * 0.2)
    assert cold_share(rate, 0.2) - math.exp(-rate * SECONDS_KEPT) == pytest.approx(both, rel=0.05)


def test_a_batch_is_what_comes_within_the_window_and_never_more_than_its_size():
    assert mean_batch(11.6, SOURCE) == 1
    assert mean_batch(2.0, replace(SOURCE, window=2)) == 5
    assert mean_batch(100.0, replace(SOURCE, window=2)) == 10


def test_the_parts_of_a_cost_are_those_of_the_price_list():
    found = cost_of(1024, 1_000_000, TIMING, SOURCE)
    assert found.requests == pytest.approx(1000 * USD_A_REQUEST)
    assert found.duration == pytest.approx(found.gb_seconds * USD_A_GB_SECOND)
    # 1 GB and, without a whole processor, 0.2 s x 1769 / 1024 an image.
    assert found.gb_seconds == pytest.approx(1000 * 0.2 * 1769 / 1024, rel=0.001)
    assert found.total == pytest.approx(found.duration + found.requests + found.snapshot)


def test_a_snapshot_is_paid_for_day_and_night_however_few_images_come():
    few, many = (cost_of(1769, a_day, TIMING, SOURCE) for a_day in (10, 1_000_000))
    a_day = 1769 / 1024 * 86_400 * USD_A_GB_SECOND_OF_CACHE
    assert few.snapshot == pytest.approx(100 * a_day, rel=0.02)
    assert many.snapshot == pytest.approx(a_day / 1000, rel=0.2)


def test_without_a_snapshot_what_is_cold_pays_the_start():
    found = cost_of(1769, 10, TIMING, SOURCE)
    started = 1000 * found.cold_share * (TIMING.start - TIMING.wall)
    seconds = 1000 * TIMING.wall + started
    assert found.without_snapshot == pytest.approx(seconds * 1769 / 1024 * USD_A_GB_SECOND + found.requests)


def test_one_sees_that_more_comes_than_the_concurrency_allows():
    assert cost_of(1769, 1_000_000, TIMING, SOURCE).keeps_up
    assert not cost_of(1769, 1_000_000, TIMING, replace(SOURCE, concurrency=2)).keeps_up


def test_threads_are_those_that_the_function_takes():
    assert [cost.threads_of(megabytes) for megabytes in cost.SIZES] == [1, 1, 2, 2, 3, 6]


def test_batches_and_memory_are_those_of_the_template():
    source, memory = cost.read_source()
    assert (source.batch, source.concurrency) == (10, 10)
    assert memory in cost.SIZES


def test_a_size_that_was_not_measured_has_no_figure_and_is_never_the_cheapest():
    rows = cost.make_rows({1: TIMING}, SOURCE)
    blank = [row for row in rows if not row["measured"]]
    assert {row["memory_mb"] for row in blank} == {3008, 3538, 5307, 10_240}
    assert all(set(row) == {"memory_mb", "threads", "a_day", "measured"} for row in blank)
    assert set(cost.find_cheapest(rows).values()) == {1769}


def test_on_a_busy_machine_no_size_is_called_the_cheapest():
    rows = cost.make_rows({1: TIMING}, SOURCE)
    assert cost.name_cheapest(rows, waited=1.05)["cheapest_mb_at_10_a_day"] == 1769
    assert cost.name_cheapest(rows, waited=2.0) == {
        "cheapest_mb": "not named: the machine is busy, one thread had 50% of a core"
    }
