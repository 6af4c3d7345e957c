"""Node for the tests of the page: the installed one, or that of `make web`."""

import functools
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WASM = ROOT / "build/web-packages/node_modules/@litertjs/core/wasm"
"""Folder of LiteRT.js, which `make web` installs."""

_OLDEST = 20


@functools.cache
def find_node() -> str | None:
    """Return the path of Node 20 or newer, or None."""
    for found in (shutil.which("node"), str(ROOT / ".venv-web/bin/node")):
        if found and Path(found).is_file() and _major(found) >= _OLDEST:
            return found
    return None


def run_node(*arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run Node in the repository; skips the test where there is none."""
    node = find_node()
    if node is None:
        pytest.skip("The page's modules are not tested: there is no Node 20 or newer. `make web` installs one.")
    return subprocess.run([node, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=timeout)


def _major(node: str) -> int:
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=20).stdout
    digits = version.strip().lstrip("v").split(".")[0]
    return int(digits) if digits.isdigit() else 0
