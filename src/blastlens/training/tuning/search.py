"""Searches for better numbers in a recipe; a search can be stopped at any time and gone on with later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from blastlens.domain.errors import InvalidData
from blastlens.training.recipes.recipe import Recipe
from blastlens.training.tuning.search_space import Suggestion, apply, suggest

ReportTrial = Callable[[int, float], None]
"""Takes an epoch (from 1) and the accuracy after it; ends the trial by an exception where it promises nothing."""

Trial = Callable[[Recipe, ReportTrial], float]
"""Trains by a recipe and returns the accuracy on the calibration part, 0 to 1."""

State = Literal["finished", "pruned", "stopped"]

_STATES: dict[TrialState, State] = {TrialState.COMPLETE: "finished", TrialState.PRUNED: "pruned"}
_STUDY = "blastlens"
_WATCHED_FIRST = 3  # trials that run whole before any is measured against them


@dataclass(frozen=True)
class Tuning:
    """A search.

    Attributes:
        recipe: what it starts from.
        trials: how many trainings there shall be in all, those of an earlier call with the same study included.
        study: file that keeps every trial; made where it is missing.
        seed: of the search.
        run: what identifies recipe, data, split and seed; a study of another run is never gone on with.
    """

    recipe: Recipe
    trials: int
    study: Path
    seed: int
    run: str


@dataclass(frozen=True)
class TrialRow:
    """One training of a search: its number, how it ended, its last accuracy, its epochs, and what was chosen."""

    number: int
    state: State
    accuracy: float | None
    epochs: int
    choice: Mapping[str, float]


@dataclass(frozen=True)
class Outcome:
    """Every trial of a study so far, and the best recipe; None where none has finished."""

    rows: tuple[TrialRow, ...]
    best: Recipe | None

    @property
    def best_row(self) -> TrialRow | None:
        """The finished trial of the highest accuracy, the earliest of equals."""
        finished = [row for row in self.rows if row.state == "finished"]
        return max(finished, key=lambda row: (row.accuracy or 0.0, -row.number), default=None)


def tune(tuning: Tuning, trial: Trial, watch: Callable[[TrialRow], None] = lambda row: None) -> Outcome:
    """Run trials until the study holds as many as wanted; a trial that lags behind half of the others is cut short.

    Args:
        tuning: the search.
        trial: trains once.
        watch: called after each trial.

    Raises:
        InvalidData: the study's file belongs to another search, or is none.
    """
    study = _open(tuning)
    while _settled(study) < tuning.trials:
        asked = study.ask()
        try:
            accuracy = trial(apply(suggest(asked), tuning.recipe), _reporter(asked))
        except optuna.TrialPruned:
            study.tell(asked, state=TrialState.PRUNED)
        except BaseException:  # Ctrl-C too: what was finished stays, this one is not counted
            study.tell(asked, state=TrialState.FAIL)
            raise
        else:
            study.tell(asked, accuracy)
        watch(_row(study.trials[asked.number]))
    return _outcome(study, tuning.recipe)


def outcome(tuning: Tuning) -> Outcome:
    """Return what a study holds so far, without running anything.

    Raises:
        InvalidData: the study's file belongs to another search, or is none.
    """
    return _outcome(_open(tuning), tuning.recipe)


def _reporter(asked: optuna.Trial) -> ReportTrial:
    def report(epoch: int, accuracy: float) -> None:
        asked.report(accuracy, epoch)
        if asked.should_prune():
            raise optuna.TrialPruned

    return report


def _open(tuning: Tuning) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    tuning.study.parent.mkdir(parents=True, exist_ok=True)
    _check_journal(tuning.study)
    try:
        study = optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(tuning.study))),
            study_name=_STUDY,
            load_if_exists=True,
            direction="maximize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=_WATCHED_FIRST, n_warmup_steps=1),
        )
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise InvalidData(f"{tuning.study} is damaged ({error!r}): choose another --study file.") from error
    known = study.user_attrs.get("run")
    if known not in (None, tuning.run):
        raise InvalidData(
            f"{tuning.study} holds a search with another recipe, seed, split or data: "
            "choose another --study file, or remove this one."
        )
    study.set_user_attr("run", tuning.run)
    for left in study.get_trials(states=(TrialState.RUNNING,)):  # by a call that was killed
        study.tell(left.number, state=TrialState.FAIL)
    # The same seed again would draw the first trials again.
    study.sampler = optuna.samplers.TPESampler(seed=tuning.seed + len(study.trials))
    return study


def _check_journal(file: Path) -> None:
    """Look before anything is appended: opening a journal writes to it."""
    if not file.exists():
        return
    with file.open("rb") as lines:
        first = lines.readline()
    if first and not first.startswith(b'{"op_code"'):
        raise InvalidData(f"{file} is no study of blastlens tune: choose another --study file.")


def _settled(study: optuna.Study) -> int:
    return sum(trial.state in _STATES for trial in study.trials)


def _row(trial: FrozenTrial) -> TrialRow:
    reported = trial.intermediate_values
    accuracy = trial.value if trial.value is not None else reported.get(max(reported, default=0))
    return TrialRow(trial.number, _STATES.get(trial.state, "stopped"), accuracy, len(reported), trial.params)


def _outcome(study: optuna.Study, recipe: Recipe) -> Outcome:
    rows = tuple(_row(trial) for trial in study.trials)
    row = Outcome(rows, None).best_row
    best = None if row is None else replace(apply(Suggestion(**row.choice), recipe), name=f"{recipe.name}-tuned")
    return Outcome(rows, best)
