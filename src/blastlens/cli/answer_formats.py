"""Answers as JSON objects and as lines for a terminal."""

from typing import Any

from rich.markup import escape

from blastlens.domain.labels import WORDS
from blastlens.domain.prediction import Answer, Prediction
from blastlens.domain.result import Status

_BAR = " ▏▎▍▌▋▊▉█"
BAR_WIDTH = 8


def to_plain_answer(path: str, answer: Answer) -> dict[str, Any]:
    """Convert an answer to one flat JSON object, by the data contract."""
    predicted = answer if isinstance(answer, Prediction) else None
    rejected = None if isinstance(answer, Prediction) else answer
    quality = answer.quality
    return {
        "path": path,
        "status": str(Status.CLASSIFIED if predicted else Status.REJECTED),
        "label": str(predicted.label) if predicted else None,
        "probabilities": {str(label): value for label, value in predicted.probabilities.items()} if predicted else {},
        "prediction_set": [str(label) for label in predicted.prediction_set] if predicted else [],
        "reason": str(rejected.reason) if rejected else None,
        "message": rejected.message if rejected else None,
        "quality": dict(vars(quality)) if quality else None,
        "model": dict(vars(answer.model)),
    }


def format_answer(path: str, answer: Answer) -> str:
    """Format an answer as one line of rich markup, with a bar for each class."""
    name = escape(path)
    if not isinstance(answer, Prediction):
        return f"[yellow]rejected[/]  {name}\n          {answer.reason}: {escape(answer.message)}"
    bars = "  ".join(f"{WORDS[label].short} {format_bar(value)}" for label, value in answer.probabilities.items())
    width = max(len(WORDS[label].title) for label in answer.labels)
    colour = "red" if answer.is_malignant else "green"
    unsure = "" if answer.is_certain else "  [yellow]uncertain: have it read first[/]"
    return f"[{colour}]{WORDS[answer.label].title:<{width}}[/]  {bars}  {name}{unsure}"


def format_bar(probability: float) -> str:
    """Format a probability, 0 to 1, as a bar of fixed width with its percentage."""
    eighths = round(probability * BAR_WIDTH * 8)
    drawn = "█" * (eighths // 8) + (_BAR[eighths % 8] if eighths % 8 else "")
    return f"{drawn:<{BAR_WIDTH}} {probability:>4.0%}"
