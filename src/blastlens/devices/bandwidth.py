"""Limit of the upload rate."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO


@dataclass
class Bandwidth:
    """Limit of the upload rate.

    Attributes:
        bytes_per_second: the limit; 0 for no limit.
        monotonic: monotonic clock, in seconds.
        sleep: waits for a number of seconds.
    """

    bytes_per_second: float
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    _free_at: float = 0.0

    def wait_for(self, size: int) -> None:
        """Wait until `size` more bytes may be sent."""
        if not self.bytes_per_second:
            return
        now = self.monotonic()
        self._free_at = max(self._free_at, now) + size / self.bytes_per_second
        if self._free_at > now:
            self.sleep(self._free_at - now)


@dataclass
class FileSection:
    """Section of an open file as a request's body.

    Attributes:
        stream: the file, at the section's first byte.
        left: bytes still to be read.
        bandwidth: limit of the rate.
    """

    stream: BinaryIO
    left: int
    bandwidth: Bandwidth

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes; none at the end."""
        wanted = self.left if size < 0 else min(size, self.left)
        data = self.stream.read(wanted)
        self.left -= len(data)
        self.bandwidth.wait_for(len(data))
        return data
