"""Writes docs/results.md from the files in docs/runs, so that no number is copied by hand.

python -m docs.make_results
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from blastlens.training.audit.probes import OTHER_BAR
from blastlens.training.recipes.toml import load_recipe
from docs.markdown import table

HERE = Path(__file__).parent
RUNS = HERE / "runs"
RECIPES = HERE.parent / "src" / "blastlens" / "training" / "recipes"

_OTHER_RUNS = ("audit-", "performance-")
"""What files are called that hold no evaluation."""

Run = Mapping[str, Any]

_HEAD = [
    "recipe",
    "split",
    "trained",
    "N",
    "accuracy",
    "network alone",
    "least recall",
    "ECE",
    "sets cover",
    "labels in a set",
    "rejected",
    "seen in training",
]


def load_evaluations(folder: Path = RUNS) -> list[Run]:
    """Return every evaluation, sorted by the name of its file.

    Raises:
        ValueError: a file is called otherwise than the run in it.
    """
    runs = {file: json.loads(file.read_text("utf-8")) for file in _files(folder, "*.json")}
    evaluations = [(file, run) for file, run in runs.items() if not file.name.startswith(_OTHER_RUNS)]
    for file, run in evaluations:
        if file.stem != run["name"]:
            raise ValueError(f"{file.name} holds the run {run['name']}: call the file so.")
    return [run for _, run in evaluations]


def _files(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a folder and of its archive, sorted by name."""
    return sorted([*folder.glob(pattern), *(folder / "archive").glob(pattern)], key=lambda file: file.name)


def load_audits(folder: Path = RUNS) -> list[Run]:
    """Return the audit of every package, one after the other, from files that hold one or several."""
    files = [json.loads(file.read_text("utf-8")) for file in _files(folder, "audit-*.json")]
    return [audit for file in files for audit in file.get("packages", [file])]


def render(evaluations: Sequence[Run], audits: Sequence[Run], recipes: Sequence[str]) -> str:
    """Return the page as Markdown; `recipes` are the names of all there are, run or not."""
    return Template((HERE / "results.template.md").read_text("utf-8")).substitute(
        experiments=table(_HEAD, [_row(run) for run in evaluations]) if evaluations else "No experiment was run yet.",
        affordable=_affordable(evaluations, recipes),
        audits=_audits(audits) if audits else "No audit was run yet.",
        commands="\n".join(f"* `{run['name']}`: `{run['command']}`" for run in evaluations) or "Nothing yet.",
    )


def figures_of(run: Run) -> dict[str, float | int]:
    """Return the figures by which a run is compared, by the names that a recipe's `[measured]` uses."""
    scores = run["scores"]
    recalls = [of["recall"]["value"] for of in scores["classes"].values() if of["recall"]["value"] is not None]
    values = {name: scores[name]["value"] for name in ("accuracy", "calibration_error", "set_coverage", "set_size")}
    return {**values, "least_recall": min(recalls), "images": scores["images"], "rejected": scores["rejected"]}


def recipes_of(model: str, folder: Path = RECIPES) -> set[str]:
    """Return the names of our recipes that make a model: one after the other they are what it learned by."""
    made = {file.stem: load_recipe(str(file)).model or file.stem for file in folder.glob("*.toml")}
    return {name for name, made_by_it in made.items() if made_by_it == model}


def check_recipe_figures(evaluations: Sequence[Run], folder: Path = RECIPES) -> list[str]:
    """Return a sentence for each figure in a recipe's `[measured]` that is not the figure of the `run` it names.

    A figure may be rounded to four decimal places or more.
    """
    runs = {run["name"]: run for run in evaluations}
    faults = []
    for file in sorted(folder.glob("*.toml")):
        measured = tomllib.loads(file.read_text("utf-8")).get("measured")
        if not measured:
            continue
        run = runs.get(measured.get("run"))
        if run is None:
            faults.append(f"{file.name} names the run {measured.get('run')!r}, which is not in docs/runs.")
            continue
        known = figures_of(run)
        faults += [
            f"{file.name} says {name} = {value}, the run {run['name']} {known.get(name)}."
            for name, value in measured.items()
            if name != "run" and (name not in known or abs(value - known[name]) > 5.1e-5)
        ]
    return faults


