"""Report of an audit: a Markdown page with table and conclusions, and a chart."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from blastlens.training.audit.field_report import field_conclusions, field_section, laboratory_section
from blastlens.training.audit.probes import (
    AS_TAKEN,
    HUES,
    LIGHTS,
    NO_BAR,
    NO_BLASTS,
    NO_OTHER_BAR,
    ONLY_BLASTS,
    OTHER_BAR,
)
from blastlens.training.audit.results import Audit, AuditRow, Heat
from blastlens.training.audit.shortcut_baselines import BAR, COLOUR, CORNER, NORMALISED
from blastlens.training.evaluation.set_size import describe_useless_sets

HEAT = "Grad-CAM heat inside blasts (their area)"
"""Name of the table's last line."""

_SMALL_FALL = 0.03
"""A fall of accuracy that counts as holding: three points, as the project asks of its own model."""

_CLEARLY_ABOVE = 0.1  # chance, for a share to count as above it
_TOO_FEW = 10  # images, for a share of them to mean anything
REJECTED_COLOUR = "#d9d9d9"
_COLOURS = ("#8c6bb1", "#2a9d8f", "#e9a03b", "#c8553d", "#577590")


def to_markdown(audits: Sequence[Audit]) -> str:
    """Return the page `audit.md`."""
    lines = ["# Shortcut audit", "", *(_headline(audit) for audit in audits)]
    lines += [line for audit in audits for line in field_section(audit)]
    lines += laboratory_section(audits[0])
    for audit in audits:
        lines += ["", f"## {audit.package.name} {audit.package.version}", ""]
        lines += [f"* {sentence}" for sentence in conclusions(audit)]
    return "\n".join([*lines, *(_probe_section(audits) if audits[0].rows else ())]) + "\n"


def _probe_section(audits: Sequence[Audit]) -> list[str]:
    lines = [
        "",
        "## Probes",
        "",
        "Accuracy over all images; one that was rejected counts as wrong, the share rejected is in brackets.",
        "Rows marked (data) are random forests on these features only: they show shortcuts in the data, for any model.",
        "",
        "| probe | " + " | ".join(f"{audit.package.name} {audit.package.version}" for audit in audits) + " |",
        "|---|" + "---:|" * len(audits),
    ]
    for index, row in enumerate(audits[0].rows):
        lines.append(f"| {row.probe} | " + " | ".join(format_row(audit.rows[index]) for audit in audits) + " |")
    lines.append(f"| {HEAT} | " + " | ".join(format_heat(audit.heat) for audit in audits) + " |")
    return [*lines, "", *(f"* {row.probe}: {row.note}" for row in _without_counts(audits[0].rows))]


def format_row(row: AuditRow) -> str:
    """Return a row's accuracy, and the share rejected if there is any."""
    rejected = f" ({row.share_rejected:.0%} rejected)" if row.rejected else ""
    return f"{row.accuracy:.3f}{rejected}"


def format_heat(heat: Heat | None) -> str:
    """Return the share of heat inside blasts, and their share of the area."""
    return "–" if heat is None else f"{heat.inside:.2f} ({heat.area:.2f})"


def _headline(audit: Audit) -> str:
    split = ", ".join(f"{name} {value}" for name, value in audit.split.items() if value is not None)
    images = f"{audit.rows[-1].images} images of " if audit.rows else ""
    return (
        f"* {audit.package.name} {audit.package.version} (recipe {audit.recipe}, digest {audit.package.digest[:12]}): "
        f"{images}the {audit.part} part, {split}; chance {audit.chance:.3f}"
    )


def _without_counts(rows: Sequence[AuditRow]) -> list[AuditRow]:
    """Return rows whose notes explain the probe only, without a package's result."""
    return [AuditRow(row.probe, row.accuracy, row.images, 0, row.note.split(" Of those it")[0]) for row in rows]


def conclusions(audit: Audit) -> list[str]:
    """Return sentences on one package: on fields first, then on the data, then on the probes."""
    start = [*_on_split(audit), *field_conclusions(audit)]
    if not audit.rows:
        return start
    return [
        *start,
        _on_data(audit),
        _on_colour(audit),
        _on_bars(audit),
        _on_blasts(audit),
        *_on_heat(audit),
        *_on_sets(audit),
    ]


def _on_split(audit: Audit) -> Iterable[str]:
    if audit.overlap_with_training is None:
        yield "It is unknown whether the model was trained on some of these images."
    elif audit.overlap_with_training:
        yield (
            f"{audit.overlap_with_training} of these images have a copy or an overlapping field among the "
            "training images: expect a lower accuracy on new patients."
        )


