"""Architectures: a backbone for each branch, and a head on pooled features."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import keras

from blastlens.domain.errors import InvalidData
from blastlens.training.models.batch_norm import with_batch_norm
from blastlens.training.models.pruning import convolutions_of, with_widths
from blastlens.training.recipes.recipe import BranchRecipe, Precision, Recipe


@dataclass(frozen=True)
class Backbone:
    """A network of Keras's applications, and the layer that it ends with here.

    Attributes:
        application: builds the network.
        end: name of the layer whose map is used; None for the last.
        scaling: factor on pixel values 0 to 255; the published recipes feed [0, 1] to all backbones.
        fixed_size: whether Keras can build it only for a known image size.
    """

    application: Callable[..., keras.Model]
    end: str | None = None
    scaling: float = 1 / 255
    fixed_size: bool = False


BACKBONES: dict[str, Backbone] = {
    "vgg16": Backbone(keras.applications.VGG16, "block5_conv3"),
    "densenet121": Backbone(keras.applications.DenseNet121, "conv4_block9_0_bn"),
    "resnet50": Backbone(keras.applications.ResNet50, "conv4_block6_out"),
    "mobilenet": Backbone(keras.applications.MobileNet, "conv_pw_11_relu"),
    "mobilenet_v2": Backbone(keras.applications.MobileNetV2),
    "efficientnet_b0": Backbone(keras.applications.EfficientNetB0, scaling=1.0),  # has a scaling layer of its own
    "nasnet_mobile": Backbone(keras.applications.NASNetMobile, fixed_size=True),
}


def build_model(recipe: Recipe, seed: int) -> keras.Model:
    """Build a recipe's model, for images of any size unless a backbone needs a fixed size.

    Inputs `original` and `segmented`, where a branch uses them: (N, S, S, 3) RGB, 0 to 255; the model scales them.
    Output `probabilities`: (N, C), in the order of the recipe's classes.

    Args:
        recipe: branches and head.
        seed: of every random initial weight.

    Raises:
        InvalidData: ImageNet weights are not in Keras's cache folder and cannot be downloaded.
    """
    keras.utils.set_random_seed(seed)
    side = _fixed_side(recipe)
    inputs = {
        name: keras.Input((side, side, 3), name=name)  # (N, S, S, 3)
        for name in dict.fromkeys(branch.input for branch in recipe.branches)
    }
    pooled = [_pooled_features(inputs[branch.input], branch, side) for branch in recipe.branches]  # each (N, F)
    features = keras.layers.Concatenate(name="fused")(pooled) if len(pooled) > 1 else pooled[0]
    model = keras.Model(list(inputs.values()), _head(features, recipe), name=recipe.name)
    _initialise_by_he(model, recipe, seed)
    for branch in recipe.branches:
        model.get_layer(branch.name).trainable = not recipe.frozen
    return model


def _fixed_side(recipe: Recipe) -> int | None:
    """Return the side of the images in pixels where a backbone needs a fixed size, else None."""
    return recipe.size if any(_backbone_of(branch).fixed_size for branch in recipe.branches) else None


def _backbone_of(branch: BranchRecipe) -> Backbone:
    backbone = BACKBONES.get(branch.backbone)
    if backbone is None:
        raise InvalidData(f"there is no backbone {branch.backbone!r}; choose one of {', '.join(BACKBONES)}.")
    return backbone


def _pooled_features(image: keras.KerasTensor, branch: BranchRecipe, side: int | None) -> keras.KerasTensor:
    """Return the (N, F) mean of a backbone's (N, h, w, F) map over the image."""
    backbone = _backbone_of(branch)
    network = _load_application(backbone.application, branch, side)
    end = network.get_layer(backbone.end).output if backbone.end else network.output
    model = keras.Model(network.input, end, name=branch.name)
    if branch.widths:
        model = with_widths(model, branch.widths)
    scaled = keras.layers.Rescaling(backbone.scaling, name=f"{branch.name}_scaling")(image)
    return keras.layers.GlobalAveragePooling2D(name=f"{branch.name}_pooling")(model(scaled))


def _load_application(application: Callable[..., keras.Model], branch: BranchRecipe, side: int | None) -> keras.Model:
    weights = "imagenet" if branch.weights == "imagenet" else None
    try:
        return application(include_top=False, weights=weights, input_shape=(side, side, 3))
    except Exception as error:  # Keras raises a bare Exception when a download fails.
        raise InvalidData(
            f"the ImageNet weights of {application.__name__} are neither in Keras's cache nor downloadable ({error}): "
            "train every layer with --scratch, or put the weights file into the folder models below KERAS_HOME "
            "(~/.keras)."
        ) from error


def _head(features: keras.KerasTensor, recipe: Recipe) -> keras.KerasTensor:
    hidden = features
    dropouts = dict(enumerate(recipe.head_dropouts))
    if not recipe.head_widths and dropouts:
        hidden = keras.layers.Dropout(dropouts[0], name="dropout_features")(hidden)
    for position, width in enumerate(recipe.head_widths):
        hidden = keras.layers.Dense(width, "relu", kernel_initializer="he_normal", name=f"dense_{width}")(hidden)
        if position in dropouts:
            hidden = keras.layers.Dropout(dropouts[position], name=f"dropout_{width}")(hidden)
    return keras.layers.Dense(len(recipe.classes), "softmax", dtype="float32", name="probabilities")(hidden)


def _initialise_by_he(model: keras.Model, recipe: Recipe, seed: int) -> None:
    """Initialise the convolutions of branches without ImageNet weights.

    The initialisation of He et al. 2015 (arXiv 1502.01852) keeps deep ReLU nets from stalling.
    """
    for number, branch in enumerate(recipe.branches):
        if branch.weights == "imagenet":
            continue
        for position, layer in enumerate(convolutions_of(model.get_layer(branch.name))):
            drawn = keras.initializers.HeNormal(seed=seed + 1000 * number + position)(layer.kernel.shape)
            layer.kernel.assign(drawn)


def build_in_precision(precision: Precision, recipe: Recipe, seed: int) -> keras.Model:
    """Build a recipe's model that computes in a precision; its weights are float32."""
    with _computing_in(precision):
        return build_model(recipe, seed)


def build_from_branches(branches: Mapping[str, keras.Model], recipe: Recipe, seed: int) -> keras.Model:
    """Build a recipe's model in float32 with the weights of pretrained branches, given by the branches' names."""
    model = build_model(recipe, seed)
    for name, pretrained in branches.items():
        model.get_layer(name).set_weights(pretrained.get_layer(name).get_weights())
    return model


def rebuild(trained: keras.Model, precision: Precision, recipe: Recipe, seed: int) -> keras.Model:
    """Build a recipe's model in a precision with all weights of a trained model of that recipe."""
    model = build_in_precision(precision, recipe, seed)
    model.set_weights(trained.get_weights())
    return model


def with_batch_norm_branch(model: keras.Model, branch: str) -> keras.Model:
    """Return a copy of a model of one branch whose backbone has a batch norm after every convolution."""
    normalised = with_batch_norm(model.get_layer(branch))
    hidden = model.inputs[0]
    for layer in model.layers[1:]:
        hidden = normalised(hidden) if layer.name == branch else layer(hidden)
    return keras.Model(model.inputs, hidden, name=model.name)


@contextmanager
def _computing_in(precision: Precision) -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
