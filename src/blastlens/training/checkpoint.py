"""Saves a half-trained model so that no interruption, nor a full disk, costs more than one epoch."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras

from blastlens.domain.errors import InvalidData

_MODEL = "model.keras"
_STATE = "state.json"
_KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """A model with its optimizer, after `epochs` whole epochs."""

    model: keras.Model
    epochs: int


def save_checkpoint(work: Path, checkpoint: Checkpoint, run: str) -> None:
    """Write a checkpoint under a new name, whole or not at all, then drop all but the newest two.

    Args:
        work: folder of the run.
        checkpoint: what to keep.
        run: what identifies recipe, seed and data; a checkpoint of another run is never resumed.
    """
    unfinished = work / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    checkpoint.model.save(unfinished / _MODEL)
    state = {"epochs": checkpoint.epochs, "run": run, "draws": _draws(checkpoint.model)}
    (unfinished / _STATE).write_text(json.dumps(state))
    final = work / f"epoch-{checkpoint.epochs:04d}"
    shutil.rmtree(final, ignore_errors=True)
    os.replace(unfinished, final)
    for old in _checkpoints(work)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def load_checkpoint(work: Path, run_by: Callable[[int], str]) -> Checkpoint | None:
    """Return the newest checkpoint under `work`, or None where there is none.

    Args:
        work: folder of the run.
        run_by: tells what identifies the run after so many epochs.

    Raises:
        InvalidData: the folder holds the checkpoints of another run.
    """
    found = _checkpoints(work)
    if not found:
        return None
    state = json.loads((found[-1] / _STATE).read_text())
    if state["run"] != run_by(state["epochs"]):
        raise InvalidData(
            f"{work} holds an interrupted training with another recipe, seed or data. "
            "Choose another --work folder, or remove this one."
        )
    model = keras.models.load_model(found[-1] / _MODEL)
    for generator, drawn in zip(_generators(model), state["draws"], strict=True):
        generator.state.assign(drawn)
    return Checkpoint(model, state["epochs"])


def _checkpoints(work: Path) -> list[Path]:
    return sorted(folder for folder in work.glob("epoch-*") if (folder / _STATE).exists())


def _draws(model: keras.Model) -> list[list[int]]:
    """Return where each dropout's random numbers stand: Keras does not save it, and would begin anew."""
    return [keras.ops.convert_to_numpy(generator.state).tolist() for generator in _generators(model)]


def _generators(model: keras.Model) -> list[keras.random.SeedGenerator]:
    return [layer.seed_generator for layer in model._flatten_layers() if isinstance(layer, keras.layers.Dropout)]
