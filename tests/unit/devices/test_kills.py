"""Agents that are killed at random moments."""

import subprocess
import sys
import threading
import time
from collections import Counter

import pytest

from blastlens.domain.declared_edge_verdict import read_edge_verdict
from blastlens.domain.declared_examination import read_declared_examination
from blastlens.domain.labels import Label
from blastlens.domain.upload import parse_key
from tests.agents import small_image
from tests.answers import verdict
from tests.conftest import REPOSITORY
from tests.effort import KILLS
from tests.tiny_storage import TinyStorage

FILES = 3 * KILLS // 5
SMEARS = ("patient-1", "patient-1/smear-1", "patient-1/smear-2", "patient-2/smear-1", "patient-3/smear-1")


def write_slowly(folder, contents, written):
    """Write files as a microscope's software does: a half, a while, the rest."""
    for number, data in enumerate(contents):
        place = folder / SMEARS[number % len(SMEARS)]
        place.mkdir(parents=True, exist_ok=True)
        with (place / f"{number}.jpg").open("wb", buffering=0) as stream:
            stream.write(data[: len(data) // 2])
            time.sleep(0.03)
            stream.write(data[len(data) // 2 :])
        written.append(data)
        time.sleep(0.05)


@pytest.mark.slow
def test_kills_at_random_lose_no_file_and_no_end_and_send_none_twice_or_in_half(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    # Every tenth is large enough to go in parts.
    contents = [small_image(str(number), 90_000 if number % 10 == 0 else 4_000) for number in range(FILES)]
    written: list = []
    with TinyStorage(faults=0.05) as storage:
        writer = threading.Thread(target=write_slowly, args=(folder, contents, written))
        writer.start()
        command = [
            sys.executable,
            "-m",
            "tests.unit.devices.killed_agents",
            folder,
            tmp_path / "spool",
            storage.address,
        ]
        done = subprocess.run([*command, str(KILLS), "7"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
        writer.join()
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == KILLS
    assert sorted(storage.objects.values()) == sorted(contents)
    assert set(storage.created.values()) == {1}
    assert len(storage.objects) == FILES
    assert_every_examination_has_its_end(storage)
    verdicts = [read_edge_verdict(one) for one in storage.metadata.values()]
    assert all(one in (verdict(Label.MALIGNANT), None) for one in verdicts)


def assert_every_examination_has_its_end(storage):
    fields = Counter(str(parse_key(key).examination) for key in storage.objects)
    declared: Counter[str] = Counter()
    for key, metadata in storage.metadata.items():
        examination, end = str(parse_key(key).examination), read_declared_examination(metadata)
        assert end.complete is (end.fields is not None)
        declared[examination] = max(declared[examination], end.fields or 0)
    assert declared == fields
