"""An audit as a picture."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from blastlens.training.audit.findings import Audit

_COLOURS = ("#8c6bb1", "#2a9d8f", "#e9a03b", "#c8553d", "#577590")


def draw_chart(audits: Sequence[Audit], file: Path) -> None:
    """Write a PNG with one bar a probe and package, and chance as a dashed line."""
    names = [row.probe for row in audits[0].rows]
    places = np.arange(len(names))
    thickness = 0.8 / len(audits)
    figure = Figure(figsize=(9, 1.2 + 0.32 * len(names) * max(1.0, 0.6 * len(audits))), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for index, audit in enumerate(audits):
        offset = (index - (len(audits) - 1) / 2) * thickness
        label = f"{audit.package.name} {audit.package.version} ({audit.recipe})"
        colour = _COLOURS[index % len(_COLOURS)]
        axes.barh(places + offset, [row.accuracy for row in audit.rows], thickness, label=label, color=colour)
    axes.axvline(audits[0].chance, color="#555555", linestyle="--", linewidth=1, label="chance")
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("accuracy (a rejected image counts as wrong)")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    figure.savefig(file, dpi=130)
