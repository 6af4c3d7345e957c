"""Limit of the upload rate."""

import io

import pytest

from blastlens.devices.bandwidth import Bandwidth, FileSection


class Clock:
    def __init__(self):
        self.now, self.slept = 100.0, 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        self.slept += seconds


def limit(clock, bytes_per_second):
    return Bandwidth(bytes_per_second, clock.monotonic, clock.sleep)


def read_all(section, size):
    return b"".join(iter(lambda: section.read(size), b""))


def test_the_limit_determines_the_duration_of_an_upload():
    clock = Clock()
    section = FileSection(io.BytesIO(b"x" * 10_000), 10_000, limit(clock, 1000))
    assert read_all(section, 1024) == b"x" * 10_000
    assert clock.slept == pytest.approx(10.0)


def test_two_files_share_one_limit():
    clock = Clock()
    shared = limit(clock, 1000)
    for _ in range(2):
        read_all(FileSection(io.BytesIO(b"x" * 500), 500, shared), 100)
    assert clock.slept == pytest.approx(1.0)


def test_time_that_passed_unused_is_not_made_up_for():
    clock = Clock()
    one = limit(clock, 1000)
    one.wait_for(1000)
    clock.now += 60
    one.wait_for(1000)
    assert clock.slept == pytest.approx(2.0)


def test_no_limit_holds_nothing_back_and_a_stretch_ends_where_it_should():
    clock = Clock()
    assert read_all(FileSection(io.BytesIO(b"abcdef"), 4, limit(clock, 0)), 3) == b"abcd"
    assert FileSection(io.BytesIO(b"abcdef"), 4, limit(clock, 0)).read() == b"abcd"
    assert clock.slept == 0.0
