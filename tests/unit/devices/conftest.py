"""An agent with its folder, a minimal storage and a clock."""

import pytest

from tests.agents import Time, agent
from tests.tiny_storage import TinyStorage


@pytest.fixture
def storage():
    with TinyStorage() as storage:
        yield storage


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "images"
    (folder / "patient-1").mkdir(parents=True)
    return folder


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def make(folder, tmp_path, storage, time):
    return lambda **more: agent(folder, tmp_path / "spool", storage.address, time=time, **more)
