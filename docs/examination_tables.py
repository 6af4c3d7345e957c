"""Examinations as tables and sentences of the results page and the model cards."""

from collections.abc import Sequence

from blastlens.inference.manifest import Manifest
from docs.evaluations import Run
from docs.markdown import table

_HEAD = (
    "fields of an examination",
    "examinations",
    "white cells, median",
    "right",
    "set holds the truth",
    "labels in the set",
    "leukemia as benign alone",
    "benign answered as harmless",
    "too few white cells",
)
_MIXTURE = "benign with one field of leukemia"
NOT_MEASURED = "Not measured yet."


def examinations_table(run: Run | None, part: str = "validation") -> str:
    """Return one row for each kind of drawn examination of a part."""
    if run is None:
        return NOT_MEASURED
    rows = [
        [
            kind,
            f"{row['examinations']}",
            f"{row['white_cells']:.0f}",
            f"{row['accuracy']:.4f}" if kind != _MIXTURE else "",
            f"{row['coverage']:.4f}",
            f"{row['set_size']:.4f}",
            f"{row['benign_alone']} of {row['examinations'] - row['benign']}",
            f"{row['harmless']} of {row['benign']}" if row["benign"] else "",
            f"{row['insufficient']:.0%}",
        ]
        for kind, row in run[part].items()
    ]
    return table(_HEAD, rows)


def examinations_sentence(run: Run | None) -> str:
    """Return what was measured on drawn examinations of the validation part in two sentences."""
    if run is None:
        return "not measured."
    every, mixed, needed = run["validation"]["all"], run["validation"].get(_MIXTURE), run["constants"]
    leukemias = every["examinations"] - every["benign"]
    text = (
        f"with {needed['least_white_cells']} white cells or more there is an answer; of {leukemias} drawn examinations "
        f"of leukemia {every['benign_alone']} are benign with no other label, and the set holds the truth in "
        f"{every['coverage']:.4f} of all."
    )
    if mixed is None:
        return text
    return (
        f"{text} Where a single field of a benign examination is replaced by one of leukemia, "
        f"{mixed['benign_alone']} of {mixed['examinations']} are."
    )


def find_examinations(runs: Sequence[Run], manifest: Manifest) -> Run | None:
    """Return the scores of a package's examinations; None without any."""
    return next((run for run in runs if run["package"]["digest"] == manifest.identity.digest), None)
