"""Hyperparameter search with Optuna, which can be interrupted and resumed."""

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
from blastlens.training.tuning.search_space import Suggestion, apply_suggestion, suggest

ReportAccuracy = Callable[[int, float], None]
"""Takes an epoch (from 1) and the accuracy after it; raises an exception that ends a trial to be pruned."""

RunTrial = Callable[[Recipe, ReportAccuracy], float]
"""Trains a recipe and returns the accuracy on the calibration part, 0 to 1."""

State = Literal["finished", "pruned", "stopped"]

_STATES: dict[TrialState, State] = {TrialState.COMPLETE: "finished", TrialState.PRUNED: "pruned"}
_STUDY = "blastlens"
_STARTUP_TRIALS = 3  # that are not pruned


@dataclass(frozen=True)
class TuningRequest:
    """A search that a user asks for.

    Attributes:
        recipe: to start from.
        trials: number of trials in all, with those of earlier calls with the same study.
        study: file that holds every trial; made where it is missing.
        seed: of the search.
        run: identifies recipe, data, split and seed; the study of another run is not resumed.
    """

    recipe: Recipe
    trials: int
    study: Path
    seed: int
    run: str


@dataclass(frozen=True)
class TrialResult:
    """One trial of a search.

    Attributes:
        number: of the trial, from 0.
        state: how it ended.
        accuracy: the last one reported, 0 to 1; None for none.
        epochs: number of epochs with an accuracy.
        suggestion: values by their names in `Suggestion`.
    """

    number: int
    state: State
    accuracy: float | None
    epochs: int
    suggestion: Mapping[str, float]


@dataclass(frozen=True)
class SearchResult:
    """All trials of a study, and the best recipe; None where no trial has finished."""

    trials: tuple[TrialResult, ...]
    best: Recipe | None

    @property
    def best_trial(self) -> TrialResult | None:
        """The finished trial of the highest accuracy, the earliest of equals."""
        finished = [trial for trial in self.trials if trial.state == "finished"]
        return max(finished, key=lambda trial: (trial.accuracy or 0.0, -trial.number), default=None)


def tune(
    request: TuningRequest, run_trial: RunTrial, report: Callable[[TrialResult], None] = lambda trial: None
) -> SearchResult:
    """Run trials until the study holds as many as requested.

    A trial that lies below the median of the earlier trials after the same epoch is pruned.

    Args:
        request: the search.
        run_trial: trains once.
        report: called after each trial.

    Raises:
        InvalidData: the study's file is not a study, or belongs to another search.
    """
    study = _open_study(request)
    while _count_ended(study) < request.trials:
        trial = study.ask()
        try:
            accuracy = run_trial(apply_suggestion(suggest(trial), request.recipe), _reporter(trial))
        except optuna.TrialPruned:
            study.tell(trial, state=TrialState.PRUNED)
        except BaseException:  # Ctrl-C too: finished trials are kept, this one does not count
            study.tell(trial, state=TrialState.FAIL)
            raise
        else:
            study.tell(trial, accuracy)
        report(_trial_result(study.trials[trial.number]))
    return _search_result(study, request.recipe)


def load_result(request: TuningRequest) -> SearchResult:
    """Return the trials of a study so far, without running any.

    Raises:
        InvalidData: the study's file is not a study, or belongs to another search.
    """
    return _search_result(_open_study(request), request.recipe)


def _reporter(trial: optuna.Trial) -> ReportAccuracy:
    def report(epoch: int, accuracy: float) -> None:
        trial.report(accuracy, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned

    return report


def _open_study(request: TuningRequest) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    request.study.parent.mkdir(parents=True, exist_ok=True)
    _check_journal(request.study)
    try:
        study = optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(request.study))),
            study_name=_STUDY,
            load_if_exists=True,
            direction="maximize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=_STARTUP_TRIALS, n_warmup_steps=1),
        )
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise InvalidData(f"{request.study} is damaged ({error!r}). Choose another --study file.") from error
    stored = study.user_attrs.get("run")
    if stored not in (None, request.run):
        raise InvalidData(
            f"{request.study} holds a search with another recipe, seed, split or data. "
            "Choose another --study file, or remove this one."
        )
    study.set_user_attr("run", request.run)
    for killed in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(killed.number, state=TrialState.FAIL)
    # The same seed would draw the first trials again.
    study.sampler = optuna.samplers.TPESampler(seed=request.seed + len(study.trials))
    return study


def _check_journal(file: Path) -> None:
    """Check the first line of a file before Optuna opens it, which writes to it."""
    if not file.exists():
        return
    with file.open("rb") as lines:
        first = lines.readline()
    if first and not first.startswith(b'{"op_code"'):
        raise InvalidData(f"{file} is not a study of blastlens tune. Choose another --study file.")


def _count_ended(study: optuna.Study) -> int:
    return sum(trial.state in _STATES for trial in study.trials)


def _trial_result(trial: FrozenTrial) -> TrialResult:
    reported = trial.intermediate_values
    accuracy = trial.value if trial.value is not None else reported.get(max(reported, default=0))
    return TrialResult(trial.number, _STATES.get(trial.state, "stopped"), accuracy, len(reported), trial.params)


def _search_result(study: optuna.Study, recipe: Recipe) -> SearchResult:
    trials = tuple(_trial_result(trial) for trial in study.trials)
    best = SearchResult(trials, None).best_trial
    if best is None:
        return SearchResult(trials, None)
    tuned = apply_suggestion(Suggestion(**best.suggestion), recipe)
    return SearchResult(trials, replace(tuned, name=f"{recipe.name}-tuned"))
