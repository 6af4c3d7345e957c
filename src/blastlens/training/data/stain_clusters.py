"""Clusters of images of a class by staining, which is measured in Lab."""

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

_SIDE = 112  # pixels; shrinking saves time and does not change the colours


def measure_stain(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the median Lab colours of background and stained cells, (6,).

    The scale is OpenCV's of 8 bits. Otsu's threshold of the green channel, which the purples of hematology stains
    absorb most, separates the two.

    Args:
        image: (H, W, 3) uint8 RGB.
    """
    small = cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    _, light = cv2.threshold(small[..., 1], 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)
    sides = [lab[light > 0], lab[light == 0]]
    # An image of one colour has one side only.
    medians = [np.median(side if len(side) else lab.reshape(-1, 3), axis=0) for side in sides]
    return np.concatenate(medians).astype(np.float64)


def cluster_by_stain(examples: Sequence[Example], seed: int, clusters: int, track: Track) -> list[list[list[Example]]]:
    """Cluster the images of each class by staining; groups stay whole.

    A group goes to the cluster that holds most of its images.

    Args:
        examples: all examples.
        seed: of k-means.
        clusters: largest number for each class.
        track: shows progress while the images are read.

    Returns:
        For each class with images, in the order of `Label`, its clusters that are not empty.

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
        raise InvalidData(f"{path} cannot be read: {refusal.message}") from refusal


def _cluster(
    examples: Sequence[Example], measured: dict[Path, NDArray[np.float64]], seed: int, clusters: int
) -> list[list[Example]]:
    from sklearn.cluster import KMeans  # loading it takes a second that other splits do not need

    values = np.stack([measured[example.path] for example in examples])  # (N, 6)
    standard = (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-9)
    count = min(clusters, len(np.unique(standard, axis=0)))
    nearest = KMeans(count, n_init=10, random_state=seed).fit_predict(standard)
    votes: dict[str, list[int]] = defaultdict(list)
    for example, cluster in zip(examples, nearest, strict=True):
        votes[example.group].append(int(cluster))
    found: dict[int, list[Example]] = defaultdict(list)
    for example in examples:
        found[int(np.bincount(votes[example.group]).argmax())].append(example)
    return [found[cluster] for cluster in sorted(found)]
