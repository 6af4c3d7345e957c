"""Program that writes the model cards from the shipped packages' manifests.

python -m docs.make_model_card
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template

from blastlens.domain.labels import WORDS
from blastlens.inference.manifest import FIELDS_AS, Manifest
from blastlens.inference.package import CARD_FILE, SCREENING, SHIPPED, load_package
from docs.evaluations import (
    Run,
    digest_for_fields,
    informative_rows,
    interval,
    load_audits,
    load_evaluations,
    load_examinations,
    load_laboratories,
    overlap_of,
)
from docs.examination_tables import examinations_sentence, examinations_table, find_examinations
from docs.field_tables import (
    fields_sentence,
    fields_table,
    find_fields,
    find_laboratories,
    laboratories_sentence,
    laboratories_table,
    left_out_table,
)
from docs.make_results import FIRST_PAPER, SECOND_PAPER
from docs.markdown import table
from docs.reading_sentences import reading_sentences

HERE = Path(__file__).parent
CARDS = {"model-card": SHIPPED, "model-card-screening": SCREENING}
"""Name of each card, and the folder of its package."""

RESULTS: Mapping[str, Mapping[str, str | None]] = {
    "model-card": {
        "group": "fusion-fields-group-seed0",
        "staining": "fusion-anew-staining-seed0",
        "random": "fusion-in-even-light-random-seed0",
    },
    "model-card-screening": {
        "group": "screening-fields-group-seed0",
        "staining": None,
        "random": "screening-protocol-random-seed0",
    },
}
"""The evaluation that each card shows for each kind of split; None where there is none."""
_HEAD = ("split", "package", "images", "accuracy [95 % interval]", "the same on the calibration part", "overlap")


def render(
    card: str,
    manifest: Manifest,
    runs: Sequence[Run],
    audits: Sequence[Run],
    laboratories: Sequence[Run],
    examinations: Sequence[Run],
) -> str:
    """Return the card of a package, by the template `card`.

    It has three evaluations, the package's audit, its fields, its examinations and its results on other laboratories.
    """
    page = Template((HERE / f"{card}.template.md").read_text("utf-8"))
    changes = manifest.measured.get("change_without_input", {})  # of a model with two inputs
    data, calibration = manifest.training_data, manifest.calibration
    examined = find_examinations(examinations, manifest)
    fields = find_fields(audits, digest_for_fields(manifest))
    return page.substitute(
        name=manifest.name,
        version=manifest.version,
        digest=manifest.identity.digest,
        weights_sha256=manifest.weights.sha256,
        quantisation=manifest.weights.quantisation,
        source=data["source"],
        images=", ".join(f"{count} {label}" for label, count in data["images"].items()),
        recipe=data["recipe"],
        start_name="{name} {version}".format(**data["start"]),
        temperature=f"{calibration.temperature:.3f}",
        threshold=f"{calibration.set_threshold:.4f}",
        coverage=f"{calibration.coverage:.0%}",
        white=f"{calibration.greatest_white or 1.0:.1%}",
        split="by {how}, seed {seed}".format(**data["split"]),
        parts="/".join(map(str, data["parts"])),
        reading=reading_sentences(manifest),
        results=_results(card, manifest, runs),
        first_paper=FIRST_PAPER,
        second_paper=SECOND_PAPER,
        audit=_audit(audits, manifest),
        validation_images=manifest.measured["validation"]["images"],
        figures=_figures(manifest),
        others=_others(manifest, laboratories),
        fields=fields_table(fields) if fields else "Not measured yet.",
        fields_sentence=fields_sentence(fields),
        left_out=left_out_table(fields),
        laboratories_sentence=laboratories_sentence(find_laboratories(laboratories, digest_for_fields(manifest))),
        fields_as=_fields_as(manifest),
        examinations=examinations_table(examined),
        examinations_sentence=examinations_sentence(examined),
        table=_confusion(manifest),
        **{f"without_{image}": f"{change:.4f}" for image, change in changes.items()},
        **_surroundings(audits, manifest),
    )


def _results(card: str, manifest: Manifest, runs: Sequence[Run]) -> str:
    """Return one row for each kind of split: of this package where it was evaluated by it, else of one like it."""
    found = {run["name"]: run for run in runs}
    rows = []
    for split, name in RESULTS[card].items():
        run = found.get(name or "")
        if run is None:
            rows.append([split, "", "", "not measured", "", ""])
            continue
        ships = any(package["digest"] == digest_for_fields(manifest) for package in run["packages"])
        calibration = found.get(f"{name}-calibration")
        rows.append(
            [
                split,
                "this one" if ships else f"another one, `{run['recipe']}`",
                f"{run['scores']['images']}",
                interval(run["scores"]["accuracy"]),
                _calibration_part(calibration) if calibration else "not measured",
                overlap_of(run),
            ]
        )
    return table(_HEAD, rows)


def _calibration_part(run: Run) -> str:
    return f"{run['scores']['accuracy']['value']:.4f} of {run['scores']['images']}"


def _audit(audits: Sequence[Run], manifest: Manifest) -> str:
    """Return the rows of this package's audit."""
    rows = [
        [row["probe"], f"{row['accuracy']:.4f}", f"{row['images']}"]
        for audit in _audits_of(manifest, audits)
        for row in informative_rows(audit)
    ]
    return table(("probe", "accuracy", "images"), rows) if rows else "No audit was run yet."


