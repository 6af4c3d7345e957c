"""Judgement of the mean size of prediction sets."""

_NEARLY_ALL = 0.75
"""Share of the further classes that useless sets hold: 3.25 of 4 classes on average, or 1.75 of 2."""


def describe_useless_sets(mean_size: float | None, classes: int) -> str | None:
    """Return a sentence if sets hold nearly every class, so that they tell nothing; else None.

    Args:
        mean_size: mean number of labels in the sets; None or NaN where no image was answered.
        classes: number of classes of the model.
    """
    if mean_size is None or not mean_size >= 1 + _NEARLY_ALL * (classes - 1):
        return None
    return f"The prediction sets are useless: they hold {mean_size:.1f} of {classes} classes on average."
