"""Recipe of the scale network, and its TOML file."""

from dataclasses import dataclass
from pathlib import Path

from blastlens.training.recipes.table import load_table
from blastlens.training.recipes.toml import FOLDER


@dataclass(frozen=True)
class ScaleRecipe:
    """How the scale network is trained.

    Attributes:
        about: one sentence that describes it.
        steps: of the optimiser.
        batch: crops of a step, drawn anew for each.
        learning_rate: the peak, reached after the first twentieth of the steps; a half cosine leads back to zero.
        weight_decay: of AdamW.
        widths: channels of the convolutions.
        least: smallest width of a red cell in px of a crop.
        greatest: greatest width likewise.
        negatives: share of the crops without readable red cells.
        grey: probability that a crop has no colour.
        blur: greatest standard deviation of the focus, as a share of a red cell.
        squeeze: least factor of the width against the height.
        squeezed: probability that an image of another laboratory is squeezed.
    """

    about: str
    steps: int = 4500
    batch: int = 24
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    widths: tuple[int, ...] = (10, 20, 28, 40, 56, 72, 72)
    least: float = 6.0
    greatest: float = 60.0
    negatives: float = 0.15
    grey: float = 0.3
    blur: float = 0.06
    squeeze: float = 0.74
    squeezed: float = 0.4

    def __post_init__(self) -> None:
        shares = (self.negatives, self.grey, self.squeeze, self.squeezed)
        if (
            self.steps < 1
            or self.batch < 1
            or not 0 < self.least < self.greatest
            or not all(0 <= x <= 1 for x in shares)
        ):
            raise ValueError(f"scale recipe out of range: {self}")


def load_scale_recipe(file: Path = FOLDER / "scale.toml") -> ScaleRecipe:
    """Read the recipe from the table `[scale]` of a TOML file.

    Raises:
        InvalidData: the file cannot be read, or a key is unknown or has the wrong type or an impossible value.
    """
    return load_table(ScaleRecipe, file, "scale")
