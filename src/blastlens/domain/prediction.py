"""What the service says of one image: a prediction or a rejection, both immutable."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.labels import SCREENING_LABELS, WORDS, Label, label_set_of


@dataclass(frozen=True)
class Quality:
    """What was measured of an image before it was read.

    Attributes:
        focus: variance of the smoothed Laplacian of the luminance at a fixed working size, in grey levels squared,
            of the sharper tiles of the image; larger is sharper.
        brightness: mean luminance, 0 (black) to 1 (white).
        contrast: standard deviation of the luminance, 0 to 0.5.
        stained_fraction: share of the pixels in the blast mask, 0 to 1.
        background_fraction: share of light, hardly coloured pixels (plasma, glass, pale red cells), 0 to 1.
        foreign_fraction: share of strong colours that no blood stain takes (yellow to green-blue), 0 to 1.
        grey_fraction: share of dark pixels without colour, of which a stained smear has none, 0 to 1.
        steadiness: strength of the edges in the direction in which they are faintest, over the one in which they are
            strongest, 0 (smeared along a line) to 1 (as sharp in every direction).
    """

    focus: float
    brightness: float
    contrast: float
    stained_fraction: float
    background_fraction: float
    foreign_fraction: float
    grey_fraction: float = 0.0  # records of before it was measured lack it, and the next
    steadiness: float = 1.0


@dataclass(frozen=True)
class ModelIdentity:
    """Which model package answered. `digest` is the SHA-256 of its weights and manifest, in hexadecimal."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True)
class Prediction:
    """A class for an image.

    Attributes:
        label: the most probable class.
        probabilities: calibrated, one for each label of a known set, in [0, 1], summing to 1; kept in the set's order.
        prediction_set: labels that cannot be told apart at the package's coverage, most probable first.
        quality: what was measured of the image.
        model: the package that answered.

    Raises:
        ValueError: the probabilities are not a distribution over a known set of labels, or the prediction set lacks
            the label or holds one that has no probability.
    """

    label: Label
    probabilities: Mapping[Label, float]
    prediction_set: tuple[Label, ...]
    quality: Quality
    model: ModelIdentity

    def __post_init__(self) -> None:
        labels = label_set_of(self.probabilities)
        values = [self.probabilities[label] for label in labels]
        if not all(0.0 <= value <= 1.0 for value in values) or abs(sum(values) - 1.0) > 1e-4:
            raise ValueError(f"not a distribution over {[str(x) for x in labels]}: {values}")
        if self.label not in self.prediction_set:
            raise ValueError(f"the prediction set {self.prediction_set} lacks the label {self.label}")
        if not set(self.prediction_set) <= set(labels):
            raise ValueError(f"the prediction set {self.prediction_set} holds a label without a probability")
        object.__setattr__(self, "probabilities", MappingProxyType(dict(zip(labels, values, strict=True))))

    @property
    def labels(self) -> tuple[Label, ...]:
        """The labels that could have been answered, in their order."""
        return tuple(self.probabilities)

    @property
    def is_screening(self) -> bool:
        """Whether benign and malignant alone were told apart, and no kind of leukemia looked for."""
        return self.labels == SCREENING_LABELS

    @property
    def is_certain(self) -> bool:
        """Whether one label alone is left in the prediction set."""
        return len(self.prediction_set) == 1

    @property
    def is_malignant(self) -> bool:
        """Whether the most probable class is a leukemia."""
        return WORDS[self.label].malignant


@dataclass(frozen=True)
class Rejection:
    """An upload that was not read: an answer, not a fault.

    Attributes:
        reason: the machine-readable cause.
        message: one sentence a technician can act on.
        model: the package that would have answered.
        quality: what was measured, where it came that far.
    """

    reason: Reason
    message: str
    model: ModelIdentity
    quality: Quality | None = None

    @classmethod
    def of(cls, refusal: UploadRefused, model: ModelIdentity, quality: Quality | None = None) -> "Rejection":
        """Make the answer out of the error that stopped the reading."""
        return cls(refusal.reason, refusal.message, model, quality)


Answer = Prediction | Rejection
