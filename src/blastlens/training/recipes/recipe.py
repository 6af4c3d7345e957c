"""Recipes: everything that decides how a model is trained, as data in one small file each."""

from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from blastlens.domain.labels import LABELS, Label
from blastlens.imaging.kmeans_segmentation import LabSettings
from blastlens.imaging.segmentation import SegmentationSettings

Weights = Literal["imagenet", "scratch", "package"]
Precision = Literal["float32", "mixed_bfloat16"]


@dataclass(frozen=True)
class Augmentation:
    """How far an image may be changed; every amount is the largest change, drawn uniformly; 0 leaves it.

    Attributes:
        flips: mirror left-right and up-down, each with probability one half.
        quarter_turns: turn by 0, 90, 180 or 270 degrees.
        rotation: degrees either way; corners are filled by reflection.
        zoom: share by which the image grows or shrinks, and is moved.
        brightness: share of the full range added or taken.
        exposure: share by which all values are multiplied or divided.
        contrast: share by which the distance from the mean grows or shrinks.
        hue: degrees on OpenCV's scale of 180.
        saturation: share by which colours grow stronger or weaker.
        stain: strength of the change in haematoxylin-eosin-DAB space (Tellez et al. 2018, arXiv 1808.05896).
        shading: share by which the light falls off across the image.
        blur: greatest standard deviation in pixels of 224.
        motion: greatest length in pixels of 224 of the line that a moving slide smears a point along.
        jpeg: lowest quality the image is compressed to, 1 to 100; 0 for never.
        no_bar: probability that the scale bar is painted over.
        bar: probability that a bar of any style is then drawn, in its corner or any other.
        corner: probability that one corner of any size is filled with one colour.
        surroundings: probability that the original shows blasts on empty glass alone, drawn anew for every step.
    """

    flips: bool = True
    quarter_turns: bool = False
    rotation: float = 0.0
    zoom: float = 0.0
    brightness: float = 0.0
    exposure: float = 0.0
    contrast: float = 0.0
    hue: float = 0.0
    saturation: float = 0.0
    stain: float = 0.0
    shading: float = 0.0
    blur: float = 0.0
    motion: float = 0.0
    jpeg: int = 0
    no_bar: float = 0.0
    bar: float = 0.0
    corner: float = 0.0
    surroundings: float = 0.0

    def at(self, strength: float) -> "Augmentation":
        """Return the same changes, weaker or stronger; how often bars and surroundings change stays.

        A corner is filled more or less often, at most always; JPEG compression grows to the worst quality there is.
        """
        kept = {"flips", "quarter_turns", "jpeg", "no_bar", "bar", "surroundings"}
        scaled = {name: value * strength for name, value in asdict(self).items() if name not in kept}
        scaled["corner"] = min(1.0, scaled["corner"])
        return replace(self, **scaled, jpeg=_worse(self.jpeg, strength))

    def geometry_only(self) -> "Augmentation":
        """Return the changes of place and labels alone: drawn from one seed, the same ones as with all the others."""
        place = {"flips", "quarter_turns", "rotation", "zoom", "no_bar", "bar", "corner"}
        return Augmentation(**{name: value for name, value in asdict(self).items() if name in place})


def _worse(quality: int, strength: float) -> int:
    """Return a lowest JPEG quality at a strength; where there was one it is never 0, which would be none at all."""
    return max(1, round(100 - (100 - quality) * strength)) if quality else 0


@dataclass(frozen=True)
class Stage:
    """Some epochs at one image size.

    Attributes:
        size: side of the images in pixels.
        epochs: how often every example is seen.
        learning_rate: the peak, reached after the warm-up.
        warm_up: share of the stage's steps over which the rate rises from zero.
        cosine: whether the rate then falls to zero by a half cosine, or stays.
        strength: what the recipe's augmentation is multiplied by; strong at first, gentle at the end.
        crop: side in pixels of a square cut out anew for every step, around a blast where there is one; 0 for none.
            Cells keep their size, and a convolution need not see the rest of the image to learn from them.
        redraw_every: after how many epochs the images are varied anew; 0 for as often as the recipe says.
    """

    size: int
    epochs: int
    learning_rate: float = 1e-3
    warm_up: float = 0.0
    cosine: bool = False
    strength: float = 1.0
    crop: int = 0
    redraw_every: int = 0


