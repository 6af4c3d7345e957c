"""Recipe of the scale network, and its TOML file."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from blastlens.domain.errors import InvalidData
from blastlens.training.recipes.toml import FOLDER

SCALE_RECIPE = "scale"
"""Name of the recipe, as given to `--recipe`."""


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


def load_scale_recipe(file: Path = FOLDER / f"{SCALE_RECIPE}.toml") -> ScaleRecipe:
    """Read the recipe.

    Raises:
        InvalidData: a key is unknown or a value is impossible.
    """
    values: dict[str, Any] = tomllib.loads(file.read_text("utf-8")).get(SCALE_RECIPE, {})
    unknown = values.keys() - {field.name for field in fields(ScaleRecipe)}
    if unknown:
        raise InvalidData(f"the recipe {file} cannot be used: unknown keys {sorted(unknown)}.")
    try:
        return ScaleRecipe(**_plain(values))
    except (TypeError, ValueError) as error:
        raise InvalidData(f"the recipe {file} cannot be used: {error}") from error


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
