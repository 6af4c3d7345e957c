"""The fusion model: VGG16 reads the original, DenseNet-121 the segmented image, one head decides."""

from collections.abc import Callable
from typing import Literal

import keras

from blastlens.domain.errors import InvalidData
from blastlens.domain.labels import LABELS

Backbones = Literal["imagenet", "scratch"]

VGG16_END = "block5_conv3"
DENSENET121_END = "conv4_block9_0_bn"
HEAD_WIDTHS = (1024, 512, 256, 128, 64, 32, 16)
HEAD_DROPOUTS = (0.2, 0.2)


def build_fusion(backbones: Backbones, seed: int, size: int | None = None) -> keras.Model:
    """Build the dual-input fusion model.

    Inputs `original` and `segmented`: (N, size, size, 3) RGB, 0 to 255; scaling to [0, 1] is inside.
    Output `probabilities`: (N, 4), in the order of `LABELS`.

    Args:
        backbones: "imagenet" loads ImageNet weights through Keras and freezes them;
            "scratch" starts from He initialisation and trains every layer.
        seed: of every random initial weight.
        size: side of the inputs in pixels; None leaves it open, for training at several sizes.

    Raises:
        InvalidData: the ImageNet weights are neither in Keras's cache folder nor to be fetched.
    """
    keras.utils.set_random_seed(seed)
    original = keras.Input((size, size, 3), name="original")  # (N, S, S, 3)
    segmented = keras.Input((size, size, 3), name="segmented")  # (N, S, S, 3)
    from_original = _describe(original, _vgg16(backbones))  # (N, 512)
    from_segmented = _describe(segmented, _densenet121(backbones))  # (N, 512)
    fused = keras.layers.Concatenate(name="fused")([from_original, from_segmented])  # (N, 1024)
    model = keras.Model([original, segmented], _head(fused), name="fusion")
    if backbones == "scratch":
        _initialise_by_he(model, seed)
    return model


def _describe(image: keras.KerasTensor, backbone: keras.Model) -> keras.KerasTensor:
    """Return the (N, C) mean of a backbone's (N, S/16, S/16, C) map over the image."""
    scaled = keras.layers.Rescaling(1 / 255, name=f"{backbone.name}_scaling")(image)
    return keras.layers.GlobalAveragePooling2D(name=f"{backbone.name}_pooling")(backbone(scaled))


def _vgg16(backbones: Backbones) -> keras.Model:
    return _cut(_whole(keras.applications.VGG16, backbones), VGG16_END, "vgg16", backbones)


def _densenet121(backbones: Backbones) -> keras.Model:
    return _cut(_whole(keras.applications.DenseNet121, backbones), DENSENET121_END, "densenet121", backbones)


def _whole(application: Callable[..., keras.Model], backbones: Backbones) -> keras.Model:
    weights = "imagenet" if backbones == "imagenet" else None
    try:
        return application(include_top=False, weights=weights, input_shape=(None, None, 3))
    except Exception as error:  # Keras raises a bare Exception when a download fails.
        raise InvalidData(
            f"Keras could not load the ImageNet weights of {application.__name__}: {error}. Put its weights file "
            "into the folder models below KERAS_HOME (~/.keras), or train with --backbones scratch."
        ) from error


def _cut(backbone: keras.Model, end: str, name: str, backbones: Backbones) -> keras.Model:
    """Return the backbone up to the layer `end`; frozen when its weights are borrowed."""
    cut = keras.Model(backbone.input, backbone.get_layer(end).output, name=name)
    cut.trainable = backbones == "scratch"
    return cut


def _head(fused: keras.KerasTensor) -> keras.KerasTensor:
    hidden = fused
    for position, width in enumerate(HEAD_WIDTHS):
        hidden = keras.layers.Dense(width, "relu", kernel_initializer="he_normal", name=f"dense_{width}")(hidden)
        if position < len(HEAD_DROPOUTS):
            hidden = keras.layers.Dropout(HEAD_DROPOUTS[position], name=f"dropout_{width}")(hidden)
    return keras.layers.Dense(len(LABELS), "softmax", name="probabilities")(hidden)


def _initialise_by_he(model: keras.Model, seed: int) -> None:
    """Draw every convolution anew by He et al. 2015 (arXiv 1502.01852): deep ReLU nets stall without it."""
    position = 0
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Conv2D):
            layer.kernel.assign(keras.initializers.HeNormal(seed=seed + position)(layer.kernel.shape))
            position += 1
