"""Sends one spooled file: whole where it is small, else in parts of which each needs to be sent but once."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from blastlens.cloud.iot.storage import FileChanged, Part, PartsLost
from blastlens.devices.bandwidth import Bandwidth, Stretch
from blastlens.devices.folder import is_still
from blastlens.devices.spool import Spool, SpooledFile

PART_BYTES = 5 * 1024 * 1024
"""S3 takes no smaller part but the last."""

_PIECE = 64 * 1024


class Storage(Protocol):
    """Where files go; `cloud.device_storage.DeviceStorage` is one, and says what its methods raise."""

    def put(self, key: str, body: Stretch, length: int, sha256: str) -> bool:
        """Store an object; False where it lies there already."""

    def begin(self, key: str) -> str:
        """Begin an object in parts."""

    def put_part(self, key: str, multipart_id: str, number: int, body: Stretch, length: int, sha256: str) -> Part:
        """Store a part."""

    def complete(self, key: str, multipart_id: str, parts: list[Part]) -> bool:
        """Make one object of all parts; False where it lies there already."""


@dataclass(frozen=True)
class Sending:
    """Sends files of a folder.

    Attributes:
        folder: the watched folder.
        storage: where they go.
        spool: remembers the parts that arrived.
        bandwidth: how fast.
        part_bytes: size of a part; a file of at most so much goes whole.
    """

    folder: Path
    storage: Storage
    spool: Spool
    bandwidth: Bandwidth
    part_bytes: int = PART_BYTES

    def send(self, file: SpooledFile) -> bool:
        """Bring a file to S3; False where it lay there already, with these very bytes.

        Raises:
            FileChanged: it is not the file any more that was taken.
            FileNotFoundError: it is gone.
            OSError: it cannot be read.
            ServiceFault: S3 refuses; ServiceUnavailable where trying again may help.
        """
        with (self.folder / file.path).open("rb") as stream:
            if not is_still(self.folder, file.path, file.size, file.modified_ns):
                raise FileChanged("the file was written to after it was taken")
            if file.size <= self.part_bytes:
                body = Stretch(stream, file.size, self.bandwidth)
                return self.storage.put(file.object_key, body, file.size, file.sha256)
            return self._send_parts(file, stream)

    def _send_parts(self, file: SpooledFile, stream: BinaryIO) -> bool:
        multipart_id, parts = file.multipart_id, self.spool.parts(file.upload_id)
        if not multipart_id:
            multipart_id, parts = self.storage.begin(file.object_key), []
            self.spool.begin_parts(file.upload_id, multipart_id)
        try:
            for start in range(len(parts) * self.part_bytes, file.size, self.part_bytes):
                part = self._send_part(file, stream, multipart_id, start)
                self.spool.add_part(file.upload_id, part)
                parts.append(part)
            # Each part is as it was read; together they must be as the file was taken.
            if _digest(stream, 0, file.size) != file.sha256:
                raise FileChanged("the file changed while it was sent")
            return self.storage.complete(file.object_key, multipart_id, parts)
        except PartsLost:
            self.spool.begin_parts(file.upload_id, "")
            raise

    def _send_part(self, file: SpooledFile, stream: BinaryIO, multipart_id: str, start: int) -> Part:
        length = min(self.part_bytes, file.size - start)
        sha256 = _digest(stream, start, length)
        stream.seek(start)
        number = start // self.part_bytes + 1
        body = Stretch(stream, length, self.bandwidth)
        return self.storage.put_part(file.object_key, multipart_id, number, body, length, sha256)


def _digest(stream: BinaryIO, start: int, length: int) -> str:
    stream.seek(start)
    digest = hashlib.sha256()
    while length > 0 and (piece := stream.read(min(_PIECE, length))):
        digest.update(piece)
        length -= len(piece)
    return digest.hexdigest()
