"""Recipe and its parts: everything that decides how a model is trained."""

from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from blastlens.domain.labels import LABELS, Label
from blastlens.imaging.kmeans_segmentation import LabSettings
from blastlens.imaging.segmentation import SegmentationSettings

Weights = Literal["imagenet", "scratch", "package"]
Precision = Literal["float32", "mixed_bfloat16"]


@dataclass(frozen=True)
class Augmentation:
    """How far training images are changed.

    Every amount is the largest change; how much is drawn uniformly. 0 changes nothing.

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
        motion: greatest length in pixels of 224 of the line along which a moving stage blurs a point.
        jpeg: lowest quality the image is compressed to, 1 to 100; 0 for never.
        no_bar: probability that the scale bar is painted over.
        bar: probability that a bar of any style is then drawn, in its corner or any other.
        corner: probability that one corner of any size is filled with one colour.
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

    def at(self, strength: float) -> "Augmentation":
        """Return the same changes, weaker or stronger; how often scale bars change stays.

        A corner is filled more or less often, at most always. JPEG quality is at least 1.
        """
        kept = {"flips", "quarter_turns", "jpeg", "no_bar", "bar"}
        scaled = {name: value * strength for name, value in asdict(self).items() if name not in kept}
        scaled["corner"] = min(1.0, scaled["corner"])
        return replace(self, **scaled, jpeg=_worse(self.jpeg, strength))

    def geometry_only(self) -> "Augmentation":
        """Return only the changes of place and of scale bars, which a seed draws as it does with all changes."""
        place = {"flips", "quarter_turns", "rotation", "zoom", "no_bar", "bar", "corner"}
        return Augmentation(**{name: value for name, value in asdict(self).items() if name in place})


def _worse(quality: int, strength: float) -> int:
    """Return the lowest JPEG quality at a strength: at least 1, because 0 means no compression; 0 stays 0."""
    return max(1, round(100 - (100 - quality) * strength)) if quality else 0


@dataclass(frozen=True)
class Stage:
    """Some epochs at one image size.

    Attributes:
        size: side of the images in pixels.
        epochs: passes over the training part.
        learning_rate: the peak, reached after the warm-up.
        warm_up: share of the stage's steps over which the rate rises from zero.
        cosine: whether the rate then falls to zero by a half cosine, or stays.
        strength: what the recipe's augmentation is multiplied by; strong at first, gentle at the end.
        crop: side in pixels of a square that is cut out again for every step, around a blast where there is one; 0 for
            none. Cells keep their size.
        redraw_every: after how many epochs the images are augmented again; 0 for the recipe's value.
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
    """One backbone and the image that it reads.

    Attributes:
        backbone: a key of `architectures.BACKBONES`.
        input: "original" or "segmented".
        weights: "imagenet" uses Keras's weights, "scratch" starts from He initialisation, "package" continues from the
            same branch of a model package.
        stages: pretraining of the branch with its own head, which is discarded afterwards; none by default.
        precision: of the arithmetic in pretraining; weights are always float32.
        batch_norm: whether a batch norm follows every convolution during pretraining; it is folded into the
            convolution afterwards. For backbones without any, such as VGG16.
        widths: channels of each convolution, for a backbone whose layers form one sequence (VGG16); none for its own.
            A package's branch with more channels is pruned to these.
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
        """Name of the branch in the model."""
        return f"{self.backbone}_{self.input}"


@dataclass(frozen=True)
class Recipe:
    """How one model is trained.

    Attributes:
        name: as given to `--recipe`.
        about: one sentence that describes it.
        model: name of the model in the package; empty for the recipe's name.
        branches: backbones, in the order in which their features are joined.
        variable_branches: whether `--branches` and `--input` may replace the branches.
        stages: training of the whole model, in order; none if only the head is trained.
        head_stages: before that, training of the head on cached features of the branches; none by default.
        branch_dropout: probability that a branch's features are dropped in `head_stages`, so that the head depends on
            no single branch.
        outlier_exposure: weight, relative to that of all examples, of images of other laboratories on which the head
            and the whole model are fitted to equal probabilities for all classes; 0 for none. Branches that are
            pretrained do not see them.
        white_limit: whether the prediction set holds every label for an image with more white than nearly all training
            images.
        frozen: whether the backbones are frozen in `stages` too.
        precision: of the arithmetic in `stages`; weights are always float32.
        batch: examples in a step.
        balanced: whether rare classes have the same weight as frequent ones.
        redraw_every: after how many epochs the images are augmented again; in between they are mirrored or turned.
        shares: of training, calibration and validation.
        split: "random" (the papers'), "group" or "staining"; `--split` overrides it.
        classes: labels in the order of the outputs.
        heads: "joint" is one head on the features of all branches; "separate" is one linear head for each branch, each
            with its own temperature, whose logits are averaged.
        head_widths: hidden layers between the joined features and the probabilities.
        head_dropouts: after the first of them.
        colour: "as_taken", or "normalised" or "standardised" as in `imaging.stain`.
        segmentation: how blasts are found; copied into the package.
        augmentation: how images are changed before blasts are found in them.
    """

    name: str
    branches: tuple[BranchRecipe, ...]
    stages: tuple[Stage, ...]
    about: str = ""
    model: str = ""
    variable_branches: bool = False
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
        """Side in pixels of the trained model's input: that of the last stage."""
        return (self.stages or self.head_stages)[-1].size

    @property
    def starts_from_package(self) -> bool:
        """Whether a branch starts from a model package."""
        return any(branch.weights == "package" for branch in self.branches)

    @property
    def epochs(self) -> int:
        """Epochs over all stages of the branches, the head and the whole model."""
        pretraining = [branch.stages + branch.consistency_stages for branch in self.branches]
        parts = [*pretraining, self.head_stages, self.stages]
        return sum(stage.epochs for stages in parts for stage in stages)
