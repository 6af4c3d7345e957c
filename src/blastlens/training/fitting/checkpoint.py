"""Saves a half-trained model so that no interruption, nor a full disk, costs more than one epoch."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras

from blastlens.domain.errors import InvalidData
from blastlens.training.files import to_disk

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
    # A name that outlives a power cut must not stand for files that did not.
    for written in (unfinished / _MODEL, unfinished / _STATE, unfinished):
        to_disk(written)
    final = work / f"epoch-{checkpoint.epochs:04d}"
    shutil.rmtree(final, ignore_errors=True)
    os.replace(unfinished, final)
    to_disk(work)
    for old in _checkpoints(work)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def load_checkpoint(
    work: Path, identity_after: Callable[[int], str], say: Callable[[str], None] = lambda sentence: None
) -> Checkpoint | None:
    """Return the newest checkpoint under `work` that can be read, or None where there is none.

    Args:
        work: folder of the run.
        identity_after: tells what identifies the run after so many epochs.
        say: is told of every checkpoint that was skipped because it is damaged.

    Raises:
        InvalidData: the folder holds the checkpoints of another run, or none of its own can be read.
    """
    found = _checkpoints(work)
    for folder in reversed(found):
        try:
            return _read(folder, identity_after)
        except InvalidData:
            raise
        except Exception as error:  # what Keras raises over a damaged file it promises nowhere
            say(f"The checkpoint {folder} is damaged and was skipped: {error!r}")
    if found:
        raise InvalidData(
            f"no checkpoint in {work} can be read: remove the folder to begin this part of the training anew, or "
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
