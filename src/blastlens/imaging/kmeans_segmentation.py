"""Blast segmentation by k-means on the a channel of CIE Lab (screening model)."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.illumination import normalise_illumination
from blastlens.imaging.masks import choose_kernel_size, clean_mask

_NEUTRAL = 128  # OpenCV's 8-bit a channel: grey; above it red and purple, below it green
_MOST_CLUSTERS = 8


@dataclass(frozen=True)
class LabSettings:
    """Settings of the clustering of the a channel; part of the model package.

    Attributes:
        clusters: number of clusters, 2 to 8; 3 separate plasma, red cells and stained nuclei.
        least_stain: mean a of the topmost cluster, in CIE units above grey, below which nothing is stained; 0 to 127.
            The palest of 490 real smears has 17, a blank frame 0 to 4.
        debris_fraction: objects below this share of the image are debris, not blasts; 0 to 1.
    """

    clusters: int = 3
    least_stain: float = 8.0
    debris_fraction: float = 0.001

    def __post_init__(self) -> None:
        in_range = 2 <= self.clusters <= _MOST_CLUSTERS and 0 <= self.least_stain <= 127
        if not in_range or not 0 <= self.debris_fraction < 1:
            raise ValueError(f"segmentation settings out of range: {self}")


def segment_by_colour(image: NDArray[np.uint8], settings: LabSettings) -> NDArray[np.bool_]:
    """Return the blast mask of an image.

    It is the cluster of the greatest a, which is the purple of chromatin.

    K-means on the a channel, as in the screening study of the same smears (Hosseini et al. 2023, Informatics in
    Medicine Unlocked), after illumination correction.

    Args:
        image: (H, W, 3) uint8 RGB.
        settings: from the model package.

    Returns:
        (H, W) bool, True inside stained cells; small debris removed, holes filled.
    """
    size = choose_kernel_size(image)
    smooth = cv2.GaussianBlur(normalise_illumination(image), (size, size), 0)
    purple = cv2.cvtColor(smooth, cv2.COLOR_RGB2LAB)[..., 1]
    counts = np.bincount(purple.ravel(), minlength=256).astype(np.float64)
    lowest = split_levels(counts, settings.clusters)[-1]
    if _mean_level(counts, lowest) - _NEUTRAL < settings.least_stain:
        return np.zeros(purple.shape, np.bool_)
    return clean_mask(cv2.inRange(purple, int(lowest), 255), size, settings.debris_fraction)


def split_levels(counts: NDArray[np.float64], clusters: int) -> tuple[int, ...]:
    """Cluster the levels of a histogram by exact k-means.

    The result is deterministic, with the least sum of squares.

    In one dimension clusters are intervals, and dynamic programming finds the best ones (Wang and Song 2011,
    "Ckmeans.1d.dp", R Journal 3:29). With two clusters it is Otsu's threshold.

    Args:
        counts: (L,) how often each level occurs.
        clusters: number of clusters, 1 or more.

    Returns:
        The first level of each cluster, rising; the first is 0. Where fewer levels occur than clusters, some are empty.
    """
    costs = _interval_costs(counts)
    least = costs[0]  # (L + 1,): least cost of the levels below each end, in the clusters so far
    choices = []
    for _ in range(clusters - 1):
        totals = least[:, None] + costs
        choices.append(totals.argmin(axis=0))
        least = totals.min(axis=0)
    firsts = [len(counts)]
    for choice in reversed(choices):
        firsts.append(int(choice[firsts[-1]]))
    return (0, *reversed(firsts[1:]))


def _interval_costs(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the costs of all intervals of levels, (L + 1, L + 1).

    At [i, j] is the sum of the squared distances of levels i to j - 1 from their mean.
    """
    levels = np.arange(counts.size)
    number, total, squares = (_sums_between(counts * levels**power) for power in (0, 1, 2))
    costs = np.maximum(squares - total**2 / np.maximum(number, 1.0), 0.0)
    return np.where(np.tri(len(costs), dtype=np.bool_).T, costs, np.inf)  # an end before its start is not an interval


def _sums_between(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (L + 1, L + 1): at [i, j] the sum of the values (L,) from i to j - 1."""
    until = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(until[None, :] - until[:, None], dtype=np.float64)


def _mean_level(counts: NDArray[np.float64], lowest: int) -> float:
    """Return the mean of the levels from `lowest` on; 0 where none of them occurs."""
    if not counts[lowest:].any():
        return 0.0
    return float(np.average(np.arange(lowest, counts.size), weights=counts[lowest:]))
