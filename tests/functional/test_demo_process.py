"""End of `demo` by a signal."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.effort import in_soak
from tests.functional.waiting import wait_for

START = "from blastlens.cli.main import main; main()"


def start(folder, *arguments, **environment):
    folder.mkdir()
    return subprocess.Popen(
        [sys.executable, "-c", START, *arguments],
        env={**os.environ, "TMPDIR": str(folder), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def agents_in(folder):
    """Return the processes that were started with a file of this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_bytes()
        except OSError:
            continue
        if str(folder).encode() in command:
            found.append(process.parent.name)
    return found


@pytest.mark.slow
@pytest.mark.timeout(120)
@in_soak
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc to see processes")
def test_a_signal_ends_the_demo_with_its_agents_and_temporary_keys(request, tmp_path):
    folder = tmp_path / "temporary"
    process = start(folder, "demo", "--devices", "2", "--images", "60")
    request.addfinalizer(process.kill)
    wait_for(lambda: len(agents_in(folder)) == 2 and list(folder.rglob("*.png")), 60)
    assert list(folder.rglob("*.key"))
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM, said
    assert said.decode().strip().endswith("Stopped by SIGTERM.")
    assert agents_in(folder) == []
    assert list(folder.iterdir()) == []
