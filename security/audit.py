"""Asks PyPI which of the pinned versions have known holes, where it answers; a clear skip otherwise.

`python -m security.audit` fails where a version that is deployed or run has a known vulnerability, and never because
the service cannot be reached: a merge must not hang on somebody else's server.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PIP_AUDIT = ROOT / ".venv-security" / "bin" / "pip-audit"

# lambda.lock and layer.lock are cut out of it.
LOCK = "requirements/local.lock"
_SECONDS = 90
_UNREACHABLE = ("ConnectionError", "ServiceError", "Max retries", "timed out", "Connection refused", "HTTPError")


def judge(answer: dict[str, Any]) -> tuple[str, bool]:
    """Return what to print of pip-audit's JSON answer, and whether it is good news or none."""
    asked = answer["dependencies"]
    answered = [one for one in asked if "skip_reason" not in one]
    holes = [f"{one['name']} {one['version']}: {hole['id']}" for one in answered for hole in one["vulns"]]
    if not answered:
        return (
            f"pip-audit: skipped, the index that answers here knows no vulnerabilities (of {len(asked)} asked for).",
            True,
        )
    if holes:
        return "\n".join(["pip-audit: known vulnerabilities in what is deployed or run:", *holes]), False
    return (
        f"pip-audit: {len(answered)} of {len(asked)} pinned versions looked up, none with a known vulnerability.",
        True,
    )


def main() -> int:
    """Ask, print the outcome, and return the exit status."""
    # What is asked about is pinned by the lock: nothing is resolved or installed.
    command: list[str | Path] = [
        PIP_AUDIT,
        "--requirement",
        LOCK,
        "--no-deps",
        "--disable-pip",
        "--progress-spinner",
        "off",
    ]
    try:
        done = subprocess.run(
            [*command, "--format", "json", "--timeout", "10"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        print(f"pip-audit: skipped, the vulnerability service did not answer within {_SECONDS} seconds.")
        return 0
    if not done.stdout.startswith("{"):
        return _judge_fault(done.stderr)
    message, is_good = judge(json.loads(done.stdout))
    print(message)
    return 0 if is_good else 1


def _judge_fault(said: str) -> int:
    if any(sign in said for sign in _UNREACHABLE):
        print("pip-audit: skipped, the vulnerability service cannot be reached from here.")
        return 0
    print(f"pip-audit did not do its work:\n{said.strip()}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
