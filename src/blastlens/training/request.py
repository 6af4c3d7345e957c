"""What a person asks of a training."""

from dataclasses import dataclass
from pathlib import Path

from blastlens.inference.package import ModelPackage
from blastlens.training.recipes import Recipe
from blastlens.training.splits import SplitPlan


@dataclass(frozen=True)
class Request:
    """What to train on, how, and where the outcome goes.

    Attributes:
        data: folder with one folder of images a class.
        groups: CSV with the columns `file` and `group`; None keeps exact copies together and no more.
        recipe: how to train.
        plan: what to train on, to calibrate with and to judge by.
        seed: of the weights and every augmentation.
        work: folder for checkpoints.
        package: folder the package is written to.
        version: of the package.
        source: a line about the data for the manifest: whose it is and under what terms.
        start: the package to go on from, for recipes that do.
        unfamiliar: image files of other laboratories, for recipes that ask for them.
    """

    data: Path
    groups: Path | None
    recipe: Recipe
    plan: SplitPlan
    seed: int
    work: Path
    package: Path
    version: str
    source: str
    start: ModelPackage | None = None
    unfamiliar: tuple[Path, ...] = ()
