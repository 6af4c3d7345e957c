"""S3 as far as we use it: one versioned bucket after another, in memory."""

import io
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.memory.answers import refusal


@dataclass(frozen=True)
class StoredVersion:
    """One version of one object."""

    version_id: str
    data: bytes
    modified: datetime
    metadata: dict[str, str]


@dataclass
class MemoryObjects:
    """Stands in for boto3's S3 client; every bucket is there and keeps versions.

    Attributes:
        clock: tells the time (UTC).
    """

    clock: Callable[[], datetime]
    _versions: dict[tuple[str, str], list[StoredVersion]] = field(default_factory=dict)
    _made: int = 0

    def put_object(
        self, Bucket: str, Key: str, Body: bytes, ContentType: str = "", Metadata: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Add a version."""
        self._made += 1
        modified = self.clock().replace(microsecond=0)
        version = StoredVersion(f"version-{self._made}", bytes(Body), modified, dict(Metadata or {}))
        self._versions.setdefault((Bucket, Key), []).append(version)
        return {"VersionId": version.version_id}

    def get_object(self, Bucket: str, Key: str, VersionId: str | None = None) -> dict[str, Any]:
        """Hand out one version, the newest where none is named."""
        versions = self._versions.get((Bucket, Key), [])
        found = [one for one in versions if VersionId in (None, one.version_id)]
        if not found:
            raise refusal("NoSuchKey" if VersionId is None else "NoSuchVersion", "GetObject", 404)
        newest = found[-1]
        answer = {"ContentLength": len(newest.data), "LastModified": newest.modified, "Metadata": newest.metadata}
        return {"Body": closing(io.BytesIO(newest.data)), **answer}

    def delete_object(self, Bucket: str, Key: str, VersionId: str) -> dict[str, Any]:
        """Remove one version for good."""
        versions = self._versions.get((Bucket, Key), [])
        versions[:] = [one for one in versions if one.version_id != VersionId]
        return {}

    def delete_objects(self, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:
        """Remove several versions for good; those that are gone are no errors."""
        for one in Delete["Objects"]:
            self.delete_object(Bucket, **one)
        return {}

    def list_object_versions(self, Bucket: str, Prefix: str) -> dict[str, Any]:
        """Name every version under a prefix, the newest of each key first."""
        found = [
            {
                "Key": key,
                "VersionId": one.version_id,
                "LastModified": one.modified,
                "Size": len(one.data),
                "IsLatest": one is versions[-1],
            }
            for (bucket, key), versions in sorted(self._versions.items())
            for one in reversed(versions)
            if bucket == Bucket and key.startswith(Prefix)
        ]
        return {"Versions": found, "IsTruncated": False}

    def list_multipart_uploads(self, Bucket: str, Prefix: str) -> dict[str, Any]:
        """Name the multipart uploads that were begun: none."""
        return {}

    def list_objects_v2(self, Bucket: str, Prefix: str) -> dict[str, Any]:
        """Name the objects under a prefix."""
        keys = sorted(key for bucket, key in self._versions if bucket == Bucket and key.startswith(Prefix))
        return {"Contents": [{"Key": key} for key in keys if self._versions[Bucket, key]]}
