"""Runner of `make fuzz`: each target with its corpus of tests/fuzz/corpus.

A crash, an input of more than 2 seconds, or 300 MB beyond what the libraries take by themselves ends the run, and
the input lies in build/fuzz.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests" / "fuzz" / "corpus"
FOUND = ROOT / "build" / "fuzz"
TARGETS = ("decode", "key", "event")
_SECONDS_AN_INPUT = 2
_MB = 300
_DONE = re.compile(r"Done (\d+) (?:runs )?in")


def fuzz(target: str, seconds: int) -> int:
    """Fuzz one target and return the number of inputs.

    Raises:
        SystemExit: an input was found that must not be; the message tells where it lies.
    """
    FOUND.mkdir(parents=True, exist_ok=True)
    new = FOUND / target
    new.mkdir(exist_ok=True)
    limits = [f"-max_total_time={seconds}", f"-timeout={_SECONDS_AN_INPUT}", f"-rss_limit_mb={_MB}"]
    command = [sys.executable, "-m", "tests.fuzz.target", target, *limits, f"-artifact_prefix={FOUND}/{target}-"]
    places = [str(new), str(CORPUS / target)]  # what is new goes into the first
    done = subprocess.run([*command, *places], cwd=ROOT, capture_output=True, text=True, check=False)
    counted = _DONE.search(done.stderr)
    if done.returncode or counted is None:
        raise SystemExit(f"{target}: {done.stderr[-3000:]}\nThe input lies in {FOUND}.")
    return int(counted[1])


def main() -> None:
    """Fuzz every target for its share of the time and print the number of inputs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    seconds = max(1, round(parser.parse_args().minutes * 60 / len(TARGETS)))
    for target in TARGETS:
        print(f"{target}: {fuzz(target, seconds)} inputs in {seconds} s, none of them too much.", flush=True)


if __name__ == "__main__":
    main()
