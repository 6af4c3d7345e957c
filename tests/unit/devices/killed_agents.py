"""Program that starts and kills agents: FOLDER SPOOL ADDRESS KILLS SEED.

Each agent is a process of its own, forked from this one so that imports are paid for once; SIGKILL leaves it no
moment to tidy up. The last agent lives until everything is stored. Prints kills that hit a living agent.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

from blastlens.domain.labels import Label
from tests.agents import agent
from tests.answers import verdict


class Screener:
    """Takes a moment for each file, in which the agent may be killed."""

    def screen(self, data):
        time.sleep(0.01)
        return verdict(Label.MALIGNANT)


def live(folder, spool, address):
    one = agent(folder, spool, address, part_bytes=20_000, first_pause=0.02, rest=0.3, screener=Screener())
    while True:
        time.sleep(min(one.step(), 0.02))


def main():
    folder, spool, address, kills, seed = Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]
    draw = random.Random(int(seed))
    survived = 0
    for _ in range(int(kills)):
        child = os.fork()
        if not child:
            live(folder, spool, address)
        time.sleep(draw.uniform(0.0, 0.12))
        gone, _ = os.waitpid(child, os.WNOHANG)
        assert not gone, "the agent died by itself"
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        survived += 1
    one = agent(folder, spool, address, part_bytes=20_000, first_pause=0.02, rest=0.3, screener=Screener())
    end = time.monotonic() + 120
    while time.monotonic() < end:
        pause = one.step()
        counts = one.spool.counts()
        if (
            pause
            and not counts["waiting"] + counts["held"]
            and sum(counts.values()) >= len(list(folder.rglob("*.jpg")))
        ):
            break
        time.sleep(min(pause, 0.02))
    print(survived)


main()
