"""Search for secrets in all tracked files with detect-secrets.

not_secrets.json lists known false alarms with reasons. `python -m security.secrets` fails if a file contains anything
else that looks like a secret, and prints what to add if it is a false alarm.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / ".venv-security" / "bin" / "detect-secrets"
KNOWN = Path(__file__).with_name("not_secrets.json")

# Lock files and this list consist of hashes; the others are binary.
_LEFT_OUT = (".lock", ".npz", ".tflite", ".png", "security/not_secrets.json")
# Hexadecimal numbers here are digests of models and files, version ids and sequencers. Keys of AWS, tokens, private
# keys and passwords have detectors of their own.
_DISABLED_PLUGIN = "HexHighEntropyString"

Place = tuple[str, str, str, int]
"""File, hash of what was found, kind, line."""


def tracked_files() -> list[str]:
    """Return the files that git does not ignore, relative to the root.

    Raises:
        CalledProcessError: this is not a git checkout.
    """
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in listed if not name.endswith(_LEFT_OUT) and (ROOT / name).is_file()]


def find_secrets(files: list[str], program: Path = PROGRAM, root: Path = ROOT) -> list[Place]:
    """Return what looks like a secret in `files`, by path relative to `root`."""
    command: list[str | Path] = [program, "scan", "--disable-plugin", _DISABLED_PLUGIN, *files]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return [
        (name, one["hashed_secret"], one["type"], one["line_number"])
        for name, places in json.loads(done.stdout)["results"].items()
        for one in places
    ]


def main() -> int:
    """Scan, print the counts and the findings, and return the exit status."""
    try:
        files = tracked_files()
    except (subprocess.CalledProcessError, FileNotFoundError):
        print("detect-secrets: skipped, this is not a git checkout, so the tracked files are unknown.")
        return 0
    known = json.loads(KNOWN.read_text("utf-8"))
    places = find_secrets(files)
    fresh = [place for place in places if place[1] not in known.get(place[0], {})]
    print(f"detect-secrets: {len(files)} files, {len(places) - len(fresh)} known false alarms, {len(fresh)} secrets.")
    for name, digest, kind, line in fresh:
        print(
            f'{name}:{line}: {kind}. If it is a false alarm, add it to {KNOWN.name}: "{name}": {{"{digest}": "reason"}}'
        )
    return 1 if fresh else 0


if __name__ == "__main__":
    sys.exit(main())
