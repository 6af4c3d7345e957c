"""Verdict of the screening at the microscope: object metadata and its reader."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from blastlens.domain.finding import Finding, to_finding
from blastlens.domain.labels import Label, find_label_set
from blastlens.domain.prediction import Answer, Prediction

DIGEST_KEY = "edge-digest"
"""Key of the object metadata that holds the digest of the model package: 64 hexadecimal digits in lower case."""

PROBABILITIES_KEY = "edge-probabilities"
"""Key of the object metadata that holds the probabilities: `benign=0.1234,malignant=0.8766`."""

SET_KEY = "edge-set"
"""Key of the object metadata that holds the labels that cannot be excluded: `benign,malignant`."""

KEYS = (DIGEST_KEY, PROBABILITIES_KEY, SET_KEY)

SUM_TOLERANCE = 1e-3
"""How far the sum of the probabilities, which are rounded to four decimals, may be from 1."""

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PROBABILITY = re.compile(r"0(\.\d{1,10})?|1(\.0{1,10})?", re.ASCII)
_LONGEST = 200


@dataclass(frozen=True)
class EdgeVerdict:
    """What a model package said of an image at the microscope, before the image was uploaded.

    A phone with the screening page or a microscope's computer computed it. It is shown beside the answer, and no answer
    depends on it.

    Attributes:
        digest: SHA-256 of the model package, in hexadecimal.
        probabilities: one for each label of a known set, in [0, 1], summing to about 1; kept in the set's order.
        prediction_set: labels that could not be excluded, as the sender ordered them.

    Raises:
        ValueError: the digest is not one, the probabilities are not a distribution over a known set of labels, or the
            prediction set is empty, repeats a label, or leaves out every most probable one.
    """

    digest: str
    probabilities: Mapping[Label, float]
    prediction_set: tuple[Label, ...]

    def __post_init__(self) -> None:
        if _DIGEST.fullmatch(self.digest) is None:
            raise ValueError("the digest does not have 64 hexadecimal digits")
        labels = _find_labels(self.probabilities)
        values = [self.probabilities[label] for label in labels]
        # A value that is not a number fails both comparisons.
        if not (all(0.0 <= value <= 1.0 for value in values) and abs(sum(values) - 1.0) <= SUM_TOLERANCE):
            raise ValueError("the probabilities are not a distribution")
        members = set(self.prediction_set)
        likeliest = {label for label in labels if self.probabilities[label] == max(values)}
        if len(members) != len(self.prediction_set) or not members <= set(labels) or not members & likeliest:
            raise ValueError("the prediction set does not fit the probabilities")
        object.__setattr__(self, "probabilities", MappingProxyType(dict(zip(labels, values, strict=True))))

    @property
    def finding(self) -> Finding:
        """Finding of the prediction set; every leukemia is one."""
        return to_finding(self.prediction_set)


def make_verdict(answer: Answer) -> EdgeVerdict | None:
    """Return an answer as a verdict; None for a rejection."""
    if not isinstance(answer, Prediction):
        return None
    return EdgeVerdict(answer.model.digest, answer.probabilities, answer.prediction_set)


def read_edge_verdict(metadata: Mapping[str, str]) -> EdgeVerdict | None:
    """Return the verdict in an object's metadata; None where it has none of the three keys.

    Raises:
        ValueError: a key is missing, or a value is not usable. The message repeats no value.
    """
    given = [metadata[key].strip() for key in KEYS if key in metadata]
    if not given:
        return None
    if len(given) < len(KEYS) or max(map(len, given)) > _LONGEST:
        raise ValueError("the verdict is not complete, or too long")
    digest, probabilities, labels = given
    return EdgeVerdict(digest, _parse_probabilities(probabilities), tuple(map(_parse_label, labels.split(","))))


def make_edge_metadata(verdict: EdgeVerdict) -> dict[str, str]:
    """Return the object metadata that declares a verdict; probabilities are rounded to four decimals."""
    return {
        DIGEST_KEY: verdict.digest,
        # A zero may have a sign, which would not be read back.
        PROBABILITIES_KEY: ",".join(f"{label}={abs(value):.4f}" for label, value in verdict.probabilities.items()),
        SET_KEY: ",".join(map(str, verdict.prediction_set)),
    }


def _find_labels(given: Collection[Label]) -> tuple[Label, ...]:
    try:
        return find_label_set(given)
    except ValueError:
        raise ValueError("the labels are not a known set") from None


def _parse_probabilities(text: str) -> dict[Label, float]:
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(_PROBABILITY.fullmatch(value) for _, _, value in pairs):
        raise ValueError("a probability is not a decimal number from 0 to 1")
    return _without_repetition((_parse_label(name), float(value)) for name, _, value in pairs)


def _without_repetition(pairs: Iterable[tuple[Label, float]]) -> dict[Label, float]:
    found: dict[Label, float] = {}
    for label, value in pairs:
        if label in found:
            raise ValueError("a label is given twice")
        found[label] = value
    return found


def _parse_label(text: str) -> Label:
    try:
        return Label(text)
    except ValueError:
        raise ValueError("a label is not known") from None
