"""A server that runs in a background thread."""

import threading
from socketserver import BaseServer


class Serving:
    """A running server.

    Args:
        server: a server that listens already.
        name: name of its thread, for debugging.
    """

    def __init__(self, server: BaseServer, name: str) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, name=name, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Finish open requests and free the address."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
