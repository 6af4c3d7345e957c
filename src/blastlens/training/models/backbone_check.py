"""Early check of a recipe's backbones and of their ImageNet weights."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import keras

from blastlens.domain.errors import InvalidData
from blastlens.training.models.architectures import BACKBONES, build_model
from blastlens.training.recipes.recipe import Recipe

_SILENCE = 30.0  # seconds after which a download that sends nothing has failed


def check_backbones(recipe: Recipe) -> None:
    """Build a recipe's backbones once, so that missing ImageNet weights end a training before it reads data.

    Weights that are not in Keras's cache are downloaded into it.

    Raises:
        InvalidData: a backbone is unknown, or its ImageNet weights are neither in the cache nor downloadable.
    """
    unknown = [branch.backbone for branch in recipe.branches if branch.backbone not in BACKBONES]
    if unknown:
        raise InvalidData(f"there is no backbone {unknown[0]!r}; known are {', '.join(BACKBONES)}.")
    if any(branch.weights == "imagenet" for branch in recipe.branches):
        with _socket_timeout(_SILENCE):
            build_model(recipe, seed=0)
        keras.backend.clear_session()


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    usual = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(usual)