def _surroundings(audits: Sequence[Run], manifest: Manifest) -> dict[str, str]:
    """Return the accuracy with only the blasts visible, with the blasts masked, and by chance, by placeholder."""
    own = _audits_of(manifest, audits)
    rows = {row["probe"]: f"{row['accuracy']:.3f}" for audit in own for row in audit["rows"]}
    chances = [f"{audit['chance']:.3f}" for audit in own if "chance" in audit]
    return {
        "blasts_only": rows.get("all but the blasts masked", "not measured"),
        "blasts_masked": rows.get("blasts masked", "not measured"),
        "chance": chances[0] if chances else "not measured",
    }


def _audits_of(manifest: Manifest, audits: Sequence[Run]) -> list[Run]:
    return [audit for audit in audits if audit["package"]["digest"] == digest_for_fields(manifest)]


def _fields_as(manifest: Manifest) -> str:
    """Return whose answers to single fields the package gives, as a row of its table."""
    known = manifest.measured.get(FIELDS_AS)
    if known is None:
        return "single fields | measured with this package"
    return f"single fields | answered and measured as `{known['name']}` {known['version']}, digest `{known['digest']}`"


def _figures(manifest: Manifest) -> str:
    """Return the scores of the graph when its package was made."""
    measured, scores = manifest.measured, manifest.measured["validation"]
    rows = [
        ["accuracy", f"{scores['accuracy']:.4f}"],
        ["expected calibration error, ten bins", f"{scores['calibration_error']:.4f}"],
        ["prediction sets that hold the true class", f"{scores['set_coverage']:.4f}"],
        ["labels in a prediction set, mean", f"{scores['set_size']:.2f}"],
        ["same label as the float32 Keras model", f"{measured['label_agreement']:.4f}"],
        ["largest difference in a probability to it", f"{measured['largest_difference']:.4f}"],
    ]
    return table(["figure", "value"], rows)


def _confusion(manifest: Manifest) -> str:
    """Return the confusion matrix as Markdown: rows are true classes, columns predicted ones."""
    scores = manifest.measured["validation"]
    rows = [
        [WORDS[label].title, *map(str, counts), f"{scores['recall'][str(label)]:.4f}"]
        for label, counts in zip(manifest.classes, scores["confusion"], strict=True)
    ]
    return table(["true class", *(WORDS[label].title for label in manifest.classes), "recall"], rows)


def _others(manifest: Manifest, laboratories: Sequence[Run]) -> str:
    """Return the table of other laboratories; without one, what an older manifest states about other images."""
    if results := find_laboratories(laboratories, digest_for_fields(manifest)):
        return laboratories_table(results)
    stated = manifest.measured.get("elsewhere", {})
    return "\n".join(f"* {name}: {outcome}" for name, outcome in stated.items()) or "* not measured"


def write() -> None:
    """Write both cards, each beside its package too: the page shows the card of the package that answers."""
    runs, audits = load_evaluations(), load_audits()
    laboratories, examinations = load_laboratories(), load_examinations()
    for card, folder in CARDS.items():
        page = render(card, load_package(folder).manifest, runs, audits, laboratories, examinations)
        for place in (HERE / f"{card}.md", folder / CARD_FILE):
            place.write_text(page, "utf-8")


if __name__ == "__main__":
    write()
