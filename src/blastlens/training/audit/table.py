"""An audit as a page: one table with the packages side by side, and what it means below."""

from collections.abc import Sequence

from blastlens.training.audit.conclusions import conclusions
from blastlens.training.audit.findings import Audit, Heat, Row

HEAT = "Grad-CAM heat inside blasts (their area)"
"""What the last line of the table is called."""


def to_markdown(audits: Sequence[Audit]) -> str:
    """Return the page `audit.md`."""
    lines = ["# Shortcut audit", "", *(_headline(audit) for audit in audits), ""]
    lines += [
        "Accuracy over all images; one that was rejected counts as wrong, the share rejected is in brackets.",
        "Rows marked (data) are random forests that see nothing else: what the data gives away, whatever the model.",
        "",
        "| probe | " + " | ".join(f"{audit.package.name} {audit.package.version}" for audit in audits) + " |",
        "|---|" + "---:|" * len(audits),
    ]
    for index, row in enumerate(audits[0].rows):
        lines.append(f"| {row.probe} | " + " | ".join(shown(audit.rows[index]) for audit in audits) + " |")
    lines.append(f"| {HEAT} | " + " | ".join(shown_heat(audit.heat) for audit in audits) + " |")
    for audit in audits:
        lines += ["", f"## {audit.package.name} {audit.package.version}", ""]
        lines += [f"* {sentence}" for sentence in conclusions(audit)]
    lines += ["", "## The probes", "", *(f"* {row.probe}: {row.note}" for row in _without_counts(audits[0].rows))]
    return "\n".join(lines) + "\n"


def shown(row: Row) -> str:
    """Return a row's accuracy, and the share rejected where there is any."""
    rejected = f" ({row.share_rejected:.0%} rejected)" if row.rejected else ""
    return f"{row.accuracy:.3f}{rejected}"


def shown_heat(heat: Heat | None) -> str:
    """Return the share of heat inside blasts beside their share of the area."""
    return "–" if heat is None else f"{heat.inside:.2f} ({heat.area:.2f})"


def _headline(audit: Audit) -> str:
    parted = ", ".join(f"{name} {value}" for name, value in audit.split.items() if value is not None)
    return (
        f"* {audit.package.name} {audit.package.version} (recipe {audit.recipe}, digest {audit.package.digest[:12]}): "
        f"{audit.rows[-1].images} images of the {audit.part} part, {parted}; chance {audit.chance:.3f}"
    )


def _without_counts(rows: Sequence[Row]) -> list[Row]:
    """Return rows whose notes explain the probe alone, not one package's outcome."""
    return [Row(row.probe, row.accuracy, row.images, 0, row.note.split(" Of those it")[0]) for row in rows]
