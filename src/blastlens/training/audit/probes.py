"""The questions put to a model: each a change of the image, a name, and what to read from the answer."""

from dataclasses import dataclass
from functools import partial

from blastlens.training.audit import perturbations as perturb
from blastlens.training.audit.perturbations import Change


@dataclass(frozen=True)
class Probe:
    """A change with its name and a sentence on what to read from it."""

    name: str
    change: Change
    note: str


AS_TAKEN = "images as they are"
GREY = "greyscale"
NO_BAR = "scale bar masked"
OTHER_BAR = "scale bar of another class"
NO_OTHER_BAR = "It says nothing here: none of these classes shows a bar in a style that another one lacks."
BLASTS_ALONE = "all but the blasts masked"
NO_BLASTS = "blasts masked"
_HUES = {by: f"hue turned by {by:+d}" for by in (-10, -5, 5, 10)}
HUES = tuple(_HUES.values())
LIGHTS = tuple(f"brightness {by} % ({how})" for how in ("multiplied", "added") for by in ("-15", "+15"))

PROBES: tuple[Probe, ...] = (
    Probe(AS_TAKEN, perturb.as_taken, "The way it serves, for comparison."),
    Probe(GREY, perturb.grey, "Without colour no stain can be found: an honest model rejects, and does not guess."),
    Probe(NO_BAR, perturb.without_bar, "The bar's style follows the class in this data; a model needs none of it."),
    Probe(OTHER_BAR, perturb.with_other_bar, "A model that reads the bar is led astray here."),
    Probe(BLASTS_ALONE, perturb.blasts_alone, "What the blasts by themselves say."),
    Probe(
        NO_BLASTS,
        perturb.without_blasts,
        "Nothing to read is left: above chance means that the surroundings give it away.",
    ),
    *(
        Probe(name, partial(perturb.turned_hue, by=by), "Another stain lot or white balance.")
        for by, name in _HUES.items()
    ),
    Probe(LIGHTS[0], partial(perturb.lit, factor=0.85), "A dimmer lamp."),
    Probe(LIGHTS[1], partial(perturb.lit, factor=1.15), "A brighter lamp; light parts are clipped."),
    Probe(LIGHTS[2], partial(perturb.lit, added=-0.15), "A camera with another black level."),
    Probe(LIGHTS[3], partial(perturb.lit, added=0.15), "A camera with another black level; light parts are clipped."),
    Probe("saturation -20 %", partial(perturb.saturated, factor=0.8), "A paler stain."),
    Probe("saturation +20 %", partial(perturb.saturated, factor=1.2), "A deeper stain."),
    Probe("blur of 1 pixel", perturb.blurred, "Slightly out of focus."),
    *(
        Probe(f"moved by {length} of 224 pixels", partial(perturb.moved, length=length), "A stage not yet at rest.")
        for length in (8, 16, 24)
    ),
    Probe(
        "stretched across by a third",
        partial(perturb.stretched, across=True),
        "A square camera: see docs/adr/0031.",
    ),
    Probe(
        "stretched down by a third",
        partial(perturb.stretched, across=False),
        "A camera of 16:9: see docs/adr/0031.",
    ),
    Probe("JPEG of quality 30", perturb.compressed, "Sent through a messenger."),
)
"""Every change, in the order of the table."""
