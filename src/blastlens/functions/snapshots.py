"""What a snapshot of a started function may hold, and what is made anew each time it is restored.

SnapStart keeps the memory of one environment that has started, and wakes many copies of it, days later too. The model
belongs into it, warm. Clients do not: all copies would share their credentials, which expire, and their connections,
which are gone. Neither do random numbers: all copies would wait for the same time before they try again.
"""

import random
from collections.abc import Callable

from aws_lambda_powertools.utilities.typing import LambdaContext
from snapshot_restore_py import register_after_restore, register_before_snapshot

from blastlens.domain.labels import LABELS
from blastlens.functions.classification import Reader
from blastlens.functions.telemetry import Event, Handler
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear


def handler_of_snapshots(make: Callable[[], Handler], reader: Reader) -> Handler:
    """Return a handler made now, and made again after each restore; the reader is kept, and warm in the snapshot.

    Without SnapStart no hook is run, and this is `make()`.

    Args:
        make: makes the handler with clients of its own.
        reader: reads one drawn smear before the snapshot is taken.
    """
    current = make()

    def handler(event: Event, context: LambdaContext) -> object:
        return current(event, context)

    def renew() -> None:
        nonlocal current
        random.seed()
        current = make()

    register_before_snapshot(warm_up, reader)
    register_after_restore(renew)
    return handler


def warm_up(reader: Reader) -> None:
    """Read a drawn smear, whatever the answer: all that is loaded or allocated on first use is there afterwards."""
    reading = reader.read_bytes(encode_png(draw_smear(0, LABELS[0]).image))
    _ = reading.heat
