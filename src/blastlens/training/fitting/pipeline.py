"""Phases of a training run, from examples to a trained model."""

from functools import partial

import keras
import tensorflow as tf

from blastlens.domain.errors import InvalidData
from blastlens.training.data.arrays import subsample
from blastlens.training.fitting.branch_pretraining import STATISTICS_EXAMPLES, finalise, pretrain_branch
from blastlens.training.fitting.feature_cache import ImageSources
from blastlens.training.fitting.heads import fit_head, fit_separate_heads
from blastlens.training.fitting.loop import Phase
from blastlens.training.fitting.run import TrainingRun
from blastlens.training.fitting.supervised import fit_supervised
from blastlens.training.models.architectures import build_from_branches, rebuild
from blastlens.training.models.features import equalise_branches
from blastlens.training.models.weight_rounding import round_weights
from blastlens.training.progress import JOINT_HEAD_PHASE, WHOLE_PHASE


def train_model(run: TrainingRun) -> keras.Model:
    """Train a recipe's model; equal runs give equal weights on one kind of processor.

    Returns:
        A float32 model whose weights are rounded to the int8 grid that ships, with batch-norm statistics recalibrated
        to them.

    Raises:
        InvalidData: the examples cannot be read, the work folder holds another training, the package to start from is
            missing or of another recipe, the recipe's separate heads are not linear, or outliers are missing where
            the recipe needs them or given where it does not.
    """
    tf.config.experimental.enable_op_determinism()
    _check(run)
    recipe = run.recipe
    trained = {
        branch.name: pretrain_branch(branch, run)
        for branch in recipe.branches
        if branch.stages or branch.consistency_stages or branch.weights == "package"
    }
    identity, warn = run.identity_without_stages(recipe), run.reporter.message
    build = partial(build_from_branches, trained, recipe, run.seed)
    if recipe.head_stages:
        # The folder is named after the run: another recipe for the head starts in a folder beside it.
        folder = run.work / "head" / identity[:12]
        head = Phase(JOINT_HEAD_PHASE, build, recipe.head_stages, run.seed, identity, folder, warn)
        run.reporter.message("Training the head on the features of the branches.")
        build = partial(rebuild, _fit_head(head, run), recipe.precision, recipe, run.seed)
    if not recipe.stages:
        model = build()
        round_weights(model)
        return model
    run.reporter.message(f"Training the whole model; the same --work {run.work} resumes an interrupted run.")
    whole = Phase(WHOLE_PHASE, build, recipe.stages, run.seed, identity, run.work / "whole", warn)
    model = fit_supervised(whole, recipe, run.loader.load_with_outliers, run.reporter.step)
    return finalise(rebuild(model, "float32", recipe, run.seed), run, recipe.size)


def _fit_head(phase: Phase, run: TrainingRun) -> keras.Model:
    recipe, loader = run.recipe, run.loader
    model = phase.build()
    plain = subsample(loader.load_plain(recipe.size), STATISTICS_EXAMPLES)
    equalise_branches(model, tuple(branch.name for branch in recipe.branches), plain)
    sources = ImageSources(loader.load_augmented, loader.load_outliers if recipe.outlier_exposure else None)
    if recipe.heads == "separate":
        calibration = loader.load_calibration(recipe.size)
        return fit_separate_heads(phase, model, recipe, sources, calibration, run.reporter.step)
    return fit_head(phase, model, recipe, sources, run.reporter.step)


def _check(run: TrainingRun) -> None:
    recipe = run.recipe
    if recipe.heads == "separate" and (recipe.head_widths or not recipe.head_stages):
        raise InvalidData(
            f"the recipe {recipe.name} has separate heads, which must be linear and have stages of their own: leave "
            "head_widths empty and give it head_stages."
        )
    if recipe.outlier_exposure and not run.outliers:
        raise InvalidData(
            f"the recipe {recipe.name} uses outlier exposure, which needs smears of other laboratories: name a folder "
            "of such images with --unfamiliar."
        )
    if run.outliers and not (recipe.outlier_exposure and (recipe.head_stages or recipe.stages)):
        raise InvalidData(
            f"the recipe {recipe.name} does not use images of other laboratories: leave out --unfamiliar."
        )
