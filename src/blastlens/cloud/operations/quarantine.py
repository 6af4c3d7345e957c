"""Images whose object key violates the contract: listing, finding and renaming."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NoReturn

from botocore.exceptions import ClientError

from blastlens.cloud.service_errors import error_code, service_fault_from, translated_errors
from blastlens.cloud.tables.attributes import to_dynamodb
from blastlens.cloud.tables.items import time_of_text
from blastlens.cloud.tables.paging import read_all_items
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.result import UNREADABLE
from blastlens.domain.upload import MAX_BYTES, UNVERSIONED, Upload

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

RENAMED_TO = "renamed_to"
"""Attribute of a record whose image was copied to a valid key."""

_RENAMED_FROM = "renamed-from"
_PREFIX = "uploads/"


@dataclass(frozen=True)
class QuarantinedImage:
    """An image that was not read because of its key.

    Attributes:
        key_hash: SHA-256 of the key, in hexadecimal. The key itself, which may hold a person's name, is not stored.
        bucket: name of the bucket.
        version_id: S3's version id.
        uploaded_at: when S3 stored it (UTC).
        renamed_to: the valid path of its copy; None until there is one.
        readings: sort keys of its records, one for each model.
    """

    key_hash: str
    bucket: str
    version_id: str
    uploaded_at: datetime
    renamed_to: str | None
    readings: tuple[str, ...]


@dataclass(frozen=True)
class Quarantine:
    """The quarantined images of a stack.

    Nothing is deleted, and every step may be repeated.

    Attributes:
        dynamodb: boto3's client of DynamoDB.
        table: name of the results table.
        s3: boto3's client of S3.
    """

    dynamodb: "DynamoDBClient"
    table: str
    s3: "S3Client"

    def images(self) -> list[QuarantinedImage]:
        """Return every quarantined image, the newest first. Reads the whole table.

        Raises:
            ServiceFault: DynamoDB refused; ServiceUnavailable where trying again may help.
        """
        found: dict[tuple[str, str, str], QuarantinedImage] = {}
        items = read_all_items(
            "find quarantined images",
            self.dynamodb.scan,
            TableName=self.table,
            FilterExpression="begins_with(#upload, :unreadable)",
            ExpressionAttributeNames={"#upload": "upload"},
            ExpressionAttributeValues=to_dynamodb({":unreadable": UNREADABLE}),
        )
        for item in items:
            key_hash, bucket, version = item["upload"].removeprefix(UNREADABLE), item["bucket"], item["version_id"]
            uploaded_at, before = time_of_text(item["uploaded_at"]), found.get((key_hash, bucket, version))
            readings = (*before.readings, item["reading"]) if before else (item["reading"],)
            renamed_to = item.get(RENAMED_TO) or (before.renamed_to if before else None)
            found[key_hash, bucket, version] = QuarantinedImage(
                key_hash, bucket, version, uploaded_at, renamed_to, readings
            )
        return sorted(found.values(), key=lambda image: (image.uploaded_at, image.key_hash), reverse=True)

    def find_key(self, image: QuarantinedImage) -> str:
        """Return the key of an image, which may hold a person's name: do not log it.

        Lists the versions of the bucket until one has the image's hash and version.

        Raises:
            InvalidSettings: the image was deleted.
            ServiceFault: S3 refused; ServiceUnavailable where trying again may help.
        """
        pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=image.bucket, Prefix=_PREFIX)
        with translated_errors("list the bucket's versions"):
            for page in pages:
                for version in page.get("Versions", []):
                    key = version["Key"]
                    is_version = image.version_id in (UNVERSIONED, version["VersionId"])
                    if is_version and hashlib.sha256(key.encode()).hexdigest() == image.key_hash:
                        return key
        raise InvalidSettings("The image is no longer in the bucket: somebody has deleted it, or its days were over.")

    def rename(self, image: QuarantinedImage, upload: Upload) -> str:
        """Copy an image to a valid key, under which it is classified; return its old key.

        The object under the old key stays.

        Raises:
            InvalidSettings: there is another image under the new key, or the image is gone or too large.
            ServiceFault: a service refused; ServiceUnavailable where trying again may help.
        """
        key = self.find_key(image)
        self._copy(image, key, upload)
        self._mark(image, upload.path)
        return key

    def _copy(self, image: QuarantinedImage, key: str, upload: Upload) -> None:
        source = {} if image.version_id == UNVERSIONED else {"VersionId": image.version_id}
        mark = f"{image.key_hash}/{image.version_id}"
        with translated_errors("read a quarantined image"):
            found = self.s3.get_object(Bucket=image.bucket, Key=key, **source)  # type: ignore[arg-type]
            if found["ContentLength"] > MAX_BYTES:
                raise InvalidSettings(
                    f"The image has more than {MAX_BYTES // 1024**2} MiB and would be refused: have it uploaded again."
                )
            data = found["Body"].read()
        with translated_errors("store the renamed image"):
            try:
                self.s3.put_object(
                    Bucket=image.bucket,
                    Key=upload.key,
                    Body=data,
                    Metadata={**found.get("Metadata", {}), _RENAMED_FROM: mark},
                    IfNoneMatch="*",
                )
            except ClientError as error:
                self._refuse_unless_copied(error, image.bucket, upload.key, mark)

    def _refuse_unless_copied(self, error: ClientError, bucket: str, key: str, mark: str) -> None:
        """Pass if a call before this one has made the copy; else raise."""
        if error_code(error) not in ("PreconditionFailed", "412"):
            _refuse(error)
        with translated_errors("look at the new key"):
            metadata = self.s3.head_object(Bucket=bucket, Key=key).get("Metadata", {})
        if metadata.get(_RENAMED_FROM) != mark:
            raise InvalidSettings("There is another image under this key already: choose another upload id.")

    def _mark(self, image: QuarantinedImage, path: str) -> None:
        with translated_errors("record the new key"):
            for reading in image.readings:
                self.dynamodb.update_item(
                    TableName=self.table,
                    Key=to_dynamodb({"upload": f"{UNREADABLE}{image.key_hash}", "reading": reading}),
                    UpdateExpression=f"SET {RENAMED_TO} = :path",
                    ConditionExpression="attribute_exists(#upload)",
                    ExpressionAttributeNames={"#upload": "upload"},
                    ExpressionAttributeValues=to_dynamodb({":path": path}),
                )


def choose(images: Iterable[QuarantinedImage], start: str, version_id: str | None = None) -> QuarantinedImage:
    """Return the image whose hash begins with `start`, of a version if one is named.

    Raises:
        InvalidSettings: there is none, or more than one.
    """
    found = [one for one in images if one.key_hash.startswith(start) and version_id in (None, one.version_id)]
    if not found:
        raise InvalidSettings(
            f"There is no such image in quarantine: {start}. `blastlens quarantine --all` lists them."
        )
    if len(found) > 1:
        versions = ", ".join(one.version_id for one in found)
        raise InvalidSettings(f"Several images begin with {start}: name one by more digits or by --version {versions}.")
    return found[0]


def _refuse(error: ClientError) -> NoReturn:
    raise service_fault_from("store the renamed image", error) from None
