"""Upload of one spooled file, in parts if it is large."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from blastlens.cloud.iot.storage import FileChanged, Part, PartsLost
from blastlens.devices.bandwidth import Bandwidth, FileSection
from blastlens.devices.folder import is_unchanged
from blastlens.devices.screening import Screening
from blastlens.devices.spool import Spool
from blastlens.devices.spooled_file import SpooledFile
from blastlens.domain.declared_examination import make_examination_metadata
from blastlens.domain.declared_time import make_time_metadata, to_file_time
from blastlens.domain.upload import parse_key

PART_BYTES = 5 * 1024 * 1024
"""Smallest part that S3 accepts, except for the last."""

_CHUNK = 64 * 1024


class Storage(Protocol):
    """Target of uploads.

    `cloud.iot.storage.DeviceStorage` documents the errors of the methods.
    """

    def put(self, key: str, body: FileSection, length: int, sha256: str, metadata: Mapping[str, str]) -> bool:
        """Store an object; False if it exists already."""

    def begin(self, key: str, metadata: Mapping[str, str]) -> str:
        """Begin a multipart upload and return its id."""

    def put_part(self, key: str, multipart_id: str, number: int, body: FileSection, length: int, sha256: str) -> Part:
        """Store a part."""

    def complete(self, key: str, multipart_id: str, parts: list[Part]) -> bool:
        """Combine all parts to one object; False if it exists already."""


@dataclass(frozen=True)
class Uploader:
    """Uploads files of a folder.

    Attributes:
        folder: the watched folder.
        storage: target of the uploads.
        spool: stores which parts were sent; each part is sent once.
        bandwidth: limit of the rate.
        part_bytes: size of a part; a file of at most this size is sent in one request.
        screening: screens each file before; None for none.
    """

    folder: Path
    storage: Storage
    spool: Spool
    bandwidth: Bandwidth
    part_bytes: int = PART_BYTES
    screening: Screening | None = None

    def upload(self, file: SpooledFile) -> bool:
        """Upload a file to S3; False if the same bytes exist there already.

        Raises:
            FileChanged: the file changed after it was checked.
            FileNotFoundError: the file was removed.
            OSError: it cannot be read.
            ServiceFault: S3 refuses; ServiceUnavailable if a retry may help.
        """
        with (self.folder / file.path).open("rb") as stream:
            if not is_unchanged(self.folder, file.path, file.size, file.modified_ns):
                raise FileChanged("the file changed after it was checked")
            if file.size <= self.part_bytes:
                body = FileSection(stream, file.size, self.bandwidth)
                return self.storage.put(file.object_key, body, file.size, file.sha256, self._metadata(file))
            return self._send_parts(file, stream)

    def _send_parts(self, file: SpooledFile, stream: BinaryIO) -> bool:
        multipart_id, parts = file.multipart_id, self.spool.parts(file.upload_id)
        if not multipart_id:
            multipart_id, parts = self.storage.begin(file.object_key, self._metadata(file)), []
            self.spool.begin_parts(file.upload_id, multipart_id)
        try:
            for start in range(len(parts) * self.part_bytes, file.size, self.part_bytes):
                part = self._send_part(file, stream, multipart_id, start)
                self.spool.add_part(file.upload_id, part)
                parts.append(part)
            # Each part has its own digest; together they must have the digest of the checked file.
            if _hash_section(stream, 0, file.size) != file.sha256:
                raise FileChanged("the file changed while it was sent")
            return self.storage.complete(file.object_key, multipart_id, parts)
        except PartsLost:
            self.spool.begin_parts(file.upload_id, "")
            raise

    def _metadata(self, file: SpooledFile) -> dict[str, str]:
        is_alone = parse_key(file.object_key).examination_id is None
        fields = 1 if is_alone else self.spool.examinations.fields_if_last(file.upload_id)
        metadata = make_time_metadata(to_file_time(self.spool.first_modified_ns(file)))
        metadata |= {} if self.screening is None else self.screening.metadata_of(file)
        return metadata if fields is None else metadata | make_examination_metadata(fields)

    def _send_part(self, file: SpooledFile, stream: BinaryIO, multipart_id: str, start: int) -> Part:
        length = min(self.part_bytes, file.size - start)
        sha256 = _hash_section(stream, start, length)
        stream.seek(start)
        number = start // self.part_bytes + 1
        body = FileSection(stream, length, self.bandwidth)
        return self.storage.put_part(file.object_key, multipart_id, number, body, length, sha256)


def _hash_section(stream: BinaryIO, start: int, length: int) -> str:
    stream.seek(start)
    digest = hashlib.sha256()
    while length > 0 and (chunk := stream.read(min(_CHUNK, length))):
        digest.update(chunk)
        length -= len(chunk)
    return digest.hexdigest()
