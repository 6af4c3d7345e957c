"""Probes of a model: accuracy on perturbed images, and heat inside blasts."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import Label
from blastlens.domain.prediction import Prediction
from blastlens.imaging.decode import decode
from blastlens.inference.classifier import Reading
from blastlens.training.audit import perturbations
from blastlens.training.audit.perturbations import Perturbation, Scene, has_foreign_scale_bar
from blastlens.training.audit.results import AuditRow, Heat
from blastlens.training.data.dataset import Example
from blastlens.training.progress import NamedTrack
from blastlens.training.threads import in_threads

Read = Callable[[NDArray[np.uint8]], Reading]
"""Reads one image (H, W, 3) uint8 RGB as the service does."""


@dataclass(frozen=True)
class Probe:
    """A perturbation with its name and a sentence on what its result means."""

    name: str
    perturb: Perturbation
    note: str


AS_TAKEN = "images as they are"
GREY = "greyscale"
NO_BAR = "scale bar masked"
OTHER_BAR = "scale bar of another class"
NO_OTHER_BAR = "Not applicable: none of these classes has a style of scale bar that another one lacks."
ONLY_BLASTS = "all but the blasts masked"
NO_BLASTS = "blasts masked"
_HUES = {by: f"hue turned by {by:+d}" for by in (-10, -5, 5, 10)}
HUES = tuple(_HUES.values())
LIGHTS = tuple(f"brightness {by} % ({how})" for how in ("multiplied", "added") for by in ("-15", "+15"))
_STAIN, _BLACK_LEVEL = "Another stain lot or white balance.", "A camera with another black level."

PROBES: tuple[Probe, ...] = (
    Probe(AS_TAKEN, perturbations.keep_as_taken, "For comparison."),
    Probe(GREY, perturbations.remove_colour, "Without colour no stain can be found: the image should be rejected."),
    Probe(
        NO_BAR, perturbations.mask_scale_bar, "In this data the bar's style follows the class; no model should need it."
    ),
    Probe(OTHER_BAR, perturbations.swap_scale_bar, "The accuracy of a model that uses the bar falls here."),
    Probe(ONLY_BLASTS, perturbations.mask_surroundings, "Accuracy from the blasts without their surroundings."),
    Probe(NO_BLASTS, perturbations.mask_blasts, "Accuracy above chance comes from the surroundings."),
    *(Probe(name, partial(perturbations.shift_hue, by=by), _STAIN) for by, name in _HUES.items()),
    Probe(LIGHTS[0], partial(perturbations.change_light, factor=0.85), "A dimmer lamp."),
    Probe(LIGHTS[1], partial(perturbations.change_light, factor=1.15), "A brighter lamp; light parts are clipped."),
    Probe(LIGHTS[2], partial(perturbations.change_light, added=-0.15), _BLACK_LEVEL),
    Probe(LIGHTS[3], partial(perturbations.change_light, added=0.15), f"{_BLACK_LEVEL[:-1]}; light parts are clipped."),
    Probe("saturation -20 %", partial(perturbations.scale_saturation, factor=0.8), "A paler stain."),
    Probe("saturation +20 %", partial(perturbations.scale_saturation, factor=1.2), "A deeper stain."),
    Probe("blur of 1 pixel", perturbations.blur, "Slightly out of focus."),
    *(
        Probe(f"moved by {length} of 224 pixels", partial(perturbations.blur_motion, length=length), "A moving stage.")
        for length in (8, 16, 24)
    ),
    Probe(
        "stretched across by a third",
        partial(perturbations.stretch, across=True),
        "A square camera: see docs/adr/0031.",
    ),
    Probe(
        "stretched down by a third",
        partial(perturbations.stretch, across=False),
        "A camera of 16:9: see docs/adr/0031.",
    ),
    Probe("JPEG of quality 30", perturbations.compress, "Sent through a messenger."),
)
"""All probes, in the order of the table."""


@dataclass(frozen=True)
class _Answers:
    """Answers to one image.

    Attributes:
        labels: one for each probe; None where rejected.
        set_sizes: number of labels in the prediction set of each probe; None likewise.
        heat: shares of heat and area inside blasts; None where the image as taken was rejected.
    """

    labels: tuple[Label | None, ...]
    set_sizes: tuple[int | None, ...]
    heat: tuple[float, float] | None


def probe_model(
    read: Read,
    examples: Sequence[Example],
    truth_of: Callable[[Example], Label],
    track: NamedTrack,
) -> tuple[tuple[AuditRow, ...], Heat | None]:
    """Measure a model on every image under every perturbation.

    Args:
        read: the model; called from several threads.
        examples: the images.
        truth_of: returns the true label of an example, among the model's classes.
        track: shows progress.

    Returns:
        A row for each probe, and the mean heat inside blasts; None where no image was answered.
    """
    truth = [truth_of(example) for example in examples]
    with closing(in_threads(partial(_probe_image, read), list(zip(count(), examples, truth)))) as results:
        answers = [result for _, result in zip(track(examples, "changed images"), results, strict=True)]
    rows = tuple(
        replace(
            _row(probe.name, _note(probe, truth), [each.labels[index] for each in answers], truth),
            set_size=_mean_size([each.set_sizes[index] for each in answers]),
        )
        for index, probe in enumerate(PROBES)
    )
    return rows, _mean([each.heat for each in answers if each.heat is not None])


def share_inside_blasts(heat: NDArray[np.float32], mask: NDArray[np.bool_]) -> tuple[float, float] | None:
    """Return shares of heat and area (H, W) inside a mask (H, W); None without heat."""
    total = float(heat.sum())
    return (float(heat[mask].sum()) / total, float(mask.mean())) if total > 0 else None


def _probe_image(read: Read, numbered: tuple[int, Example, Label]) -> _Answers:
    number, example, truth = numbered
    image = decode(example.path.read_bytes())
    plain = read(image)
    mask = plain.mask if plain.mask is not None else np.zeros(image.shape[:2], bool)
    scene = Scene(image, mask, truth, number)
    readings = [plain if (changed := probe.perturb(scene)) is image else read(changed) for probe in PROBES]
    heat = None if plain.heat is None else share_inside_blasts(plain.heat, mask)
    return _Answers(tuple(map(_label, readings)), tuple(map(_set_size, readings)), heat)


def _note(probe: Probe, truth: Sequence[Label]) -> str:
    """Return a probe's note; swapping scale bars needs classes of different styles."""
    foreign = any(map(has_foreign_scale_bar, set(truth)))
    return probe.note if foreign or probe.name != OTHER_BAR else NO_OTHER_BAR


def _label(reading: Reading) -> Label | None:
    return reading.answer.label if isinstance(reading.answer, Prediction) else None


def _set_size(reading: Reading) -> int | None:
    return len(reading.answer.prediction_set) if isinstance(reading.answer, Prediction) else None


def _mean_size(sizes: Sequence[int | None]) -> float | None:
    answered = [size for size in sizes if size is not None]
    return fmean(answered) if answered else None


def _row(probe: str, note: str, labels: Sequence[Label | None], truth: Sequence[Label]) -> AuditRow:
    right = sum(label == true for label, true in zip(labels, truth, strict=True))
    rejected = sum(label is None for label in labels)
    if 0 < rejected < len(labels):
        note = f"{note} Of those it answered {right / (len(labels) - rejected):.1%} were right."
    return AuditRow(probe, right / max(len(labels), 1), len(labels), rejected, note)


def _mean(heats: Sequence[tuple[float, float]]) -> Heat | None:
    if not heats:
        return None
    inside, area = np.mean(heats, axis=0)
    return Heat(float(inside), float(area), len(heats))
