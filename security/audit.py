"""Vulnerability check of the pinned versions with pip-audit.

`python -m security.audit` fails if a version that is deployed or run has a known vulnerability. If the service cannot
be reached, the check is skipped: a merge must not depend on another server.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PIP_AUDIT = ROOT / ".venv-security" / "bin" / "pip-audit"

# lambda.lock, layer.lock and report.lock are subsets of it.
LOCK = "requirements/local.lock"
_SECONDS = 90
_UNREACHABLE = ("ConnectionError", "ServiceError", "Max retries", "timed out", "Connection refused", "HTTPError")


def summarise(answer: dict[str, Any]) -> tuple[str, bool]:
    """Return the message for pip-audit's JSON answer, and whether the check passes."""
    requested = answer["dependencies"]
    answered = [one for one in requested if "skip_reason" not in one]
    vulnerabilities = [f"{one['name']} {one['version']}: {each['id']}" for one in answered for each in one["vulns"]]
    if not answered:
        return (
            f"pip-audit: skipped, the index has no vulnerability data (of {len(requested)} requested).",
            True,
        )
    if vulnerabilities:
        return "\n".join(["pip-audit: known vulnerabilities in what is deployed or run:", *vulnerabilities]), False
    return (
        f"pip-audit: {len(answered)} of {len(requested)} pinned versions checked, none with a known vulnerability.",
        True,
    )


def main() -> int:
    """Run pip-audit, print the result, and return the exit status."""
    # The lock pins every version: nothing is resolved or installed.
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
        return _report_failure(done.stderr)
    message, is_good = summarise(json.loads(done.stdout))
    print(message)
    return 0 if is_good else 1


def _report_failure(errors: str) -> int:
    if any(sign in errors for sign in _UNREACHABLE):
        print("pip-audit: skipped, the vulnerability service cannot be reached from here.")
        return 0
    print(f"pip-audit failed:\n{errors.strip()}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
