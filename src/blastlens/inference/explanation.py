"""Grad-CAM heat maps, computed with NumPy from the dense head."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import DamagedPackage
from blastlens.inference.arrays import read_arrays
from blastlens.inference.engine import Outputs

_NO_HEAT = 1e-30


@dataclass(frozen=True)
class Head:
    """The dense layers after the pooled features.

    ReLU between them, softmax at the end.

    Attributes:
        kernels: (F, U), (U, V), ... (..., C) float32.
        biases: (U,), (V,), ... (C,) float32.
    """

    kernels: tuple[NDArray[np.float32], ...]
    biases: tuple[NDArray[np.float32], ...]

    @classmethod
    def load(cls, file: Path) -> "Head":
        """Read `head.npz`.

        It contains for each layer i an int8 `kernel_i`, a `scale_i` for each column, and `bias_i`.

        Raises:
            DamagedPackage: the file contains no dense layers, or they do not match each other.
        """
        stored = read_arrays(file)
        layers = range(len(stored) // 3)
        try:
            kernels = tuple(stored[f"kernel_{i}"].astype(np.float32) * stored[f"scale_{i}"] for i in layers)
            biases = tuple(stored[f"bias_{i}"] for i in layers)
        except (KeyError, ValueError) as error:
            raise DamagedPackage(f"{file} contains no dense layers: {error!r}") from error
        widths = [kernel.shape for kernel in kernels]
        is_chained = all(before[1] == after[0] for before, after in pairwise(widths))
        if not kernels or not is_chained or [bias.shape for bias in biases] != [shape[1:] for shape in widths]:
            raise DamagedPackage(f"{file} contains dense layers that do not match each other: {widths}")
        return cls(kernels, biases)

    def logit_gradient(self, features: NDArray[np.float32], class_index: int) -> NDArray[np.float32]:
        """Return the gradient (F,) of a class's logit by the features (F,)."""
        passed: list[NDArray[np.bool_]] = []
        hidden = features
        for kernel, bias in zip(self.kernels[:-1], self.biases[:-1], strict=True):
            hidden = hidden @ kernel + bias
            passed.append(hidden > 0)
            hidden = np.maximum(hidden, 0)
        gradient = self.kernels[-1][:, class_index]
        for kernel, open_units in zip(reversed(self.kernels[:-1]), reversed(passed), strict=True):
            gradient = kernel @ (gradient * open_units)
        return gradient


def grad_cam(outputs: Outputs, head: Head, class_index: int) -> tuple[NDArray[np.float32], ...]:
    """Return a map (h, w) of the evidence for a class, for each branch.

    Maps are float32, >= 0.

    Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391) of the class's logit at each branch's last map. The features
    are the maps' means, so a channel's gradient is the same everywhere: that of the head divided by h * w.

    Args:
        outputs: of the graph for one image.
        head: of the same package.
        class_index: index of the class in the manifest's `classes`.
    """
    gradient = head.logit_gradient(outputs.features, class_index)
    ends = np.cumsum([each.shape[-1] for each in outputs.maps])
    weights = np.split(gradient, ends[:-1])  # (F_i,) for each branch
    return tuple(
        np.maximum(each @ (weight / np.float32(each.shape[0] * each.shape[1])), 0)
        for each, weight in zip(outputs.maps, weights, strict=True)
    )


def join_heat_maps(maps: Sequence[NDArray[np.float32]], height: int, width: int) -> NDArray[np.float32]:
    """Return one map (height, width), 0 to 1.

    The mean of all maps (h, w), each enlarged and scaled to a maximum of 1.

    A map that is zero everywhere stays zero: that branch contributes no evidence for the class.
    """
    # One map at a time: several of 50 megapixels would not fit into memory with the model.
    joined = np.zeros((height, width), np.float32)
    for each in maps:
        scaled = each / max(float(each.max()), _NO_HEAT)
        joined += cv2.resize(scaled, (width, height), interpolation=cv2.INTER_LINEAR)
    joined /= np.float32(len(maps))
    return np.clip(joined, 0, 1, out=joined)
