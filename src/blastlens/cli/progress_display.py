"""Progress of a training in a terminal."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.progress import track

if TYPE_CHECKING:
    from blastlens.training.progress import Progress
    from blastlens.training.time_left import RemainingTime

Item = TypeVar("Item")

_WIDEST = len("less than a minute left")


class TerminalProgress:
    """Shows a training in a terminal: one line that is rewritten within an epoch and kept after it.

    Args:
        console: where it is printed.
        remaining: estimates the time left, over all phases; None shows no time.
    """

    def __init__(self, console: Console, remaining: "RemainingTime | None" = None) -> None:
        self._console = console
        self._remaining = remaining

    def message(self, text: str) -> None:
        """Print a sentence."""
        self._console.print(text)
        if self._remaining:
            self._remaining.restart()

    def track(self, items: Sequence[Item]) -> Iterable[Item]:
        """Yield the items and show a progress bar."""
        return track(items, "working", console=self._console, transient=True)

    def step(self, progress: "Progress") -> None:
        """Show one training step; outside of a terminal, only the last of each epoch."""
        seconds = self._remaining.update(progress) if self._remaining else None
        last = progress.step == progress.steps
        if not last and not self._console.is_terminal:
            return
        left = f"{duration(seconds)} left".ljust(_WIDEST) + "  " if seconds else ""
        line = (
            f"{progress.phase}  epoch {progress.epoch:>3}/{progress.epochs}  {progress.size} px  "
            f"step {progress.step}/{progress.steps}  {left}loss {progress.loss:.4f}  "
            f"{progress.metric} {progress.score:.4f}"
        )
        # A line that wraps cannot be rewritten.
        self._console.print(line, end="\n" if last else "\r", soft_wrap=last, no_wrap=True, overflow="crop")


def duration(seconds: float) -> str:
    """Return a duration for people, rounded up to minutes: "less than a minute", "about 2 h 5 min"."""
    if seconds < 60:
        return "less than a minute"
    hours, minutes = divmod(-int(-seconds // 60), 60)
    return "about " + " ".join([*([f"{hours} h"] if hours else []), *([f"{minutes} min"] if minutes else [])])