def _on_data(audit: Audit) -> str:
    colour, normalised, corner, bar = (audit.row(name).accuracy for name in (COLOUR, NORMALISED, CORNER, BAR))
    return (
        f"Data: colour statistics reach {colour:.1%} ({normalised:.1%} after colour normalisation), a corner without "
        f"blasts {corner:.1%}, the scale bar's corner {bar:.1%}; chance is {audit.chance:.1%}."
    )


def _on_colour(audit: Audit) -> str:
    hue, light = (_worst(audit, names) for names in (HUES, LIGHTS))
    return (
        f"Colour and light: {_fall(audit, hue)} at the worst shift of the hue, "
        f"{_fall(audit, light)} at the worst change of brightness."
    )


def _on_bars(audit: Audit) -> str:
    without, other = f"Scale bars: {_fall(audit, audit.row(NO_BAR))} without them", audit.row(OTHER_BAR)
    if other.note.startswith(NO_OTHER_BAR):
        return f"{without}; none of its classes lacks a style of bar that another one has, so a swap shows nothing."
    return f"{without}, {_fall(audit, other)} with those of another class."


def _on_blasts(audit: Audit) -> str:
    only, without = audit.row(ONLY_BLASTS), audit.row(NO_BLASTS)
    answered = without.images - without.rejected
    right = without.accuracy * without.images / max(answered, 1)
    above = answered >= _TOO_FEW and right > audit.chance + _CLEARLY_ABOVE
    verdict = "the surroundings reveal the class" if above else "the surroundings do not reveal the class"
    return (
        f"Blasts: accuracy {only.accuracy:.1%} with only blasts visible. With blasts masked, "
        f"{without.share_rejected:.0%} are rejected and {right:.1%} of the {answered} others are right: {verdict}."
    )


def _on_heat(audit: Audit) -> Iterable[str]:
    if audit.heat is None:
        return
    heat = audit.heat
    times = heat.inside / max(heat.area, 1e-9)
    verdict = "more than by chance" if times > 1.2 else "about as by chance"
    yield (
        f"Grad-CAM: {heat.inside:.0%} of the heat lies inside blasts, which cover {heat.area:.0%} of the image "
        f"({times:.1f} times as much as by chance): {verdict}."
    )


def _on_sets(audit: Audit) -> Iterable[str]:
    as_taken = describe_useless_sets(audit.row(AS_TAKEN).set_size, audit.classes)
    if as_taken:
        yield as_taken
        return
    useless = [row.probe for row in audit.rows if describe_useless_sets(row.set_size, audit.classes)]
    if useless:
        yield f"The prediction sets are useless, as they hold nearly every class, for: {', '.join(useless)}."


def _worst(audit: Audit, names: Iterable[str]) -> AuditRow:
    return min((audit.row(name) for name in names), key=lambda row: row.accuracy)


def _fall(audit: Audit, row: AuditRow) -> str:
    fall = audit.row(AS_TAKEN).accuracy - row.accuracy
    verdict = "holds" if fall <= _SMALL_FALL else f"falls by {100 * fall:.1f} points"
    return f"accuracy {verdict} ({row.accuracy:.1%})"


def draw_chart(audits: Sequence[Audit], file: Path) -> None:
    """Write a PNG with a bar for each probe and package, and chance as a dashed line.

    The share of rejected images continues a bar in grey.
    """
    names = [row.probe for row in audits[0].rows]
    positions = np.arange(len(names))
    thickness = 0.8 / len(audits)
    figure = Figure(figsize=(9, 1.2 + 0.32 * len(names) * max(1.0, 0.6 * len(audits))), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for index, audit in enumerate(audits):
        offset = (index - (len(audits) - 1) / 2) * thickness
        label = f"{audit.package.name} {audit.package.version} ({audit.recipe})"
        colour = _COLOURS[index % len(_COLOURS)]
        accuracy, rejected = ([getattr(row, name) for row in audit.rows] for name in ("accuracy", "share_rejected"))
        axes.barh(positions + offset, accuracy, thickness, label=label, color=colour)
        axes.barh(
            positions + offset,
            rejected,
            thickness,
            left=accuracy,
            label="" if index else "rejected",
            color=REJECTED_COLOUR,
        )
    axes.axvline(audits[0].chance, color="#555555", linestyle="--", linewidth=1, label="chance")
    axes.set_yticks(positions, names)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("accuracy (a rejected image counts as wrong)")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    figure.savefig(file, dpi=130)
