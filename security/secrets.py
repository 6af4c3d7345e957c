"""Looks for secrets in everything that git keeps; the findings that are none are in secrets.baseline, with the file each is in.

`python -m security.secrets` fails where a file holds a secret that the baseline does not know. After a false alarm, run
`.venv-security/bin/detect-secrets scan --baseline security/secrets.baseline` and look at what it adds.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOOK = ROOT / ".venv-security" / "bin" / "detect-secrets-hook"
BASELINE = "security/secrets.baseline"

# Hashes by the thousand, and weights.
_LEFT_OUT = (".lock", ".npz", ".tflite", ".png")


def tracked_files() -> list[str]:
    """Return the files that git keeps or would keep, as seen from the root.

    Raises:
        CalledProcessError: this is no checkout.
    """
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in listed if not name.endswith(_LEFT_OUT) and name != BASELINE and (ROOT / name).is_file()]


def main() -> int:
    """Scan, say how many files were looked at, and return the exit status."""
    try:
        files = tracked_files()
    except (subprocess.CalledProcessError, FileNotFoundError):
        print("detect-secrets: skipped, because this is no git checkout and so nobody knows which files are kept.")
        return 0
    done = subprocess.run([HOOK, "--baseline", BASELINE, *files], cwd=ROOT, check=False)
    print(f"detect-secrets: {len(files)} files, {'nothing' if done.returncode == 0 else 'something'} found.")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
