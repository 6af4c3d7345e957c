"""Tables and sentences on fields as cameras show them, and on other laboratories."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from blastlens.training.audit.results import Audit, FieldRow

FIELD_COLUMNS = ("field", "accuracy", "leukemia as benign alone", "benign alone", "rejected", "labels in a set")
LABORATORY_COLUMNS = ("laboratory", "package", "images", "rejected", "malignant without benign", "benign alone", "area")


def field_cells(row: FieldRow) -> tuple[str, ...]:
    """Return a row's cells under `FIELD_COLUMNS`; a kind whose accuracy is not asked for has it in brackets."""
    counts = row.counts
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts.refused.items())
    kind, accuracy, missed, _, size = short_field_cells(row)
    return kind, accuracy, missed, f"{counts.benign_alone} of {counts.images}", reasons or "0", size


def short_field_cells(row: FieldRow) -> tuple[str, ...]:
    """Return a row's kind, accuracy, missed leukemias, number of rejected fields and size of sets."""
    counts = row.counts
    return (
        row.kind,
        f"{row.accuracy:.3f}" if row.readable else f"({row.accuracy:.3f})",
        f"{row.missed} of {row.leukemias}",
        f"{counts.rejected} of {counts.images}",
        "–" if counts.set_size is None else f"{counts.set_size:.2f}",
    )


def laboratory_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the cells of a left-out laboratory under `LABORATORY_COLUMNS`."""
    area = row.get("ill_against_well") or {}
    return (
        row["laboratory"],
        "{name} {version}".format(**row["package"]),
        f"{row['images']}",
        f"{row['rejected']}",
        _share(row["malignant_without_benign"]),
        _share(row["benign_alone"]),
        "–" if area.get("value") is None else "{value:.3f} [{low:.3f}, {high:.3f}]".format(**area),
    )


def field_section(audit: Audit) -> list[str]:
    """Return the lines of a package's section on fields; none where they were not measured."""
    if not audit.fields:
        return []
    return [
        "",
        f"## Fields as cameras show them: {audit.package.name} {audit.package.version}",
        "",
        "Fields made from images of one class and of this part. A rejected field counts as wrong. Accuracy in brackets",
        "is not asked for: there are too few pixels a cell, or cells are painted over.",
        "",
        *_table(FIELD_COLUMNS, [field_cells(row) for row in audit.fields]),
    ]


def laboratory_section(audit: Audit) -> list[str]:
    """Return the lines of the section on laboratories that were left out of training; none without results."""
    if not audit.laboratories:
        return []
    return [
        "",
        "## Laboratories left out of training",
        "",
        "Each by a package whose training did not see it. *Area* is that under the curve of the probability of",
        "leukemia, ill against well patients of one laboratory.",
        "",
        *_table(LABORATORY_COLUMNS, [laboratory_cells(row) for row in audit.laboratories]),
    ]


def field_conclusions(audit: Audit) -> Iterable[str]:
    """Return sentences on the worst kinds of fields; none where they were not measured."""
    if not audit.fields:
        return
    missed, leukemias = (sum(getattr(row, name) for row in audit.fields) for name in ("missed", "leukemias"))
    most = max(audit.fields, key=lambda row: row.missed)
    worst = f" (most: {most.missed} of {most.leukemias}, {most.kind})" if missed else ""
    yield f"Fields: {missed} of {leukemias} leukemic fields come back as benign alone{worst}."
    readable = [row for row in audit.fields if row.readable]
    if readable:
        least = min(readable, key=lambda row: row.accuracy)
        refused = max(readable, key=lambda row: row.counts.rejected / max(row.counts.images, 1))
        yield (
            f"Fields as cameras show them: the lowest accuracy is {least.accuracy:.1%} ({least.kind}); at most "
            f"{refused.counts.rejected} of {refused.counts.images} of a kind are rejected ({refused.kind})."
        )


def _share(share: Mapping[str, Any]) -> str:
    return "{count} ({value:.3f} [{low:.3f}, {high:.3f}])".format(**share)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1), *(f"| {' | '.join(row)} |" for row in rows)]
