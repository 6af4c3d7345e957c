"""Recipes: everything that decides how a model is trained, as data."""

from dataclasses import dataclass, field

from blastlens.imaging.segmentation import SegmentationSettings
from blastlens.training.architectures import Backbones
from blastlens.training.augmentation import Augmentation


@dataclass(frozen=True)
class Stage:
    """Some epochs at one image size.

    Attributes:
        size: side of the images in pixels.
        epochs: how often every example is seen.
        learning_rate: the peak, reached after the warm-up.
        warm_up: share of the stage's steps over which the rate rises from zero.
        cosine: whether the rate then falls to zero by a half cosine, or stays.
    """

    size: int
    epochs: int
    learning_rate: float = 1e-3
    warm_up: float = 0.0
    cosine: bool = False


@dataclass(frozen=True)
class Recipe:
    """How one model is trained.

    Attributes:
        name: what `--recipe` calls it.
        backbones: where the backbones' weights come from.
        stages: image sizes and epochs, in order; the last size is the size it serves at.
        batch: examples a step.
        augmentation: how images are varied.
        segmentation: thresholds of the blast mask, carried into the package.
    """

    name: str
    backbones: Backbones
    stages: tuple[Stage, ...]
    batch: int = 32
    augmentation: Augmentation = field(default_factory=Augmentation)
    segmentation: SegmentationSettings = field(default_factory=SegmentationSettings)

    @property
    def size(self) -> int:
        """Side in pixels of what the finished model reads."""
        return self.stages[-1].size

    @property
    def epochs(self) -> int:
        """Epochs over all stages."""
        return sum(stage.epochs for stage in self.stages)


FUSION_IMAGENET = Recipe(name="fusion", backbones="imagenet", stages=(Stage(128, 50),))

# The backbones are fully convolutional: most of the learning is done on images of half the side, at a
# quarter of the cost, and the last epochs bring it to full size. That is a jump (the loss doubles), so the
# second stage has a rise and a fall of its own; the third restarts once more, warm (Loshchilov and Hutter 2017,
# arXiv 1608.03983), because the second had not yet converged.
FUSION_SCRATCH = Recipe(
    name="fusion",
    backbones="scratch",
    stages=(
        Stage(64, 16, learning_rate=3e-4, warm_up=0.06, cosine=True),
        Stage(128, 7, learning_rate=1.5e-4, warm_up=0.06, cosine=True),
        Stage(128, 6, learning_rate=1.5e-4, warm_up=0.06, cosine=True),
    ),
    augmentation=Augmentation(hue=6.0, saturation=0.15),
)

RECIPES: dict[tuple[str, Backbones], Recipe] = {
    ("fusion", "imagenet"): FUSION_IMAGENET,
    ("fusion", "scratch"): FUSION_SCRATCH,
}
