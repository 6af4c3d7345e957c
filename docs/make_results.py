"""Program that writes docs/results.md, results.csv and audits.csv.

python -m docs.make_results
"""

import csv
import io
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from docs.evaluations import (
    SCORES,
    Run,
    figures_of,
    informative_rows,
    interval,
    is_fitted,
    load_audits,
    load_evaluations,
    load_examinations,
    load_laboratories,
    overlap_of,
    split_of,
)
from docs.examination_tables import examinations_table
from docs.field_tables import fields_sentence, fields_table, laboratories_sentence, laboratories_table, left_out_table
from docs.markdown import table

HERE = Path(__file__).parent
RECIPES = HERE.parent / "src" / "blastlens" / "training" / "recipes"

FIRST_PAPER, SECOND_PAPER = 0.9989, 0.9962
"""Accuracies that the papers report for their random splits: of the fusion, and of screening."""


@dataclass(frozen=True)
class Headline:
    """One row of the first table.

    Attributes:
        run: name of the evaluation.
        what: the package in a few words.
        paper: accuracy that a paper reports for that protocol; None where there is none.
    """

    run: str
    what: str
    paper: float | None = None


HEADLINES = (
    Headline("fusion-fields-group-seed0", "ships"),
    Headline("fusion-fields-group-seed0-calibration", "ships"),
    Headline("fusion-in-even-light-random-seed0", "our network, first paper's protocol", FIRST_PAPER),
    Headline("fusion-in-even-light-random-seed0-calibration", "our network, first paper's protocol"),
    Headline("fusion-anew-staining-seed0", "two of the three branches, one run"),
    Headline("published-group-seed0", "first paper's network, reduced"),
    Headline("screening-fields-group-seed0", "ships"),
    Headline("screening-fields-group-seed0-calibration", "ships"),
    Headline("screening-protocol-random-seed0", "our network, second paper's protocol", SECOND_PAPER),
    Headline("published-screening-random-seed0", "second paper's network, reduced", SECOND_PAPER),
)
_HEAD = ("package", "what it is", "split and part", "images", "accuracy [95 % interval]", "the paper", "overlap")
_CITED = {
    "fusion_group": "fusion-fields-group-seed0",
    "fusion_calibration": "fusion-fields-group-seed0-calibration",
    "fusion_random": "fusion-in-even-light-random-seed0",
    "screening_group": "screening-fields-group-seed0",
    "screening_calibration": "screening-fields-group-seed0-calibration",
    "screening_random": "screening-protocol-random-seed0",
}
"""Runs whose figures stand in the first lines, by the placeholder's first words."""
_PROBES = {"blasts_only": "all but the blasts masked", "blasts_masked": "blasts masked"}
_SHIPPED_FUSION, _AUDITED = "fusion-apart", ("fusion-apart", "fusion-in-even-light", "screening-steady", "published")
"""The recipe whose audit the first lines cite, and those whose audits the page shows."""


def render(
    evaluations: Sequence[Run],
    audits: Sequence[Run],
    recipes: Sequence[str],
    laboratories: Sequence[Run] = (),
    examinations: Sequence[Run] = (),
) -> str:
    """Return the page as Markdown; `recipes` are the names of all that exist, run or not."""
    shown = [audit for audit in audits if audit["package"].get("recipe") in _AUDITED and audit["rows"]]
    shipped = [audit for audit in audits if audit["package"].get("recipe") == _SHIPPED_FUSION]
    fields = next((audit for audit in shipped if audit.get("fields")), None)
    digests = {audit["package"].get("digest") for audit in shipped}
    results = next((run for run in laboratories if run["package"]["digest"] in digests), None)
    examined = next((run for run in examinations if run["package"]["name"] == "fusion"), None)
    return Template((HERE / "results.template.md").read_text("utf-8")).substitute(
        headlines=_headlines(evaluations),
        runs=_count(evaluations, recipes),
        audits=_audits(shown) if shown else "No audit was run yet.",
        first_paper=FIRST_PAPER,
        second_paper=SECOND_PAPER,
        fields=fields_table(fields) if fields else "Not measured yet.",
        fields_sentence=fields_sentence(fields),
        laboratories=laboratories_table(results) if results else "Not measured yet.",
        laboratories_sentence=laboratories_sentence(results),
        left_out=left_out_table(fields),
        examinations=examinations_table(examined),
        **_cited(evaluations, audits),
    )


def evaluations_csv(evaluations: Sequence[Run]) -> str:
    """Return every evaluation as CSV, one a line, with its intervals."""
    return _csv(_evaluation_row(run) for run in evaluations)


def audits_csv(audits: Sequence[Run]) -> str:
    """Return every probe of every audit as CSV, one a line."""
    return _csv(
        {
            "package": audit["package"]["name"],
            "version": audit["package"]["version"],
            "recipe": audit["package"].get("recipe", ""),
            "probe": row["probe"],
            "accuracy": _rounded(row["accuracy"]),
            "images": row["images"],
            "rejected": row.get("rejected", 0),
            "archived": audit["archived"],
        }
        for audit in audits
        for row in informative_rows(audit)
    )


