"""QR codes as the path of an SVG."""

from dataclasses import dataclass
from itertools import groupby

import segno


@dataclass(frozen=True)
class QrCode:
    """A QR code.

    Attributes:
        size: modules on each side, without the margin of four that readers need.
        path: `d` of an SVG path that draws the dark modules, one unit each.
    """

    size: int
    path: str


def make_qr_code(text: str) -> QrCode:
    """Return the QR code of a text; up to a seventh of it may be unreadable."""
    rows = [[module & 1 for module in row] for row in segno.make(text, error="m", micro=False).matrix]
    runs = []
    for top, row in enumerate(rows):
        left = 0
        for is_dark, modules in groupby(row):
            width = len(list(modules))
            runs += [f"M{left} {top}h{width}v1h-{width}z"] if is_dark else []
            left += width
    return QrCode(len(rows), "".join(runs))
