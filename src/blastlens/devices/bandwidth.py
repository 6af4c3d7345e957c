"""Reads a stretch of a file no faster than the line may be filled."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO


@dataclass
class Bandwidth:
    """How much may be sent: 0 bytes a second for as fast as it goes.

    Attributes:
        bytes_per_second: the limit.
        monotonic: a clock that nobody sets.
        sleep: waits.
    """

    bytes_per_second: float
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    _free_at: float = 0.0

    def spend(self, size: int) -> None:
        """Wait until `size` more bytes may be sent."""
        if not self.bytes_per_second:
            return
        now = self.monotonic()
        self._free_at = max(self._free_at, now) + size / self.bytes_per_second
        if self._free_at > now:
            self.sleep(self._free_at - now)


@dataclass
class Stretch:
    """A stretch of an open file as a request's body.

    Attributes:
        stream: the file, at the stretch's first byte.
        left: bytes still to be read.
        bandwidth: what holds it back.
    """

    stream: BinaryIO
    left: int
    bandwidth: Bandwidth

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, none at the end."""
        wanted = self.left if size < 0 else min(size, self.left)
        data = self.stream.read(wanted)
        self.left -= len(data)
        self.bandwidth.spend(len(data))
        return data
