"""Program that writes the model cards from the shipped packages' manifests.

python -m docs.make_model_card
"""

from collections.abc import Sequence
from pathlib import Path
from string import Template

from blastlens.domain.labels import WORDS
from blastlens.inference.manifest import Manifest
from blastlens.inference.package import SCREENING, SHIPPED, load_package
from docs.make_results import Run, figures_of, fitted, load_audits, load_evaluations, recipes_of, telling_rows, trained
from docs.markdown import table

HERE = Path(__file__).parent
CARDS = {"model-card": SHIPPED, "model-card-screening": SCREENING}
"""Name of each card, and the package that it tells of."""
_SPLIT_HEAD = [
    "split",
    "images",
    "rejected",
    "accuracy",
    "least recall",
    "calibration error",
    "sets cover",
    "labels in a set",
    "trained",
]


def render(card: str, manifest: Manifest, runs: Sequence[Run], audits: Sequence[Run]) -> str:
    """Return the card of a package, by the template `card`, with the runs of its recipe and its own audit."""
    page = Template((HERE / f"{card}.template.md").read_text())
    changes = manifest.measured.get("change_without_input", {})  # where there are two inputs to do without
    return page.substitute(
        name=manifest.name,
        version=manifest.version,
        digest=manifest.identity.digest,
        weights_sha256=manifest.weights.sha256,
        quantisation=manifest.weights.quantisation,
        source=manifest.training_data["source"],
        images=", ".join(f"{count} {label}" for label, count in manifest.training_data["images"].items()),
        stages=", ".join(manifest.training_data["stages"]),
        recipe=manifest.training_data["recipe"],
        start=_start(manifest.training_data.get("start")),
        temperature=f"{manifest.calibration.temperature:.3f}",
        threshold=f"{manifest.calibration.set_threshold:.4f}",
        coverage=f"{manifest.calibration.coverage:.0%}",
        white=f"{manifest.calibration.greatest_white or 1.0:.1%}",
        split="by {how}, seed {seed}".format(**manifest.training_data["split"]),
        parts="/".join(map(str, manifest.training_data["parts"])),
        by_split=_by_split(runs, manifest),
        audit=_audit(audits, manifest),
        judged=manifest.measured["validation"]["images"],
        figures=_figures(manifest),
        others=_others(manifest.measured.get("elsewhere", {})),
        table=_confusion(manifest),
        **{f"without_{seen}": f"{change:.4f}" for seen, change in changes.items()},
    )


def _start(package: dict[str, str] | None) -> str:
    """Return which package the training went on from, if any."""
    return "from nothing" if package is None else f"going on from {package['name']} {package['version']}"


def _by_split(runs: Sequence[Run], manifest: Manifest) -> str:
    """Return what packages of every recipe that makes this model scored by each split; this one too."""
    rows = []
    ways = {manifest.training_data["recipe"], *recipes_of(manifest.name)}
    for run in runs:
        if run["recipe"] not in ways:
            continue
        this = any(package["digest"] == manifest.identity.digest for package in run["packages"])
        figures, scores = figures_of(run), run["scores"]
        rows.append(
            [
                f"{run['name']}{' (this package)' if this else ''}",
                f"{scores['images']}",
                f"{scores['rejected']}",
                *(f"{figures[name]:.4f}" for name in ("accuracy", "least_recall")),
                *(f"{figures[name]:.4f}{fitted(run)}" for name in ("calibration_error", "set_coverage")),
                f"{figures['set_size']:.2f}",
                trained(run),
            ]
        )
    return table(_SPLIT_HEAD, rows) if rows else "Nothing was measured yet."


def _audit(audits: Sequence[Run], manifest: Manifest) -> str:
    """Return what this package's audit found, probe by probe."""
    rows = [
        [row["probe"], f"{row['accuracy']:.4f}", f"{row['images']}"]
        for audit in audits
        if audit["package"]["digest"] == manifest.identity.digest
        for row in telling_rows(audit)
    ]
    return table(("probe", "value", "images"), rows) if rows else "No audit was run yet."


def _figures(manifest: Manifest) -> str:
    """Return what the graph scored when it was made."""
    measured, scores = manifest.measured, manifest.measured["validation"]
    rows = [
        ["accuracy", f"{scores['accuracy']:.4f}"],
        ["expected calibration error, ten bins", f"{scores['calibration_error']:.4f}"],
        ["prediction sets that hold the true class", f"{scores['set_coverage']:.4f}"],
        ["labels in a prediction set, mean", f"{scores['set_size']:.2f}"],
        ["label as in the float32 Keras model", f"{measured['label_agreement']:.4f}"],
        ["largest difference in a probability to it", f"{measured['largest_difference']:.4f}"],
    ]
    return table(["figure", "value"], rows)


def _confusion(manifest: Manifest) -> str:
    """Return the confusion matrix as Markdown: rows are true classes, columns what was answered."""
    scores = manifest.measured["validation"]
    rows = [
        [WORDS[label].title, *map(str, counts), f"{scores['recall'][str(label)]:.4f}"]
        for label, counts in zip(manifest.classes, scores["confusion"], strict=True)
    ]
    return table(["true class", *(WORDS[label].title for label in manifest.classes), "recall"], rows)


def _others(elsewhere: dict[str, str]) -> str:
    return "\n".join(f"* {name}: {outcome}" for name, outcome in elsewhere.items()) or "* nothing was measured"


if __name__ == "__main__":
    for card, folder in CARDS.items():
        page = render(card, load_package(folder).manifest, load_evaluations(), load_audits())
        (HERE / f"{card}.md").write_text(page, "utf-8")
