"""What the numbers of an audit mean, in plain sentences."""

from collections.abc import Iterable

from blastlens.training.audit.findings import Audit, Row
from blastlens.training.audit.probes import (
    AS_TAKEN,
    BLASTS_ALONE,
    HUES,
    LIGHTS,
    NO_BAR,
    NO_BLASTS,
    NO_OTHER_BAR,
    OTHER_BAR,
)
from blastlens.training.audit.shortcuts import BAR, COLOUR, CORNER, NORMALISED

_SMALL_FALL = 0.03
"""A fall of accuracy that is called holding: three points, what the project asks of its own model."""

_CLEARLY_ABOVE = 0.1
_TOO_FEW = 10  # images, for a share of them to mean anything


def conclusions(audit: Audit) -> list[str]:
    """Return sentences on one package, the data first."""
    return [*_on_split(audit), _on_data(audit), _on_colour(audit), _on_bars(audit), _on_blasts(audit), *_on_heat(audit)]


def _on_split(audit: Audit) -> Iterable[str]:
    if audit.like_training is None:
        yield "Whether it learned from some of these images cannot be known."
    elif audit.like_training:
        yield (
            f"{audit.like_training} of these images have a copy or an overlapping field among those it learned from: "
            "on new patients expect less."
        )


def _on_data(audit: Audit) -> str:
    colour, normalised, corner, bar = (audit.row(name).accuracy for name in (COLOUR, NORMALISED, CORNER, BAR))
    return (
        f"The data itself: colour statistics alone reach {colour:.1%} ({normalised:.1%} once colours are normalised), "
        f"a corner without a cell {corner:.1%}, the scale bar's corner {bar:.1%}; chance is {audit.chance:.1%}."
    )


def _on_colour(audit: Audit) -> str:
    hue, light = (_worst(audit, names) for names in (HUES, LIGHTS))
    return (
        f"Colour and light: {_fall(audit, hue)} at the worst turn of the hue, "
        f"{_fall(audit, light)} at the worst change of brightness."
    )


def _on_bars(audit: Audit) -> str:
    without, other = f"Scale bars: {_fall(audit, audit.row(NO_BAR))} without them", audit.row(OTHER_BAR)
    if other.note.startswith(NO_OTHER_BAR):
        return (
            f"{without}; none of its classes lacks a style of bar that another one shows, so that a swap says nothing."
        )
    return f"{without}, {_fall(audit, other)} with those of another class."


def _on_blasts(audit: Audit) -> str:
    alone, without = audit.row(BLASTS_ALONE), audit.row(NO_BLASTS)
    answered = without.images - without.rejected
    right = without.accuracy * without.images / max(answered, 1)
    telling = answered >= _TOO_FEW and right > audit.chance + _CLEARLY_ABOVE
    verdict = "the surroundings give it away" if telling else "nothing that would betray the class, as it should be"
    return (
        f"Blasts: from them alone it is right on {alone.accuracy:.1%}. With them painted over it rejects "
        f"{without.share_rejected:.0%} and is right on {right:.1%} of the {answered} others: {verdict}."
    )


def _on_heat(audit: Audit) -> Iterable[str]:
    if audit.heat is None:
        return
    heat = audit.heat
    times = heat.inside / max(heat.area, 1e-9)
    verdict = "it looks at blasts more than chance would" if times > 1.2 else "that is about chance"
    yield (
        f"Grad-CAM: {heat.inside:.0%} of the heat lies inside blasts, which take {heat.area:.0%} of the image "
        f"({times:.1f} times as much as by chance): {verdict}."
    )


def _worst(audit: Audit, names: Iterable[str]) -> Row:
    return min((audit.row(name) for name in names), key=lambda row: row.accuracy)


def _fall(audit: Audit, row: Row) -> str:
    fall = audit.row(AS_TAKEN).accuracy - row.accuracy
    verdict = "holds" if fall <= _SMALL_FALL else f"falls by {100 * fall:.1f} points"
    return f"accuracy {verdict} ({row.accuracy:.1%})"
