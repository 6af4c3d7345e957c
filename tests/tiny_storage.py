"""Minimal S3 server for device tests, with injected failures."""

import base64
import hashlib
import random
import re
import threading
import uuid
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


class TinyStorage:
    """Objects by key. Use as a context manager; `address` is the bucket's.

    Attributes:
        objects: key → bytes.
        metadata: key → what the object was described with, in small letters, without `x-amz-meta-`.
        created: how often each key came to be: more than once is a fault of the device's.
        faults: share of requests that are done and whose answer is lost, and as many that are lost before.
        received: bytes of bodies that came in.
        codes: answers to give before anything else, (status, code) each.
    """

    def __init__(self, faults=0.0, seed=1):
        self.objects: dict[str, bytes] = {}
        self.metadata: dict[str, dict[str, str]] = {}
        self.created: Counter = Counter()
        self.faults = faults
        self.received = 0
        self.codes: list = []
        self.date = None
        self.requests: list = []
        self._parts: dict[str, dict[int, bytes]] = {}
        self._described: dict[str, dict[str, str]] = {}
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def __enter__(self):
        storage = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self):
                storage._serve(self)

            do_PUT = do_POST = do_GET = _serve  # noqa: N815

            def log_message(self, *_):
                pass

            def date_time_string(self, timestamp=None):
                return storage.date or super().date_time_string(timestamp)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/bucket"
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def lose_parts(self):
        """Forget every upload in parts, as S3's lifecycle rule does after days."""
        self._parts.clear()

    def _serve(self, handler):
        length = int(handler.headers.get("content-length") or 0)
        body = handler.rfile.read(length)
        self.received += len(body)
        if len(body) < length or self._random.random() < self.faults:
            handler.close_connection = True
            return
        with self._lock:
            status, code, headers, text = self._answer(handler, body)
        if self._random.random() < self.faults:
            handler.close_connection = True
            return
        if code:
            text = f"<Error><Code>{code}</Code></Error>"
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text.encode())

    def _answer(self, handler, body):
        path = urlsplit(handler.path)
        key, query = unquote(path.path).removeprefix("/bucket/"), parse_qs(path.query, keep_blank_values=True)
        self.requests.append((handler.command, key, dict(handler.headers.items())))
        if self.codes:
            return (*self.codes.pop(0), {}, "")
        if handler.headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
            return 400, "XAmzContentSHA256Mismatch", {}, ""
        if handler.command == "POST" and "uploads" in query:
            multipart_id = uuid.uuid4().hex
            self._parts[multipart_id] = {}
            self._described[multipart_id] = _metadata_of(handler)
            return (
                200,
                "",
                {},
                f"<R xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><UploadId>{multipart_id}</UploadId></R>",
            )
        if "partNumber" in query:
            return self._put_part(handler, query, body)
        if handler.command == "POST":
            return self._complete(handler, key, query["uploadId"][0], body)
        if _digest_of(handler) != hashlib.sha256(body).digest():
            return 400, "BadDigest", {}, ""
        return self._create(handler, key, body, _metadata_of(handler))

    def _put_part(self, handler, query, body):
        parts = self._parts.get(query["uploadId"][0])
        if parts is None:
            return 404, "NoSuchUpload", {}, ""
        if _digest_of(handler) != hashlib.sha256(body).digest():
            return 400, "BadDigest", {}, ""
        parts[int(query["partNumber"][0])] = body
        return 200, "", {"ETag": f'"{hashlib.md5(body).hexdigest()}"'}, ""

    def _complete(self, handler, key, multipart_id, body):
        parts = self._parts.get(multipart_id)
        if parts is None:
            return 404, "NoSuchUpload", {}, ""
        numbers = [int(one) for one in re.findall(rb"<PartNumber>(\d+)</PartNumber>", body)]
        sums = [base64.b64decode(one) for one in re.findall(rb"<ChecksumSHA256>([^<]+)</ChecksumSHA256>", body)]
        if sums != [hashlib.sha256(parts[number]).digest() for number in numbers if number in parts]:
            return 400, "InvalidPart", {}, ""
        data = b"".join(parts[number] for number in numbers)
        answer = self._create(handler, key, data, self._described[multipart_id])
        if answer[0] == 200:
            del self._parts[multipart_id]
        return answer

    def _create(self, handler, key, body, metadata):
        if handler.headers["if-none-match"] == "*" and key in self.objects:
            return 412, "PreconditionFailed", {}, ""
        self.objects[key] = body
        self.metadata[key] = metadata
        self.created[key] += 1
        return 200, "", {}, ""


def _digest_of(handler):
    return base64.b64decode(handler.headers.get("x-amz-checksum-sha256") or "")


def _metadata_of(handler):
    prefix = "x-amz-meta-"
    return {
        name.lower().removeprefix(prefix): value
        for name, value in handler.headers.items()
        if name.lower().startswith(prefix)
    }
