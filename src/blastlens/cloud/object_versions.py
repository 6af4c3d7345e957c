"""Versions and delete markers of objects: list, read, delete."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from blastlens.cloud.service_errors import translated_errors
from blastlens.domain.errors import ServiceFault
from blastlens.domain.upload import ObjectVersion

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectVersionsOutputTypeDef

DELETED_AT_ONCE = 1000
"""How many versions S3 deletes in one request."""

_CHUNK_BYTES = 1024**2


@dataclass(frozen=True)
class StoredVersion:
    """One version of an object, or a delete marker.

    Attributes:
        source: bucket, key, version id and size; a delete marker has 0 bytes.
        stored_at: when S3 stored it (UTC).
        is_current: whether it is what a request without a version id reads.
        is_marker: whether it is a delete marker.
    """

    source: ObjectVersion
    stored_at: datetime
    is_current: bool
    is_marker: bool = False


@dataclass(frozen=True)
class ObjectVersions:
    """The bucket's objects with all their versions, through a boto3 S3 client, which threads may share.

    Every method raises ServiceFault if S3 refuses, and ServiceUnavailable where a retry may help.
    """

    client: "S3Client"
    bucket: str

    def under(self, prefix: str) -> Iterator[StoredVersion]:
        """Yield every version and delete marker whose key begins with `prefix`, in the order of keys by pages."""
        start: dict[str, str] = {}
        while True:
            with translated_errors("list object versions"):
                page = self.client.list_object_versions(Bucket=self.bucket, Prefix=prefix, **start)  # type: ignore[arg-type]
            yield from self._versions(page)
            if not page.get("IsTruncated"):
                return
            start = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}

    def save(self, version: StoredVersion, path: Path) -> None:
        """Write the bytes of a version to a file, a piece at a time."""
        source = version.source
        with translated_errors("read an object"), path.open("wb") as file:
            response = self.client.get_object(Bucket=self.bucket, Key=source.key, VersionId=source.version_id)
            with closing(response["Body"]) as body:
                for piece in body.iter_chunks(_CHUNK_BYTES):
                    file.write(piece)

    def delete(self, versions: Iterator[StoredVersion]) -> Iterator[int]:
        """Delete versions and delete markers for good; yield after each request how many it deleted.

        Deleting a version that is deleted already succeeds.

        Raises:
            ServiceFault: S3 kept some of them; the message does not name them, because a key holds a patient's id.
        """
        while batch := list(islice(versions, DELETED_AT_ONCE)):
            self._delete_batch(batch)
            yield len(batch)

    def abort_unfinished_uploads(self, prefix: str) -> int:
        """Abort the multipart uploads under `prefix` that were begun and not completed; return how many there were."""
        aborted = 0
        with translated_errors("abort unfinished uploads"):
            # Aborted ones are gone from the next list.
            while found := self.client.list_multipart_uploads(Bucket=self.bucket, Prefix=prefix).get("Uploads", []):
                for one in found:
                    self.client.abort_multipart_upload(Bucket=self.bucket, Key=one["Key"], UploadId=one["UploadId"])
                aborted += len(found)
        return aborted

    def _versions(self, page: "ListObjectVersionsOutputTypeDef") -> Iterator[StoredVersion]:
        for one in page.get("Versions", []):
            source = ObjectVersion(self.bucket, one["Key"], one["VersionId"], size=one["Size"])
            yield StoredVersion(source, one["LastModified"].astimezone(UTC), one["IsLatest"])
        for marker in page.get("DeleteMarkers", []):
            source = ObjectVersion(self.bucket, marker["Key"], marker["VersionId"], size=0)
            yield StoredVersion(source, marker["LastModified"].astimezone(UTC), marker["IsLatest"], is_marker=True)

    def _delete_batch(self, batch: Sequence[StoredVersion]) -> None:
        objects = [{"Key": one.source.key, "VersionId": one.source.version_id} for one in batch]
        with translated_errors("delete object versions"):
            answer = self.client.delete_objects(
                Bucket=self.bucket,
                Delete={"Objects": objects, "Quiet": True},  # type: ignore[typeddict-item]
            )
        if errors := answer.get("Errors", []):
            code = errors[0].get("Code", "unknown error")
            raise ServiceFault(f"could not delete {len(errors)} of {len(batch)} object versions: {code}", code)
