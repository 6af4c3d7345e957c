"""A callback shortly before Lambda ends an invocation."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

DEADLINE_MARGIN_SECONDS = 3.0
"""How long before the end: enough for one call of a service that responds."""


@contextmanager
def before_deadline(remaining_seconds: float, on_deadline: Callable[[], None]) -> Iterator[None]:
    """Call `on_deadline` if the block still runs shortly before the deadline.

    The call is made in a thread of its own, because the block may be in a library that cannot be interrupted. The block
    may therefore still finish, and `on_deadline` must do no harm then.
    """
    timer = threading.Timer(max(0.0, remaining_seconds - DEADLINE_MARGIN_SECONDS), on_deadline)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
