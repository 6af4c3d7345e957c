"""Recipe of the cell model, and its TOML file."""

from dataclasses import dataclass
from pathlib import Path

from blastlens.domain.errors import InvalidData
from blastlens.training.recipes.table import load_table
from blastlens.training.recipes.toml import FOLDER


@dataclass(frozen=True)
class CellRecipe:
    """How the cell model is trained.

    Attributes:
        about: one sentence that describes it.
        renderings: of each image of the data folder; each has another colour, zoom, focus and compression.
        renderings_elsewhere: of all images of another laboratory together, about.
        crops_per_image: greatest number of crops of a rendering.
        crops_per_epoch: drawn anew for every epoch, by the shares of `sampling`.
        epochs: passes.
        batch: crops of a step.
        learning_rate: the peak, reached after the first twentieth of the steps; a half cosine leads back to zero.
        weight_decay: of AdamW.
        context_widths: channels of the convolutions that read the crop as taken.
        region_widths: channels of the convolutions that read the cell alone.
        dropout: of the pooled features.
        tolerance: weight of *other white cell* and *not a white cell* as right answers in a leukemic image.
        unknown_tolerance: the same of *other white cell* where the subtype of the leukemia is unknown.
        benign_tolerance: weight of *other white cell* as a right answer in a benign image.
        mixing: probability that a crop takes the colours of a crop of any laboratory.
        cut_out: probability that the surroundings of a cell are painted white.
        zoom: share by which an image grows or shrinks.
        stretch: share by which its height changes against its width, after round cells were made round.
        as_shaped: probability that cells keep the shape that they have in the file instead.
    """

    about: str
    renderings: int = 4
    renderings_elsewhere: int = 1000
    crops_per_image: int = 8
    crops_per_epoch: int = 16384
    epochs: int = 24
    batch: int = 128
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    context_widths: tuple[int, ...] = (16, 24, 32, 48, 64)
    region_widths: tuple[int, ...] = (20, 28, 40, 56, 80)
    dropout: float = 0.2
    tolerance: float = 0.03
    unknown_tolerance: float = 0.25
    benign_tolerance: float = 0.12
    mixing: float = 0.4
    cut_out: float = 0.35
    zoom: float = 0.25
    stretch: float = 0.4
    as_shaped: float = 0.4

    def __post_init__(self) -> None:
        shares = (self.dropout, self.tolerance, self.benign_tolerance, self.mixing, self.cut_out, self.as_shaped)
        counts = (self.renderings, self.renderings_elsewhere, self.crops_per_image, self.epochs, self.batch)
        if min(counts) < 1 or not all(0 <= share <= 1 for share in shares) or self.learning_rate <= 0:
            raise InvalidData(f"values of the cell recipe are out of range: {self}")


def load_cell_recipe(file: Path = FOLDER / "cells.toml") -> CellRecipe:
    """Read the recipe from the table `[cells]` of a TOML file.

    Raises:
        InvalidData: the file cannot be read, or a key is unknown or has the wrong type or an impossible value.
    """
    return load_table(CellRecipe, file, "cells")
