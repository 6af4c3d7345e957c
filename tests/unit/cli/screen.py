"""Runs of commands on a terminal of a given width."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from dataclasses import dataclass

START = "from blastlens.cli.main import main; main()"
_TOKEN = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])|(.)", re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """What a command left on the screen, and every state of a line on the way there.

    Attributes:
        lines: of the screen at the end, from its first on.
        states: every text that a line had before the cursor left it or it was erased.
        wrapped: how often the terminal broke a line by itself.
        status: exit status of the command.
    """

    lines: tuple[str, ...]
    states: tuple[str, ...]
    wrapped: int
    status: int


def run_in_terminal(columns: int, *arguments: str, **environment: str) -> Shown:
    """Run `blastlens` with stdin, stdout and stderr on a pseudo-terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    usual = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-c", START, *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**usual, "TERM": "xterm", "PYTHONIOENCODING": "utf-8", **environment},
    )
    os.close(slave)
    written = b"".join(_read(master))
    os.close(master)
    return replay(written.decode(), columns, process.wait())


def replay(text: str, columns: int, status: int = 0) -> Shown:
    """Return what a terminal of so many columns shows of a text."""
    lines, states, row, column, wrapped = [""], list[str](), 0, 0, 0
    for found in _TOKEN.finditer(text):
        count, command, letter = found.groups()
        if command == "K":
            states.append(lines[row])
            lines[row] = "" if count == "2" else lines[row][:column]
        elif command == "A":
            row -= int(count or 1)
        elif command or letter == "\r":
            column = 0 if letter else column
        else:
            if letter == "\n" or column == columns:
                wrapped += letter != "\n"
                states.append(lines[row])
                row, column = row + 1, 0
                lines += [""] * (row + 1 - len(lines))
            if letter != "\n":
                lines[row] = lines[row][:column].ljust(column) + letter + lines[row][column + 1 :]
                column += 1
    return Shown(tuple(lines), (*states, *lines), wrapped, status)


def _read(master: int) -> Sequence[bytes]:
    pieces: list[bytes] = []
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # the other end was closed
            return pieces
        if not piece:
            return pieces
        pieces.append(piece)
