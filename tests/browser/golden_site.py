"""Site with the golden corpus, the reading engine and the shipped worker."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from blastlens.local.cloud import BUILT_PAGE

REPOSITORY = Path(__file__).parents[2]
_EMPTY_PAGE = b"<!doctype html><title>golden corpus</title>"


@contextmanager
def serve_corpus(corpus: Path) -> Iterator[str]:
    """Serve a corpus on a free port, and return the address.

    Args:
        corpus: its folder; below `/golden/`.
    """
    roots = {
        "/golden/": corpus.resolve(),
        "/tests/": REPOSITORY / "tests" / "golden",
        "/reading/": REPOSITORY / "src" / "blastlens" / "web" / "reading",
        "/screening/": BUILT_PAGE / "screening",
    }
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, roots)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def find_worker() -> str:
    """Return the address of the shipped worker."""
    return _address(next(BUILT_PAGE.glob("screening/litert/*/reading-worker.js")))


def find_package(name: str) -> str:
    """Return the address of a shipped package, with a slash at its end."""
    return _address(next(BUILT_PAGE.glob(f"screening/models/{name}/*/manifest.json")).parent) + "/"


def _address(file: Path) -> str:
    return "/" + file.relative_to(BUILT_PAGE).as_posix()


class _Handler(SimpleHTTPRequestHandler):
    """Serves the files of some folders, and an empty page at `/`."""

    def __init__(self, roots: Mapping[str, Path], *arguments: object) -> None:
        self._roots = roots
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        if self.path != "/":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(_EMPTY_PAGE)

    def translate_path(self, path: str) -> str:
        for prefix, folder in self._roots.items():
            if path.startswith(prefix) and ".." not in path:
                return str(folder / path.removeprefix(prefix))
        return str(self._roots["/golden/"] / "missing")

    def log_message(self, format: str, *arguments: object) -> None:
        """Write nothing."""
