"""How an image is stained, measured, and images of a class clustered by it."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import InvalidData, UploadRefused
from blastlens.domain.labels import Label
from blastlens.imaging.decode import decode
from blastlens.training.data.dataset import Example
from blastlens.training.progress import Track

_SIDE = 112  # pixels; colours do not change by it, the time does


def measure_stain(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the median L, a, b of the light background, then of the stained cells, (6,), in OpenCV's 8-bit Lab.

    Cells and background part at Otsu's threshold of the green channel, which haematology's purples absorb most.

    Args:
        image: (H, W, 3) uint8 RGB.
    """
    small = cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    _, light = cv2.threshold(small[..., 1], 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)
    sides = [lab[light > 0], lab[light == 0]]
    # An even picture has one side only.
    medians = [np.median(side if len(side) else lab.reshape(-1, 3), axis=0) for side in sides]
    return np.concatenate(medians).astype(np.float64)


def cluster_by_stain(examples: Sequence[Example], seed: int, clusters: int, track: Track) -> list[list[list[Example]]]:
    """Cluster the images of each class by their staining; whole groups go to the cluster most of them are in.

    Args:
        examples: all examples.
        seed: of k-means.
        clusters: how many a class at most.
        track: wraps the examples to show progress while they are read.

    Returns:
        For each class that has images, in the order of `Label`, its clusters that are not empty.

    Raises:
        InvalidData: a file cannot be read; the message names it.
    """
    measured = {example.path: _measure(example.path) for example in track(examples)}
    of_classes = [[example for example in examples if example.label == label] for label in Label]
    return [_cluster(members, measured, seed, clusters) for members in of_classes if members]


def _measure(path: Path) -> NDArray[np.float64]:
    try:
        return measure_stain(decode(path.read_bytes()))
    except UploadRefused as refusal:
        raise InvalidData(f"{path} cannot be trained on: {refusal.message}") from refusal


def _cluster(
    examples: Sequence[Example], measured: dict[Path, NDArray[np.float64]], seed: int, clusters: int
) -> list[list[Example]]:
    from sklearn.cluster import KMeans  # Loading it takes a second that other splits need not wait for.

    values = np.stack([measured[example.path] for example in examples])  # (N, 6)
    standard = (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-9)
    wanted = min(clusters, len(np.unique(standard, axis=0)))
    nearest = KMeans(wanted, n_init=10, random_state=seed).fit_predict(standard)
    votes: dict[str, list[int]] = defaultdict(list)
    for example, cluster in zip(examples, nearest, strict=True):
        votes[example.group].append(int(cluster))
    found: dict[int, list[Example]] = defaultdict(list)
    for example in examples:
        found[int(np.bincount(votes[example.group]).argmax())].append(example)
    return [found[cluster] for cluster in sorted(found)]
