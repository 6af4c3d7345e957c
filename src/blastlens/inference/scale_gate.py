"""Scale gate: whether stained cells are as wide as in the evaluated images."""

from collections.abc import Sequence

from blastlens.domain.labels import Label

EVALUATED_WIDTHS = (0.038, 0.086)
"""Range of the width of stained cells, as a share of the field's side (imaging/cell_size.py).

97.6 % of 1,191 images of the training and calibration parts lie within. Of fields twice as wide, made of four images
of the calibration part, 4 % lie within.
"""

LEAST_BENIGN_WIDTH = 0.044
"""Least width of the cells for which "benign" may stand alone.

Leukemia in fields that are too wide is read as benign. Of 144 such fields twice as wide, the fusion package reads 89 as
benign alone without a gate, and none with it; 1.5 times as wide, 40 and 21. Of 45 benign images of the calibration
part, 6 lose their single label; of 246 leukemic ones, 4.
"""


def allows(labels: Sequence[Label], cell_width: float) -> bool:
    """Return whether a prediction set may stand.

    If not, the cells are smaller or larger than in the evaluated images, and no label can be excluded.

    Args:
        labels: the prediction set.
        cell_width: of the stained cells, as a share of the field's side.
    """
    least, greatest = EVALUATED_WIDTHS
    if tuple(labels) == (Label.BENIGN,):
        least = LEAST_BENIGN_WIDTH
    return least <= cell_width <= greatest
