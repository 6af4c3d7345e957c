"""What is still to be done is saved shortly before Lambda ends an invocation."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SPARE_SECONDS = 3.0
"""How long before the end: enough for one call of a service that answers."""


@contextmanager
def before_the_end(remaining_seconds: float, rescue: Callable[[], None]) -> Iterator[None]:
    """Call `rescue`, once, should what is inside still run when the invocation is about to be ended.

    It is called in a thread of its own: the one that works may be deep in a library that nothing can interrupt. So what
    is inside may end well after all, and `rescue` must do no harm then.
    """
    timer = threading.Timer(max(0.0, remaining_seconds - SPARE_SECONDS), rescue)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
