"""Calibration of the scale network: no bias in the trained laboratories."""

from collections.abc import Sequence

import keras
import numpy as np

from blastlens.inference.scale import MIDDLE_WIDTH, OUTPUT
from blastlens.training.scale.crops import GREATEST_ZOOM, CropSources, cut_crop
from blastlens.training.scale.sources import SizedImage

_CROPS = 96  # of a laboratory
_WIDTHS = (8.0, 45.0)  # px


def remove_bias(model: keras.Model, sources: CropSources, seed: int) -> float:
    """Subtract the bias of a trained network from its output, and return it in octaves.

    The network learns from blurred and discoloured crops, and is biased on plain ones. The bias is the mean over
    laboratories of the median error.
    """
    errors = [
        _median_error(model, images, np.random.default_rng([seed, position]))
        for position, images in enumerate(sources.sized.values())
    ]
    bias = float(np.mean(errors))
    layer = model.get_layer(OUTPUT)
    shift = np.zeros(layer.bias.shape, np.float32)
    shift[0] = bias
    layer.bias.assign(keras.ops.convert_to_numpy(layer.bias) - shift)
    return bias


def _median_error(model: keras.Model, images: Sequence[SizedImage], generator: np.random.Generator) -> float:
    crops, truth = [], []
    for _ in range(_CROPS):
        source = images[int(generator.integers(len(images)))]
        greatest = min(_WIDTHS[1], GREATEST_ZOOM * source.width)
        width = float(np.exp(generator.uniform(np.log(_WIDTHS[0]), np.log(greatest))))
        crops.append(cut_crop(images, source, width, 1.0, generator))
        truth.append(np.log2(width / MIDDLE_WIDTH))
    found = np.asarray(model.predict_on_batch(np.stack(crops).astype(np.float32)))[:, 0]
    return float(np.median(found - np.array(truth)))