def _row(run: Run) -> list[str]:
    scores, figures = run["scores"], figures_of(run)
    like = run["images_like_training"]
    return [
        run["recipe"],
        _split(run),
        trained(run),
        f"{scores['images']}",
        _interval(scores["accuracy"]),
        _network_alone(run),
        f"{figures['least_recall']:.4f}",
        _interval(scores["calibration_error"]) + fitted(run),
        _interval(scores["set_coverage"]) + fitted(run),
        _interval(scores["set_size"]),
        f"{scores['rejected']}",
        "unknown" if like is None else f"{like}",
    ]


def _network_alone(run: Run) -> str:
    value = run.get("network_alone")  # runs from before it was kept do not tell
    return "" if value is None else f"{value:.4f}"


def _split(run: Run) -> str:
    plans = [package["split"] for package in run["packages"]]
    if plans[0] is None:
        return f"all of {run['data']}"
    part = "" if run["part"] == "validation" else f", {run['part']}"
    folds = f", {len(plans)} of {plans[0]['folds']} folds" if plans[0]["folds"] else ""
    leak = ", **not its own split**" if run["allow_leak"] else ""
    return f"{plans[0]['how']}, seed {plans[0]['seed']}{folds}{part}{leak}"


def trained(run: Run) -> str:
    """Return how the first package of a run was trained, and at which size it reads."""
    package = run["packages"][0]
    return f"{', '.join(map(str, package['stages'])) or 'not told'}; reads {package['size']} px"


def fitted(run: Run) -> str:
    """Return what to put behind figures that temperature and threshold were fitted to, and so say nothing new."""
    return " (fitted)" if run["part"] == "calibration" and not run["allow_leak"] else ""


def _interval(estimate: Mapping[str, float | None]) -> str:
    if estimate["value"] is None:
        return "none"
    return f"{estimate['value']:.4f} [{estimate['low']:.4f}, {estimate['high']:.4f}]"


def _affordable(evaluations: Sequence[Run], recipes: Sequence[str]) -> str:
    """Say how much of what was planned could be run."""
    run = {evaluation["recipe"] for evaluation in evaluations}
    missing = [recipe for recipe in recipes if recipe not in run]
    sizes = sorted({package["size"] for evaluation in evaluations for package in evaluation["packages"]})
    sentences = []
    if evaluations:
        packages = len({package["digest"] for evaluation in evaluations for package in evaluation["packages"]})
        sentences = [
            f"{len(evaluations)} evaluations of {packages} packages made by {len(run)} recipes, "
            f"read at {', '.join(map(str, sizes))} px.",
            "Stages and resolutions of each are those in the table, as they were really run.",
        ]
    if missing:
        sentences.append(f"Recipes without a run, of which nothing is claimed: {', '.join(missing)}.")
    return " ".join(sentences) or "Every recipe has a run."


def _audits(audits: Sequence[Run]) -> str:
    """Return probes as rows and packages side by side; a probe that a package lacks stays empty."""
    probes = list(dict.fromkeys(row["probe"] for audit in audits for row in audit["rows"]))
    columns = [{row["probe"]: row for row in telling_rows(audit)} for audit in audits]
    head = ["probe", *(_named(audit["package"]) for audit in audits)]
    return table(head, [[probe, *(_probed(column.get(probe)) for column in columns)] for probe in probes])


def telling_rows(audit: Run) -> list[Mapping[str, Any]]:
    """Return an audit's rows but those that say nothing: in screening both classes show every style of scale bar."""
    screens = "screening" in (audit["package"].get("recipe") or audit["package"]["name"])
    return [row for row in audit["rows"] if not (screens and row["probe"] == OTHER_BAR)]


def _named(package: Mapping[str, str]) -> str:
    return f"{package.get('recipe', package['name'])} ({package['name']} {package['version']})"


def _probed(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return ""
    rejected = f", {row['rejected']} rejected" if row.get("rejected") else ""
    return f"{row['accuracy']:.4f} of {row['images']}{rejected}"


def write() -> None:
    """Write docs/results.md."""
    recipes = sorted(file.stem for file in RECIPES.glob("*.toml"))
    (HERE / "results.md").write_text(render(load_evaluations(), load_audits(), recipes), "utf-8")


if __name__ == "__main__":
    write()
