"""A thread pool over a sequence of items."""

import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(work: Callable[[Item], Result], items: Sequence[Item]) -> Generator[Result, None, None]:
    """Yield `work(item)` for each item, in order.

    Closing the generator, as Ctrl-C does, cancels the items that have not started.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(work, items)
