"""How much a test run tries: `make test` samples what `make soak` tries in full."""

import os
from collections.abc import Sequence
from typing import TypeVar

import pytest

Item = TypeVar("Item")

SOAK = "BLASTLENS_SOAK" in os.environ
"""Whether this is a run of `make soak`."""

SCENARIOS = int(os.environ.get("BLASTLENS_SCENARIOS", "200"))
"""Fault scenarios."""

in_soak = pytest.mark.skipif(not SOAK, reason="takes long, and `make soak` runs it")
"""Mark of tests for `make soak` only."""

KILLS = 200 if SOAK else 40
"""Kills of a microscope's agent."""


def sample(items: Sequence[Item], step: int = 3) -> Sequence[Item]:
    """Return the items from the first on in steps of `step`, or every item in `make soak`."""
    return items if SOAK else items[::step]
