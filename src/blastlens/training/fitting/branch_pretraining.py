"""Pretraining of one branch with a head of its own.

Trained together, one branch can slow down the training of another.
"""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from blastlens.domain.errors import InvalidData
from blastlens.training.data.arrays import subsample
from blastlens.training.fitting.consistency import fit_consistency
from blastlens.training.fitting.loop import Phase
from blastlens.training.fitting.run import TrainingRun
from blastlens.training.fitting.supervised import fit_supervised
from blastlens.training.models.architectures import build_in_precision, with_batch_norm_branch
from blastlens.training.models.batch_norm import fold_batch_norm, recalibrate
from blastlens.training.models.pruning import prune
from blastlens.training.models.tflite_weights import read_widths, restore_branch, restore_statistics
from blastlens.training.models.weight_rounding import round_weights
from blastlens.training.progress import branch_phase, consistency_phase
from blastlens.training.recipes.recipe import BranchRecipe, Recipe, Stage

STATISTICS_EXAMPLES = 512  # examples that feature statistics are measured on; more do not change a mean that matters
_PRUNING_EXAMPLES = 256


def pretrain_branch(branch: BranchRecipe, run: TrainingRun) -> keras.Model:
    """Build a branch and train it by its own stages: supervised, then with consistency regularisation.

    Returns:
        A model of that branch only, its weights on the int8 grid.

    Raises:
        InvalidData: the package to start from is missing or of another recipe.
    """
    single = _single_branch_recipe(branch, run.recipe)
    model = _fit_branch(branch, single, run) if branch.stages else _build_branch(branch, single, run)
    return _fit_branch_consistency(model, branch, single, run) if branch.consistency_stages else model


def finalise(model: keras.Model, run: TrainingRun, size: int) -> keras.Model:
    """Round the weights to the int8 grid that ships, recalibrate the batch norms to them, and return the model."""
    round_weights(model)
    recalibrate(model, run.loader.load_plain(size), run.seed)
    return model


def _single_branch_recipe(branch: BranchRecipe, recipe: Recipe) -> Recipe:
    return replace(
        recipe,
        name=branch.name,
        about="",
        branches=(replace(branch, stages=(), consistency_stages=()),),
        stages=branch.stages,
        head_stages=(),
        frozen=False,
        outlier_exposure=0.0,
        precision="float32",
        head_widths=(),
        head_dropouts=recipe.head_dropouts[:1],
    )


def _fit_branch(branch: BranchRecipe, single: Recipe, run: TrainingRun) -> keras.Model:
    """Train a branch on the classes."""
    name = branch_phase(branch)

    def build() -> keras.Model:
        model = _build_branch(branch, single, run)
        return _add_batch_norm(model, branch, single.size, run) if branch.batch_norm else model

    identity, reporter = run.identity_without_stages(single), run.reporter
    phase = Phase(name, build, branch.stages, run.seed, identity, run.work / name, reporter.message)
    reporter.message(f"Pretraining {branch.name}; the same --work {run.work} resumes an interrupted run.")
    model = fit_supervised(phase, single, run.loader.load_augmented, reporter.step)
    if not branch.batch_norm:
        return finalise(model, run, single.size)
    recalibrate(model, subsample(run.loader.load_plain(run.recipe.size), STATISTICS_EXAMPLES), run.seed)
    folded = build_in_precision("float32", single, run.seed)
    fold_batch_norm(model.get_layer(branch.name), folded.get_layer(branch.name))
    round_weights(folded)
    return folded


def _add_batch_norm(model: keras.Model, branch: BranchRecipe, size: int, run: TrainingRun) -> keras.Model:
    """Add batch norms to a branch; one with trained weights still computes the same."""
    normalised = with_batch_norm_branch(model, branch.name)
    if branch.weights == "package":
        restore_statistics(normalised, branch.name, subsample(run.loader.load_plain(size), STATISTICS_EXAMPLES))
    return normalised


def _build_branch(branch: BranchRecipe, single: Recipe, run: TrainingRun) -> keras.Model:
    """Build a branch with its first weights: random, ImageNet's, or a package's, pruned where the package is wider."""
    model = build_in_precision(branch.precision, single, run.seed)
    if branch.weights != "package":
        return model
    graph = _start_graph(branch, run)
    size = single.stages[-1].size if single.stages else run.recipe.size
    widths = read_widths(graph, model, branch.name) if branch.widths else ()
    if widths == branch.widths:
        restore_branch(model, branch.name, graph)
        restore_statistics(model, branch.name, subsample(run.loader.load_plain(size), STATISTICS_EXAMPLES))
        return model
    wide_recipe = replace(single, branches=(replace(single.branches[0], widths=widths),))
    wide = build_in_precision("float32", wide_recipe, run.seed)
    restore_branch(wide, branch.name, graph)
    run.reporter.message(f"Pruning {branch.name} from {sum(widths)} to {sum(branch.widths)} channels.")
    images = subsample(run.loader.load_augmented(0, Stage(size, 1)), _PRUNING_EXAMPLES).images.astype(np.float32)
    scaled = np.asarray(wide.get_layer(f"{branch.name}_scaling")(images))
    prune(wide.get_layer(branch.name), model.get_layer(branch.name), scaled, run.seed)
    round_weights(model)
    return model


def _start_graph(branch: BranchRecipe, run: TrainingRun) -> Path:
    if run.start is None:
        raise InvalidData(f"{branch.name} starts from a model package: name it with --start PACKAGE.")
    return run.start.graph


def _fit_branch_consistency(model: keras.Model, branch: BranchRecipe, single: Recipe, run: TrainingRun) -> keras.Model:
    """Train a branch, in place, against its own features; batch-norm statistics stay those that it started with."""
    name, stages, reporter = consistency_phase(branch), branch.consistency_stages, run.reporter
    phase = Phase(name, keras.Model, stages, run.seed, run.identity_of(single), run.work / name, reporter.message)
    reporter.message(f"Training {branch.name} with consistency regularisation against changes of stain and light.")
    trained = fit_consistency(phase, model, single, run.loader.load_pairs, reporter.step)
    model.get_layer(branch.name).set_weights(trained.get_layer(branch.name).get_weights())
    round_weights(model)
    return model