def check_recipe_figures(evaluations: Sequence[Run], folder: Path = RECIPES) -> list[str]:
    """Return a sentence for each figure in a recipe's `[measured]` that differs from that of the `run` it names.

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
            f"{file.name} has {name} = {value}, the run {run['name']} {known.get(name)}."
            for name, value in measured.items()
            if name != "run" and (name not in known or abs(value - known[name]) > 5.1e-5)
        ]
    return faults


def _headlines(evaluations: Sequence[Run]) -> str:
    """Return the first table: the figures of our packages beside those of the papers."""
    runs = {run["name"]: run for run in evaluations}
    rows = [
        [
            "{name} {version}".format(**run["packages"][0]),
            line.what,
            split_of(run),
            f"{run['scores']['images']}",
            interval(run["scores"]["accuracy"]),
            f"{line.paper}" if line.paper else "",
            overlap_of(run),
        ]
        for line in HEADLINES
        if (run := runs.get(line.run))
    ]
    return table(_HEAD, rows) if rows else "No experiment was run yet."


def _cited(evaluations: Sequence[Run], audits: Sequence[Run]) -> dict[str, str]:
    """Return the figures of the first lines by placeholder; those that are missing as "not measured"."""
    runs = {run["name"]: run for run in evaluations}
    cited = {f"{key}_{name}": "not measured" for key in _CITED for name in ("accuracy", "images", "overlap")}
    for key, name in _CITED.items():
        if run := runs.get(name):
            cited[f"{key}_accuracy"] = f"{run['scores']['accuracy']['value']:.4f}"
            cited[f"{key}_images"] = f"{run['scores']['images']}"
            cited[f"{key}_overlap"] = overlap_of(run)
    rows = {
        row["probe"]: f"{row['accuracy']:.4f}"
        for audit in audits
        if audit["package"].get("recipe") == _SHIPPED_FUSION
        for row in audit["rows"]
    }
    return {**cited, **{key: rows.get(probe, "not measured") for key, probe in _PROBES.items()}}


def _count(evaluations: Sequence[Run], recipes: Sequence[str]) -> str:
    """Return how many evaluations of how many packages there are, and which recipes have none."""
    run = {evaluation["recipe"] for evaluation in evaluations}
    missing = [recipe for recipe in recipes if recipe not in run]
    sentences = []
    if evaluations:
        packages = [package for evaluation in evaluations for package in evaluation["packages"]]
        sizes = ", ".join(map(str, sorted({package["size"] for package in packages})))
        sentences = [
            f"{len(evaluations)} evaluations of {len({package['digest'] for package in packages})} packages that "
            f"{len(run)} recipes made, with images of {sizes} px.",
        ]
    if missing:
        sentences.append(f"Recipes without a run under their own name: {', '.join(missing)}.")
    return " ".join(sentences) or "Every recipe has a run."


def _audits(audits: Sequence[Run]) -> str:
    """Return probes as rows and packages as columns; a probe that a package lacks stays empty."""
    probes = list(dict.fromkeys(row["probe"] for audit in audits for row in audit["rows"]))
    columns = [{row["probe"]: row for row in informative_rows(audit)} for audit in audits]
    head = ["probe", *(_named(audit["package"]) for audit in audits)]
    return table(head, [[probe, *(_probed(column.get(probe)) for column in columns)] for probe in probes])


def _named(package: Mapping[str, str]) -> str:
    return f"{package.get('recipe', package['name'])} ({package['name']} {package['version']})"


def _probed(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return ""
    rejected = f", {row['rejected']} rejected" if row.get("rejected") else ""
    return f"{row['accuracy']:.4f} of {row['images']}{rejected}"


def _evaluation_row(run: Run) -> dict[str, Any]:
    """Return one line of results.csv by column."""
    scores, package = run["scores"], run["packages"][0]
    ranges = {
        f"{name}{suffix}": _rounded(scores[name][bound])
        for name in SCORES
        for bound, suffix in (("value", ""), ("low", "_low"), ("high", "_high"))
    }
    return {
        "run": run["name"],
        "recipe": run["recipe"],
        "split": split_of(run).replace("**", ""),
        "size": package["size"],
        "stages": "; ".join(package["stages"]),
        "images": scores["images"],
        "rejected": scores["rejected"],
        "overlap_with_training": overlap_of(run),
        **ranges,
        "network_accuracy": _rounded(run.get("network_alone")),
        "least_recall": _rounded(figures_of(run)["least_recall"]),
        "fitted_here": is_fitted(run),
        "package_digest": package["digest"],
        "command": run["command"],
        "archived": run["archived"],
    }


def _rounded(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _csv(rows: Iterable[Mapping[str, Any]]) -> str:
    found, text = list(rows), io.StringIO()
    if found:
        writer = csv.DictWriter(text, list(found[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    return text.getvalue()


def write() -> None:
    """Write docs/results.md and both CSV files."""
    evaluations, audits = load_evaluations(), load_audits()
    recipes = sorted(file.stem for file in RECIPES.glob("*.toml"))
    page = render(evaluations, audits, recipes, load_laboratories(), load_examinations())
    (HERE / "results.md").write_text(page, "utf-8")
    (HERE / "results.csv").write_text(evaluations_csv(evaluations), "utf-8")
    (HERE / "audits.csv").write_text(audits_csv(audits), "utf-8")


if __name__ == "__main__":
    write()
