"""Shows long work in a terminal."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.progress import track

if TYPE_CHECKING:
    from blastlens.training.progress import Progress

Item = TypeVar("Item")


class TerminalWatcher:
    """Shows a training in a terminal: one line that moves within an epoch, one that stays after it."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, sentence: str) -> None:
        """Print what begins now."""
        self._console.print(sentence)

    def track(self, items: Sequence[Item]) -> Iterable[Item]:
        """Show a bar over what is being worked through."""
        return track(items, "working", console=self._console, transient=True)

    def step(self, progress: "Progress") -> None:
        """Show one training step."""
        last = progress.step == progress.steps
        if not last and not self._console.is_terminal:
            return
        line = (
            f"{progress.part}  epoch {progress.epoch:>3}/{progress.epochs}  {progress.size} px  "
            f"step {progress.step}/{progress.steps}  loss {progress.loss:.4f}  "
            f"{progress.measure} {progress.accuracy:.4f}"
        )
        self._console.print(line, end="\n" if last else "\r")
