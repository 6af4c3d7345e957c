"""Tables and sentences on fields as cameras show them, and on other laboratories."""

from collections.abc import Mapping, Sequence
from typing import Any

from docs.evaluations import Run
from docs.markdown import table

_FIELD_HEAD = ("field", "accuracy", "leukemia as benign alone", "benign alone", "rejected", "labels in a set")
_LABORATORY_HEAD = (
    "laboratory",
    "images",
    "rejected",
    "malignant without benign",
    "benign alone",
    "leukemia as benign alone",
    "ill against well, area",
    "labels in a set",
)
WITHOUT_LEUKEMIA = ("chula", "jtsc", "lmu: other cells", "raabin", "snam: myeloma", "other-smears")
"""Rows of a results file without acute leukemia."""


def fields_table(audit: Run) -> str:
    """Return one row for each kind of field; accuracy that is not asked for is in brackets."""
    rows = [
        [
            row["kind"],
            f"{row['accuracy']['value']:.4f}" if row["readable"] else f"({row['accuracy']['value']:.4f})",
            f"{row['leukemia_as_benign_alone']} of {row['leukemias']}",
            f"{row['benign_alone']['count']} of {row['images']}",
            _reasons(row["refused"]),
            _size(row["set_size"]),
        ]
        for row in audit["fields"]
    ]
    return table(_FIELD_HEAD, rows)


def fields_sentence(audit: Run | None) -> str:
    """Return the worst of an audit's fields in one sentence."""
    if audit is None:
        return "not measured."
    fields = audit["fields"]
    missed = sum(row["leukemia_as_benign_alone"] for row in fields)
    most = max(fields, key=lambda row: row["leukemia_as_benign_alone"])
    least = min((row for row in fields if row["readable"]), key=lambda row: row["accuracy"]["value"])
    worst = f", most in *{most['kind']}* ({most['leukemia_as_benign_alone']} of {most['leukemias']})" if missed else ""
    leukemias = sum(row["leukemias"] for row in fields)
    return (
        f"{missed} of {leukemias} leukemic fields come back as benign, with no other label{worst}; "
        f"the lowest accuracy is {least['accuracy']['value']:.4f} (*{least['kind']}*)."
    )


def laboratories_table(results: Mapping[str, Any]) -> str:
    """Return one row for each laboratory, and for each truth of those with several."""
    return table(_LABORATORY_HEAD, [_laboratory_cells(name, row) for name, row in results["laboratories"].items()])


def left_out_table(audit: Run | None) -> str:
    """Return one row for each laboratory that a fold left out of training, with the fold's package."""
    rows = audit.get("laboratories", []) if audit else []
    if not rows:
        return "Not measured yet."
    cells = [[_package(row), *_laboratory_cells(row["laboratory"], row)] for row in rows]
    return table(("package", *_LABORATORY_HEAD), cells)


def laboratories_sentence(results: Mapping[str, Any] | None) -> str:
    """Return the worst of other laboratories without leukemia in one sentence."""
    if results is None:
        return "not measured."
    rows = {name: row for name, row in results["laboratories"].items() if name in WITHOUT_LEUKEMIA}
    worst = max(rows, key=lambda name: float(rows[name]["malignant_without_benign"]["value"]))
    share = rows[worst]["malignant_without_benign"]
    return (
        f"of {rows[worst]['images']} images without acute leukemia, {share['count']} come back with leukemias only "
        f"({share['value']:.4f}) in the worst laboratory (*{worst}*)."
    )


def find_fields(audits: Sequence[Run], digest: str) -> Run | None:
    """Return the audit of a package that measured fields; None without one."""
    return next((each for each in audits if each["package"]["digest"] == digest and each.get("fields")), None)


def find_laboratories(runs: Sequence[Run], digest: str) -> Run | None:
    """Return the results of a package on other laboratories; None without one."""
    return next((run for run in runs if run["package"]["digest"] == digest), None)


def _laboratory_cells(name: str, row: Mapping[str, Any]) -> list[str]:
    return [
        name,
        f"{row['images']}",
        _reasons(row["refused"]),
        _share(row["malignant_without_benign"]),
        _share(row["benign_alone"]),
        f"{row['leukemia_as_benign_alone']} of {row['leukemias']}" if row["leukemias"] else "",
        _area(row.get("ill_against_well")),
        _size(row["set_size"]),
    ]


def _package(row: Mapping[str, Any]) -> str:
    return "{name} {version}".format(**row["package"])


def _share(share: Mapping[str, Any]) -> str:
    return "{count} ({value:.4f} [{low:.4f}, {high:.4f}])".format(**share)


def _area(area: Mapping[str, Any] | None) -> str:
    return "{value:.4f} [{low:.4f}, {high:.4f}]".format(**area) if area and area["value"] is not None else ""


def _reasons(refused: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in refused.items()) or "0"


def _size(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
