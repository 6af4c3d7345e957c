"""TCP proxy on loopback with dropped, stalled and reset connections."""

import contextlib
import random
import selectors
import socket
import struct
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_PIECE = 16 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_LONGEST_IDLE_SECONDS = 60.0


@dataclass
class FlakyProxy:
    """Forwards connections to a server on this machine, some with a fault.

    A context manager.

    Attributes:
        target_port: port of the server.
        faults: share of connections with a fault, for each of three kinds.
        stall_seconds: longest pause of a stalled connection.
        seed: seed of the faults.
        port: port of the proxy, once it runs.
        bytes_up: number of bytes that clients have sent.
        met: number of faults of each kind: `dropped`, `stalled`, `reset`.
    """

    target_port: int
    faults: float
    stall_seconds: float = 2.0
    seed: int = 1
    port: int = 0
    bytes_up: int = 0
    met: dict[str, int] = field(default_factory=lambda: {"dropped": 0, "stalled": 0, "reset": 0})
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        """Start listening on a free port."""
        self._random = random.Random(self.seed)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name="flaky", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            with self._lock:
                draw, place = self._random.random(), self._random.randrange(200_000)
            fates = ("dropped", "stalled", "reset")
            number = int(draw / self.faults) if self.faults else len(fates)
            fate = fates[number] if number < len(fates) else ""
            threading.Thread(target=self._serve, args=(caller, fate, place), daemon=True).start()

    def _serve(self, caller: socket.socket, fate: str, place: int) -> None:
        with contextlib.suppress(OSError), caller:
            if fate == "dropped":
                self._meet(fate)
                return
            with socket.create_connection(("127.0.0.1", self.target_port)) as server:
                self._pass(caller, server, fate, place)

    def _pass(self, caller: socket.socket, server: socket.socket, fate: str, place: int) -> None:
        """Forward bytes both ways until one side ends.

        The fault comes after `place` bytes of the client.
        """
        passed, other = 0, {caller: server, server: caller}
        with selectors.DefaultSelector() as selector:
            for one in other:
                selector.register(one, selectors.EVENT_READ)
            while events := selector.select(_LONGEST_IDLE_SECONDS):
                for key, _ in events:
                    source = caller if key.fileobj is caller else server
                    data = source.recv(_PIECE)
                    if not data or self._stop.is_set():
                        return
                    if source is caller:
                        passed += len(data)
                        with self._lock:
                            self.bytes_up += len(data)
                        if fate and passed > place:
                            self._meet(fate)
                            if fate == "reset":
                                for end in other:
                                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                                return
                            self._stop.wait(self.stall_seconds)
                            fate = ""
                    other[source].sendall(data)

    def _meet(self, fate: str) -> None:
        with self._lock:
            self.met[fate] += 1
