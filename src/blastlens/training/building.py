"""Builds models in a chosen arithmetic, and carries over what another model learned."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import keras

from blastlens.training.architectures import build_model
from blastlens.training.folding import with_norms
from blastlens.training.recipes import Precision, Recipe


def build_in(precision: Precision, recipe: Recipe, seed: int) -> keras.Model:
    """Build a recipe's model that computes in a precision; its weights are float32 always."""
    with _arithmetic(precision):
        return build_model(recipe, seed)


def build_from(alone: Mapping[str, keras.Model], recipe: Recipe, seed: int) -> keras.Model:
    """Build a recipe's model in float32 with the backbones that branches learned alone, by the branches' names."""
    model = build_model(recipe, seed)
    for name, learned in alone.items():
        model.get_layer(name).set_weights(learned.get_layer(name).get_weights())
    return model


def rebuild(learned: keras.Model, precision: Precision, recipe: Recipe, seed: int) -> keras.Model:
    """Build a recipe's model in a precision with all the weights of another one of that recipe."""
    model = build_in(precision, recipe, seed)
    model.set_weights(learned.get_weights())
    return model


def with_normed_branch(model: keras.Model, branch: str) -> keras.Model:
    """Return a model of one branch anew whose backbone has a batch norm after every convolution; weights carry over."""
    normed = with_norms(model.get_layer(branch))
    hidden = model.inputs[0]
    for layer in model.layers[1:]:
        hidden = normed(hidden) if layer.name == branch else layer(hidden)
    return keras.Model(model.inputs, hidden, name=model.name)


@contextmanager
def _arithmetic(precision: Precision) -> Iterator[None]:
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(usual)
