"""Lambda's runtime API on this machine: start, restore and one event."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

REQUEST = "11111111-2222-3333-4444-555555555555"

ENVIRONMENT = {
    "RESULTS_TABLE": "results",
    "CONTENTS_TABLE": "contents",
    "UPLOAD_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/uploads",
    "UPLOAD_DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/dead",
    "UPLOAD_MAX_RECEIVES": "5",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "any",
    "AWS_SECRET_ACCESS_KEY": "any",
    "AWS_LAMBDA_FUNCTION_NAME": "classify",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
    "POWERTOOLS_TRACE_DISABLED": "true",
    "POWERTOOLS_METRICS_NAMESPACE": "blastlens",
}
NOTHING_TO_DO = json.loads((Path(__file__).parents[3] / "events" / "sqs-test-event.json").read_text("utf-8"))
"""What S3 sends when a bucket is set up: answered without a call of any service."""


class RuntimeApi(ThreadingHTTPServer):
    """Speaks the runtime API for one life of one function.

    Attributes:
        calls: what the function asked, in order: method and path without what is the same for all.
        answer: what it answered the event with; None before.
        answered: set once it has, or reported an error.
        restore: set to have a function that waits for it be restored.
    """

    daemon_threads = True

    def __init__(self, event: object) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.event = json.dumps(event).encode()
        self.calls: list[str] = []
        self.answer: Any = None
        self.answered, self.restore, self.waiting = threading.Event(), threading.Event(), threading.Event()

    @property
    def address(self) -> str:
        """Host and port, as AWS_LAMBDA_RUNTIME_API has them."""
        return f"127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: RuntimeApi
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        call = self._note()
        if call == "GET restore/next":
            self.server.waiting.set()
            self.server.restore.wait(60)
            self._send(200, b"{}")
        elif self.server.answered.is_set():
            time.sleep(60)  # like Lambda, which freezes a function that waits for its next event
        else:
            self._send(200, self.server.event, {"Lambda-Runtime-Aws-Request-Id": REQUEST, **_DEADLINE})

    def do_POST(self) -> None:
        call = self._note()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._send(202, b"{}")
        self.server.answer = json.loads(body) if call.endswith("/response") else {"error": call, "body": body.decode()}
        self.server.answered.set()

    def log_message(self, *_: object) -> None:
        """Write no request log."""

    def _note(self) -> str:
        call = f"{self.command} {self.path.removeprefix('/2018-06-01/runtime/').replace(REQUEST, 'ID')}"
        self.server.calls.append(call)
        return call

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Content-Type": "application/json"}.items():
            self.send_header(name, value)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


_DEADLINE = {
    "Lambda-Runtime-Deadline-Ms": str(2**42),  # in the year 2109
    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:classify:live",
    "Lambda-Runtime-Trace-Id": "",
}


@contextmanager
def runtime_api(event: object) -> Iterator[RuntimeApi]:
    """Serve until the block ends."""
    api = RuntimeApi(event)
    thread = threading.Thread(target=api.serve_forever, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        api.restore.set()
        api.shutdown()
        api.server_close()
