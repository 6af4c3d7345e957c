"""Quality measurements of an image in words."""

from blastlens.domain.prediction import Quality

# An image that is classified has passed the limits of imaging/quality.py. Below these values it is near a limit: real
# smears of three laboratories lie above most of them (see `QualityLimits`).
_SHARP = 4.0
_LIGHT = 0.5
_BRIGHT = 0.96
_CLEAR = 0.05
_ENOUGH_STAINED = 0.01
_STEADY = 0.2


def find_quality_words(quality: Quality) -> tuple[str, ...]:
    """Return the words for an image, as keys under `quality` of words/*.toml."""
    light = "dark" if quality.brightness < _LIGHT else "bright" if quality.brightness > _BRIGHT else "well_lit"
    return (
        "sharp" if quality.focus >= _SHARP else "soft",
        "steady" if quality.steadiness >= _STEADY else "moved",
        light,
        "clear" if quality.contrast >= _CLEAR else "faint",
        "many_cells" if quality.stained_fraction >= _ENOUGH_STAINED else "few_cells",
    )
