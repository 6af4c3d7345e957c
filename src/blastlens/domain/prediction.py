"""Answers to one image: predictions and rejections."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.field import FieldSummary
from blastlens.domain.labels import SCREENING_LABELS, WORDS, Label, find_label_set


@dataclass(frozen=True)
class Quality:
    """Quality measurements of an image, made before classification.

    Attributes:
        focus: variance of the smoothed Laplacian of the luminance at a fixed working size, in grey levels squared,
            of the sharper tiles of the image; larger is sharper.
        brightness: mean luminance, 0 (black) to 1 (white).
        contrast: standard deviation of the luminance, 0 to 0.5.
        stained_fraction: share of the pixels in the blast mask, 0 to 1.
        background_fraction: share of light, hardly coloured pixels (plasma, glass, pale red cells), 0 to 1.
        foreign_fraction: share of strong colours that no blood stain has (yellow to green-blue), 0 to 1.
        grey_fraction: share of dark pixels without colour, 0 to 1; a stained smear has none.
        steadiness: absence of motion blur. Strength of the edges in their weakest direction over that in their
            strongest, 0 (blurred along a line) to 1 (equally sharp in every direction).
    """

    focus: float
    brightness: float
    contrast: float
    stained_fraction: float
    background_fraction: float
    foreign_fraction: float
    grey_fraction: float = 0.0  # older records lack this value and the next
    steadiness: float = 1.0


@dataclass(frozen=True)
class ModelIdentity:
    """Identity of a model package.

    `digest` is the SHA-256 of its manifest and files, in hexadecimal.
    """

    name: str
    version: str
    digest: str


@dataclass(frozen=True)
class Prediction:
    """A predicted class of an image.

    Attributes:
        label: the most probable class.
        probabilities: calibrated, one for each label of a known set, in [0, 1], summing to 1; kept in the set's order.
        prediction_set: labels that cannot be excluded at the package's coverage, most probable first.
        quality: measurements of the image.
        model: the package that was used.
        field: what was read of the field; None for a package that reads images as a whole, and in older records.

    Raises:
        ValueError: the probabilities are not a distribution over a known set of labels, or the prediction set lacks
            the label or contains one without a probability.
    """

    label: Label
    probabilities: Mapping[Label, float]
    prediction_set: tuple[Label, ...]
    quality: Quality
    model: ModelIdentity
    field: FieldSummary | None = None

    def __post_init__(self) -> None:
        labels = find_label_set(self.probabilities)
        values = [self.probabilities[label] for label in labels]
        if not all(0.0 <= value <= 1.0 for value in values) or abs(sum(values) - 1.0) > 1e-4:
            raise ValueError(f"not a distribution over {[str(x) for x in labels]}: {values}")
        if self.label not in self.prediction_set:
            raise ValueError(f"the prediction set {self.prediction_set} lacks the label {self.label}")
        if not set(self.prediction_set) <= set(labels):
            raise ValueError(f"the prediction set {self.prediction_set} contains a label without a probability")
        object.__setattr__(self, "probabilities", MappingProxyType(dict(zip(labels, values, strict=True))))

    @property
    def labels(self) -> tuple[Label, ...]:
        """All labels of the model, in their order."""
        return tuple(self.probabilities)

    @property
    def is_screening(self) -> bool:
        """Whether the labels are only benign and malignant, without the kind of leukemia."""
        return self.labels == SCREENING_LABELS

    @property
    def is_certain(self) -> bool:
        """Whether the prediction set contains a single label."""
        return len(self.prediction_set) == 1

    @property
    def likeliest_last(self) -> tuple[Label, ...]:
        """The prediction set in an order in which the most probable label does not lead."""
        return (*(label for label in self.labels if label in self.prediction_set[1:]), self.prediction_set[0])

    @property
    def is_malignant(self) -> bool:
        """Whether the most probable class is a leukemia."""
        return WORDS[self.label].malignant


@dataclass(frozen=True)
class Rejection:
    """An upload that cannot be classified. It is an answer, not an error.

    Attributes:
        reason: machine-readable reason.
        message: one sentence that a technician can act on.
        model: the package that would have been used.
        quality: measurements, where the image could be decoded.
        field: what was read of the field before it was rejected; None where nothing was.
    """

    reason: Reason
    message: str
    model: ModelIdentity
    quality: Quality | None = None
    field: FieldSummary | None = None

    @classmethod
    def from_refusal(
        cls,
        refusal: UploadRefused,
        model: ModelIdentity,
        quality: Quality | None = None,
        field: FieldSummary | None = None,
    ) -> "Rejection":
        """Convert the error that ended the processing to an answer."""
        return cls(refusal.reason, refusal.message, model, quality, field)


Answer = Prediction | Rejection