@dataclass(frozen=True)
class BranchRecipe:
    """One backbone and what it looks at.

    Attributes:
        backbone: a name that `architectures.BACKBONES` knows.
        input: "original" or "segmented".
        weights: "imagenet" borrows Keras's weights, "scratch" starts from He initialisation, "package" goes on from
            the same branch of a model package.
        stages: how the branch learns alone, with a head of its own that is then thrown away; none by default.
        precision: of the arithmetic while it learns alone; weights are float32 always.
        batch_norm: whether a batch norm follows every convolution during pretraining; it is folded into the
            convolution afterwards. For backbones without any, such as VGG16.
        widths: channels of each convolution, of a backbone whose layers stand in a row (VGG16); none for its own. What
            a package learned with more of them is pruned to these.
        consistency_stages: stages after those, with consistency regularisation: the features of an image with other
            stain, light and focus are fitted to the branch's own features of the image without the change.
    """

    backbone: str
    input: Literal["original", "segmented"]
    weights: Weights = "imagenet"
    stages: tuple[Stage, ...] = ()
    precision: Precision = "float32"
    batch_norm: bool = False
    widths: tuple[int, ...] = ()
    consistency_stages: tuple[Stage, ...] = ()

    @property
    def name(self) -> str:
        """What the branch is called in the model."""
        return f"{self.backbone}_{self.input}"


@dataclass(frozen=True)
class Recipe:
    """How one model is trained.

    Attributes:
        name: what `--recipe` calls it.
        about: a sentence for people.
        model: what the package calls its model; empty for the recipe's name.
        branches: backbones, in the order in which their features are joined.
        stages: how the whole model learns, in order; none where the head is all that is left to learn.
        head_stages: before that, how the head alone learns from what the branches are so far; none by default.
        branch_dropout: probability that the head, while it learns alone, does not hear a branch, so that it leans on
            neither.
        outlier_exposure: weight, relative to that of all examples, of images of other laboratories on which the head
            and the whole model are fitted to equal probabilities for all classes; 0 for none. Branches that are
            pretrained do not see them.
        white_limit: whether the prediction set of an image with more white in it than nearly all that it learned from
            holds every label.
        frozen: whether the backbones stay as they are in `stages` too.
        precision: of the arithmetic in `stages`; weights are float32 always.
        batch: examples a step.
        balanced: whether rare classes weigh as much as frequent ones.
        redraw_every: after how many epochs the images are varied anew; in between they are only mirrored and turned.
        shares: of training, calibration and validation.
        split: "random" (the papers'), "group" or "staining", unless the command says otherwise.
        classes: labels in the order of the outputs.
        heads: "joint" is one that hears all branches; "separate" are linear ones, one for each branch, each brought to
            its own temperature, and the mean of their logits counts.
        head_widths: hidden layers between the joined features and the probabilities.
        head_dropouts: after the first of them.
        colour: "as_taken", or "normalised" or "standardised" as `imaging.stain` does it.
        segmentation: how blasts are found; carried into the package.
        augmentation: how images are varied, before blasts are found in them.
    """

    name: str
    branches: tuple[BranchRecipe, ...]
    stages: tuple[Stage, ...]
    about: str = ""
    model: str = ""
    head_stages: tuple[Stage, ...] = ()
    branch_dropout: float = 0.0
    outlier_exposure: float = 0.0
    white_limit: bool = False
    frozen: bool = True
    precision: Precision = "float32"
    batch: int = 32
    balanced: bool = False
    redraw_every: int = 1
    shares: tuple[float, float, float] = (0.8, 0.1, 0.1)
    split: Literal["random", "group", "staining"] = "group"
    classes: tuple[Label, ...] = LABELS
    heads: Literal["joint", "separate"] = "joint"
    head_widths: tuple[int, ...] = (1024, 512, 256, 128, 64, 32, 16)
    head_dropouts: tuple[float, ...] = (0.2, 0.2)
    colour: Literal["as_taken", "normalised", "standardised"] = "as_taken"
    segmentation: SegmentationSettings | LabSettings = field(default_factory=SegmentationSettings)
    augmentation: Augmentation = field(default_factory=Augmentation)

    @property
    def size(self) -> int:
        """Side in pixels of what the finished model reads: that of the last stage."""
        return (self.stages or self.head_stages)[-1].size

    @property
    def starts_from_package(self) -> bool:
        """Whether a branch starts from a model package."""
        return any(branch.weights == "package" for branch in self.branches)

    @property
    def epochs(self) -> int:
        """Epochs over all stages of the branches and of the whole."""
        alone = [branch.stages + branch.consistency_stages for branch in self.branches]
        parts = [*alone, self.head_stages, self.stages]
        return sum(stage.epochs for stages in parts for stage in stages)
