"""How drawn smears are stained: one style for each class, its colours measured on real smears of that class."""

from dataclasses import dataclass

from blastlens.domain.labels import Label
from blastlens.imaging.cell_brushes import Colour

REFERENCE_SIDE = 224  # styles give lengths in pixels of a field this wide


@dataclass(frozen=True)
class Style:
    """How a laboratory's smear looks. Colours are RGB, 0 to 255; lengths in pixels of a 224-pixel field.

    Attributes:
        light: the empty field.
        red_cell: rim of a red cell on a white field.
        paleness: how clear the middle of a red cell is, 0 to 1.
        nucleus: chromatin of a blast.
        cytoplasm: its thin seam.
        blasts: least and greatest number of blasts.
        blast_radius: least and greatest radius.
        red_cells: least and greatest number of red cells.
        softness: standard deviation of the microscope's blur.
    """

    light: Colour
    red_cell: Colour
    paleness: float
    nucleus: Colour
    cytoplasm: Colour
    blasts: tuple[int, int]
    blast_radius: tuple[float, float]
    red_cells: tuple[int, int]
    softness: float


STYLES: dict[Label, Style] = {
    Label.BENIGN: Style(
        light=(251, 253, 246),
        red_cell=(182, 194, 206),
        paleness=0.35,
        nucleus=(118, 92, 214),
        cytoplasm=(158, 146, 232),
        blasts=(4, 9),
        blast_radius=(7, 14),
        red_cells=(90, 130),
        softness=0.7,
    ),
    Label.EARLY_PRE_B: Style(
        light=(248, 253, 250),
        red_cell=(176, 189, 205),
        paleness=0.30,
        nucleus=(141, 112, 232),
        cytoplasm=(164, 148, 240),
        blasts=(5, 9),
        blast_radius=(11, 14),
        red_cells=(80, 120),
        softness=0.7,
    ),
    Label.PRE_B: Style(
        light=(241, 252, 252),
        red_cell=(140, 178, 222),
        paleness=0.55,
        nucleus=(134, 114, 236),
        cytoplasm=(160, 148, 243),
        blasts=(14, 22),
        blast_radius=(9, 13),
        red_cells=(60, 90),
        softness=0.7,
    ),
    Label.PRO_B: Style(
        light=(253, 253, 246),
        red_cell=(186, 200, 208),
        paleness=0.70,
        nucleus=(213, 164, 247),
        cytoplasm=(212, 174, 248),
        blasts=(4, 7),
        blast_radius=(9, 12),
        red_cells=(55, 90),
        softness=0.9,
    ),
}
