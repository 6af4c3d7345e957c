"""Asks PyPI which of the pinned versions have known holes, where it answers; a clear skip otherwise.

`python -m security.audit` fails where a version that is deployed or run has a known vulnerability, and never because
the service cannot be reached: a merge must not hang on somebody else's server.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PIP_AUDIT = ROOT / ".venv-security" / "bin" / "pip-audit"

# lambda.lock and layer.lock are cut out of it.
LOCK = "requirements/local.lock"
_SECONDS = 60
_UNREACHABLE = ("ConnectionError", "ServiceError", "Max retries", "timed out", "Connection refused", "HTTPError")


def main() -> int:
    """Ask, print one line or what was found, and return the exit status."""
    # A name that is asked for is pinned by the lock: nothing is resolved or installed.
    command = [PIP_AUDIT, "--requirement", LOCK, "--no-deps", "--disable-pip", "--progress-spinner", "off"]
    try:
        done = subprocess.run(
            [*command, "--timeout", "10"], cwd=ROOT, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        print(f"pip-audit: skipped, the vulnerability service did not answer within {_SECONDS} seconds.")
        return 0
    if done.returncode and "known vulnerabilit" not in done.stderr:
        return _judge_fault(done.stderr)
    print(done.stdout.strip() or f"pip-audit: no known vulnerability in {LOCK}.")
    return done.returncode


def _judge_fault(said: str) -> int:
    if any(sign in said for sign in _UNREACHABLE):
        print("pip-audit: skipped, the vulnerability service cannot be reached from here.")
        return 0
    print(f"pip-audit did not do its work:\n{said.strip()}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
