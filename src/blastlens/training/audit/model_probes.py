"""How a model answers to changed images, and where it looks."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import count

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import Label
from blastlens.domain.prediction import Prediction
from blastlens.imaging.decode import decode
from blastlens.inference.classifier import Reading
from blastlens.training.audit.perturbations import Scene, knows_foreign_bar
from blastlens.training.audit.probes import NO_OTHER_BAR, OTHER_BAR, PROBES, Probe
from blastlens.training.audit.results import AuditRow, Heat
from blastlens.training.data.dataset import Example
from blastlens.training.progress import NamedTrack
from blastlens.training.threads import in_threads

Read = Callable[[NDArray[np.uint8]], Reading]
"""Reads one image (H, W, 3) uint8 RGB the way it is served."""


@dataclass(frozen=True)
class _Answered:
    """One image under every probe: the label given, or None; and heat and area inside blasts, or None."""

    labels: tuple[Label | None, ...]
    heat: tuple[float, float] | None


def model_rows(
    read: Read,
    examples: Sequence[Example],
    truth_of: Callable[[Example], Label],
    track: NamedTrack[Example],
) -> tuple[tuple[AuditRow, ...], Heat | None]:
    """Let a model read every image under every change.

    Args:
        read: the model; called from several threads.
        examples: what is judged.
        truth_of: gives the label that is right for an example.
        track: wraps what takes time, with a word on it, to show progress.
    """
    truth = [truth_of(example) for example in examples]
    with closing(in_threads(partial(_ask, read), list(zip(count(), examples, truth)))) as outcomes:
        answered = [outcome for _, outcome in zip(track(examples, "changed images"), outcomes, strict=True)]
    rows = tuple(
        _row(probe.name, _note(probe, truth), [each.labels[index] for each in answered], truth)
        for index, probe in enumerate(PROBES)
    )
    return rows, _mean([each.heat for each in answered if each.heat is not None])


def inside_blasts(heat: NDArray[np.float32], mask: NDArray[np.bool_]) -> tuple[float, float] | None:
    """Return the shares of the heat (H, W) and of the area that lie in a mask (H, W); None without heat."""
    total = float(heat.sum())
    return (float(heat[mask].sum()) / total, float(mask.mean())) if total > 0 else None


def _ask(read: Read, asked: tuple[int, Example, Label]) -> _Answered:
    number, example, truth = asked
    image = decode(example.path.read_bytes())
    plain = read(image)
    mask = plain.mask if plain.mask is not None else np.zeros(image.shape[:2], bool)
    scene = Scene(image, mask, truth, number)
    labels = [_label(plain if (changed := probe.change(scene)) is image else read(changed)) for probe in PROBES]
    return _Answered(tuple(labels), None if plain.heat is None else inside_blasts(plain.heat, mask))


def _note(probe: Probe, truth: Sequence[Label]) -> str:
    """Return a probe's note; a swap of scale bars says nothing where every class shows the same ones."""
    foreign = any(map(knows_foreign_bar, set(truth)))
    return probe.note if foreign or probe.name != OTHER_BAR else NO_OTHER_BAR


def _label(reading: Reading) -> Label | None:
    return reading.answer.label if isinstance(reading.answer, Prediction) else None


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
