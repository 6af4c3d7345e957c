"""Models of one or two branches: a backbone for each image, one head that decides."""

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
    """A network of Keras's applications and where it is cut.

    Attributes:
        application: makes the network.
        end: the layer whose map is used; None for the last.
        scaling: what pixel values 0 to 255 are multiplied by; the published recipes feed [0, 1] to all of them.
        one_size: whether Keras can join its layers only for a size that is known when it is made.
    """

    application: Callable[..., keras.Model]
    end: str | None = None
    scaling: float = 1 / 255
    one_size: bool = False


BACKBONES: dict[str, Backbone] = {
    "vgg16": Backbone(keras.applications.VGG16, "block5_conv3"),
    "densenet121": Backbone(keras.applications.DenseNet121, "conv4_block9_0_bn"),
    "resnet50": Backbone(keras.applications.ResNet50, "conv4_block6_out"),
    "mobilenet": Backbone(keras.applications.MobileNet, "conv_pw_11_relu"),
    "mobilenet_v2": Backbone(keras.applications.MobileNetV2),
    "efficientnet_b0": Backbone(keras.applications.EfficientNetB0, scaling=1.0),  # it scales by itself
    "nasnet_mobile": Backbone(keras.applications.NASNetMobile, one_size=True),
}


def build_model(recipe: Recipe, seed: int) -> keras.Model:
    """Build a recipe's model, for images of any size unless a backbone is of one.

    Inputs, those that branches look at of `original` and `segmented`: (N, S, S, 3) RGB, 0 to 255; scaling is inside.
    Output `probabilities`: (N, C), in the order of the recipe's classes.

    Args:
        recipe: branches and head.
        seed: of every random initial weight.

    Raises:
        InvalidData: ImageNet weights are neither in Keras's cache folder nor to be fetched.
    """
    keras.utils.set_random_seed(seed)
    side = _side(recipe)
    inputs = {
        name: keras.Input((side, side, 3), name=name)  # (N, S, S, 3)
        for name in dict.fromkeys(branch.input for branch in recipe.branches)
    }
    described = [_describe(inputs[branch.input], branch, side) for branch in recipe.branches]  # each (N, F)
    features = keras.layers.Concatenate(name="fused")(described) if len(described) > 1 else described[0]
    model = keras.Model(list(inputs.values()), _head(features, recipe), name=recipe.name)
    _initialise_by_he(model, recipe, seed)
    for branch in recipe.branches:
        model.get_layer(branch.name).trainable = not recipe.frozen
    return model


def _side(recipe: Recipe) -> int | None:
    """Return the side in pixels of all images, where a backbone must know it."""
    return recipe.size if any(_kind(branch).one_size for branch in recipe.branches) else None


def _kind(branch: BranchRecipe) -> Backbone:
    kind = BACKBONES.get(branch.backbone)
    if kind is None:
        raise InvalidData(f"there is no backbone {branch.backbone!r}; known are {', '.join(BACKBONES)}.")
    return kind


def _describe(image: keras.KerasTensor, branch: BranchRecipe, side: int | None) -> keras.KerasTensor:
    """Return the (N, F) mean of a backbone's (N, h, w, F) map over the image."""
    kind = _kind(branch)
    whole = _whole(kind.application, branch, side)
    end = whole.get_layer(kind.end).output if kind.end else whole.output
    backbone = keras.Model(whole.input, end, name=branch.name)
    if branch.widths:
        backbone = with_widths(backbone, branch.widths)
    scaled = keras.layers.Rescaling(kind.scaling, name=f"{branch.name}_scaling")(image)
    return keras.layers.GlobalAveragePooling2D(name=f"{branch.name}_pooling")(backbone(scaled))


def _whole(application: Callable[..., keras.Model], branch: BranchRecipe, side: int | None) -> keras.Model:
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
    """Draw a scratch branch's convolutions by He et al. 2015 (arXiv 1502.01852): deep ReLU nets stall without it."""
    for number, branch in enumerate(recipe.branches):
        if branch.weights == "imagenet":
            continue
        for position, layer in enumerate(convolutions_of(model.get_layer(branch.name))):
            drawn = keras.initializers.HeNormal(seed=seed + 1000 * number + position)(layer.kernel.shape)
            layer.kernel.assign(drawn)


def build_in_precision(precision: Precision, recipe: Recipe, seed: int) -> keras.Model:
    """Build a recipe's model that computes in a precision; its weights are float32 always."""
    with _arithmetic(precision):
        return build_model(recipe, seed)


def build_from_branches(alone: Mapping[str, keras.Model], recipe: Recipe, seed: int) -> keras.Model:
    """Build a recipe's model in float32 with the backbones that branches learned alone, by the branches' names."""
    model = build_model(recipe, seed)
    for name, learned in alone.items():
        model.get_layer(name).set_weights(learned.get_layer(name).get_weights())
    return model


def rebuild(learned: keras.Model, precision: Precision, recipe: Recipe, seed: int) -> keras.Model:
    """Build a recipe's model in a precision with all the weights of another one of that recipe."""
    model = build_in_precision(precision, recipe, seed)
    model.set_weights(learned.get_weights())
    return model


def with_batch_norm_branch(model: keras.Model, branch: str) -> keras.Model:
    """Return a model of one branch anew whose backbone has a batch norm after every convolution; weights carry over."""
    normed = with_batch_norm(model.get_layer(branch))
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
