"""Checkpoints of a model in training.

An interruption or a full disk costs at most one epoch.
"""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras

from blastlens.domain.errors import InvalidData
from blastlens.training.files import sync_to_disk

_MODEL = "model.keras"
_STATE = "state.json"
_KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """A model with its optimizer after `epochs` finished epochs."""

    model: keras.Model
    epochs: int


def save_checkpoint(work: Path, checkpoint: Checkpoint, run: str) -> None:
    """Write a checkpoint atomically, then delete all but the newest two.

    Args:
        work: folder of the phase.
        checkpoint: the model to save.
        run: identity of recipe, seed, data and stages; a checkpoint of another run is never resumed.
    """
    unfinished = work / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    checkpoint.model.save(unfinished / _MODEL)
    state = {"epochs": checkpoint.epochs, "run": run, "draws": _dropout_states(checkpoint.model)}
    (unfinished / _STATE).write_text(json.dumps(state))
    # After a power cut a name can survive without the content, so the content is synced first.
    for written in (unfinished / _MODEL, unfinished / _STATE, unfinished):
        sync_to_disk(written)
    final = work / f"epoch-{checkpoint.epochs:04d}"
    shutil.rmtree(final, ignore_errors=True)
    os.replace(unfinished, final)
    sync_to_disk(work)
    for old in _checkpoints(work)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def load_checkpoint(
    work: Path, identity_after: Callable[[int], str], warn: Callable[[str], None] = lambda text: None
) -> Checkpoint | None:
    """Return the newest readable checkpoint in a folder, or None where there is no checkpoint.

    Args:
        work: folder of the phase.
        identity_after: returns the identity of the run after a number of epochs.
        warn: receives a sentence about each damaged checkpoint that is skipped.

    Raises:
        InvalidData: the newest readable checkpoint is of another run, or none can be read.
    """
    found = _checkpoints(work)
    for folder in reversed(found):
        try:
            return _read(folder, identity_after)
        except InvalidData:
            raise
        except Exception as error:  # Keras does not document what it raises for a damaged file
            warn(f"The checkpoint {folder} is damaged and was skipped: {error!r}")
    if found:
        raise InvalidData(
            f"no checkpoint in {work} can be read: remove the folder to restart this phase of the training, or "
            "choose another --work folder."
        )
    return None


def _read(folder: Path, identity_after: Callable[[int], str]) -> Checkpoint:
    state = json.loads((folder / _STATE).read_text())
    if state["run"] != identity_after(state["epochs"]):
        raise InvalidData(
            f"{folder.parent} holds an interrupted training with another recipe, seed or data. "
            "Choose another --work folder, or remove this one."
        )
    model = keras.models.load_model(folder / _MODEL)
    for generator, saved in zip(_generators(model), state["draws"], strict=True):
        generator.state.assign(saved)
    return Checkpoint(model, state["epochs"])


def _checkpoints(work: Path) -> list[Path]:
    return sorted(folder for folder in work.glob("epoch-*") if (folder / _STATE).exists())


def _dropout_states(model: keras.Model) -> list[list[int]]:
    """Return the state of each dropout's random generator, which Keras does not save with the model."""
    return [keras.ops.convert_to_numpy(generator.state).tolist() for generator in _generators(model)]


def _generators(model: keras.Model) -> list[keras.random.SeedGenerator]:
    dropouts = (layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.Dropout))
    return [layer.seed_generator for layer in dropouts if layer.rate > 0]  # Keras makes none for a rate of zero
