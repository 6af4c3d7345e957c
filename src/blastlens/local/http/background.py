"""Serves in the background, from a thread of its own, until told to end."""

import threading
from socketserver import BaseServer


class Serving:
    """A server at work.

    Args:
        server: listens already.
        name: of its thread, for whoever looks at a hanging process.
    """

    def __init__(self, server: BaseServer, name: str) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, name=name, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """InvocationResult what is under way, and free the address."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
