"""Provenance of a package: data, split and stages of its training."""

from collections.abc import Sequence
from typing import Any

from blastlens.training.data.leakage import parts_sha256
from blastlens.training.data.outlier_exposure import sha256_of
from blastlens.training.data.splits import Split, data_sha256
from blastlens.training.fitting.run import TrainingRequest
from blastlens.training.recipes.recipe import BranchRecipe, Stage


def training_provenance(request: TrainingRequest, split: Split) -> dict[str, Any]:
    """Return `training_data` of a manifest, as JSON can hold it."""
    recipe = request.recipe
    labels = list(dict.fromkeys(example.label for example in split.training))
    return {
        "source": request.source,
        "images": {str(label): sum(example.label == label for example in split.training) for label in labels},
        "parts": [len(part) for part in vars(split).values()],
        "data_sha256": data_sha256([example for part in vars(split).values() for example in part]),
        "parts_sha256": parts_sha256(split),
        "split": request.plan.plain(),
        "recipe": recipe.name,
        "weights": " and ".join(sorted({branch.weights for branch in recipe.branches})),
        "start": None if request.start is None else vars(request.start.identity),
        "stages": [
            *(_describe_branch(branch) for branch in recipe.branches if branch.stages or branch.consistency_stages),
            *([f"the head {describe_stages(recipe.head_stages)}"] if recipe.head_stages else []),
            *(
                [f"the {'head' if recipe.frozen else 'whole'} {describe_stages(recipe.stages)}"]
                if recipe.stages
                else []
            ),
        ],
        "seed": request.seed,
        **({"unfamiliar": _describe_outliers(request)} if request.outliers else {}),
    }


def _describe_outliers(request: TrainingRequest) -> dict[str, Any]:
    return {"images": len(request.outliers), "sha256": sha256_of(request.outliers)}


def _describe_branch(branch: BranchRecipe) -> str:
    phases = {"alone": branch.stages, "steadied": branch.consistency_stages}  # words of manifests: they do not change
    described = [f"{phase} {describe_stages(stages)}" for phase, stages in phases.items() if stages]
    return f"{branch.name} {' then '.join(described)}"


def describe_stages(stages: Sequence[Stage]) -> str:
    """Return the epochs and image sizes of stages in words."""
    return " and ".join(map(_describe_stage, stages))


def _describe_stage(stage: Stage) -> str:
    squares = f" in squares of {stage.crop}" if stage.crop else ""
    return f"{stage.epochs} epochs at {stage.size} px{squares}"
