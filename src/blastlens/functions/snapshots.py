"""SnapStart hooks: warm-up before the snapshot, new clients after a restore.

SnapStart keeps the memory of one started environment and restores many copies of it, also days later. The warm model
belongs into the snapshot. Clients do not: all copies would share credentials, which expire, and connections, which are
closed by then. The state of the random numbers does not either: all copies would retry after the same pause.
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


def make_snapshot_handler(make: Callable[[], Handler], reader: Reader) -> Handler:
    """Return a handler that is made again after each restore.

    The warm reader stays in the snapshot.

    Without SnapStart no hook is called, and this is `make()`.

    Args:
        make: makes the handler with new clients.
        reader: reads one synthetic smear before the snapshot is taken.
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
    """Read a synthetic smear.

    Everything that is loaded or allocated on first use is there afterwards.
    """
    reading = reader.read_bytes(encode_png(draw_smear(0, LABELS[0]).image))
    _ = reading.heat
