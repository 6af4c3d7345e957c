"""Works on many images at once."""

import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


def in_threads(work: Callable[[Item], Outcome], items: Sequence[Item]) -> Generator[Outcome, None, None]:
    """Yield `work(item)` for each item in order; closing it, as Ctrl-C does, drops what has not begun."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(work, items)
