"""Images in S3: fetching and storing them, and signing forms and links."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

from botocore.exceptions import ClientError

from blastlens.cloud.service_errors import error_code, service_fault_from, translated_errors
from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.upload import UNVERSIONED, ObjectVersion, Upload, refuse_if_too_large

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, ObjectTypeDef

_CONTENT_TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "bmp": "image/bmp",
    "tif": "image/tiff",
    "tiff": "image/tiff",
}

# A request for the version of a delete marker fails with MethodNotAllowed.
_MISSING = frozenset({"NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "404"})


@dataclass(frozen=True)
class FetchedImage:
    """An upload's bytes, when S3 stored them (UTC), and its metadata by keys in lower case."""

    data: bytes
    uploaded_at: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class UploadForm:
    """A presigned form for one upload.

    The fields are posted as multipart form data, with the file as the last field.
    """

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class UploadLink:
    """A presigned address for one upload, which is sent with exactly these headers."""

    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class ImageStore:
    """Reads and writes objects with a boto3 S3 client, which threads may share."""

    client: "S3Client"

    def fetch(self, source: ObjectVersion, limit_bytes: int) -> FetchedImage:
        """Read the version that `source` names.

        Read the current version if it names none ("null").

        Raises:
            UploadRefused: OBJECT_MISSING, or TOO_MANY_BYTES before the download.
            ServiceFault: S3 refused; ServiceUnavailable where trying again may help.
        """
        refuse_if_too_large(source.size, limit_bytes)
        response = self._get(source)
        with translated_errors("read an image"), response["Body"] as body:
            refuse_if_too_large(response["ContentLength"], limit_bytes)
            metadata = {name.lower(): value for name, value in response.get("Metadata", {}).items()}
            return FetchedImage(body.read(), response["LastModified"].astimezone(UTC), metadata)

    def put_artifact(self, bucket: str, key: str, data: bytes, content_type: str) -> None:
        """Store an artifact; storing it again only adds a version.

        Raises:
            ServiceFault: S3 refused; ServiceUnavailable where trying again may help.
        """
        with translated_errors("store an artifact"):
            self.client.put_object(Bucket=bucket, Key=key, Body=data, ContentType=content_type)

    def stored_at(self, bucket: str, upload: Upload) -> datetime | None:
        """Return when S3 stored an upload (UTC), with any extension.

        Returns None where nothing has arrived.

        Raises:
            ServiceFault: S3 refused; ServiceUnavailable where trying again may help.
        """
        found = self._find(bucket, upload)
        return None if found is None else found["LastModified"].astimezone(UTC)

    def stored_extension(self, bucket: str, upload: Upload) -> str | None:
        """Return the extension with which S3 has an upload; None where nothing has arrived.

        Raises:
            ServiceFault: S3 refused; ServiceUnavailable where trying again may help.
        """
        found = self._find(bucket, upload)
        return None if found is None else found["Key"].rpartition(".")[2]

    def upload_form(
        self,
        bucket: str,
        upload: Upload,
        limit_bytes: int,
        seconds: int,
        metadata: Mapping[str, str] | None = None,
    ) -> UploadForm:
        """Return a presigned form for one file of 1 to `limit_bytes` bytes, which S3 stores with `metadata`.

        Raises:
            ServiceFault: there are no credentials to sign with.
        """
        fields = {f"x-amz-meta-{name}": value for name, value in (metadata or {}).items()}
        conditions = [["content-length-range", 1, limit_bytes], *({name: value} for name, value in fields.items())]
        with translated_errors("sign an upload"):
            post = self.client.generate_presigned_post(
                bucket, upload.key, Fields=fields, Conditions=conditions, ExpiresIn=seconds
            )
        return UploadForm(post["url"], post["fields"])

    def upload_link(
        self, bucket: str, upload: Upload, content_length: int, seconds: int, metadata: Mapping[str, str] | None = None
    ) -> UploadLink:
        """Return a presigned address for one file of exactly `content_length` bytes, which S3 stores with `metadata`.

        Its signature covers the length, and the condition that there is no object of this key: S3 refuses another file
        for the same upload with 412. A form cannot have that condition.

        Raises:
            ServiceFault: there are no credentials to sign with.
        """
        named = {f"x-amz-meta-{name}": value for name, value in (metadata or {}).items()}
        headers = {"If-None-Match": "*", "Content-Type": content_type_of(upload.extension), **named}
        asked = {
            "Bucket": bucket,
            "Key": upload.key,
            "ContentLength": content_length,
            "ContentType": headers["Content-Type"],
            "IfNoneMatch": "*",
            "Metadata": dict(metadata or {}),
        }
        with translated_errors("sign an upload"):
            url = self.client.generate_presigned_url("put_object", Params=asked, ExpiresIn=seconds)
        return UploadLink(url, headers)

    def link(self, source: ObjectVersion, filename: str, content_type: str, seconds: int) -> str:
        """Return a presigned address of one version of an object, which a browser shows instead of saving.

        S3 answers with `content_type`, whatever the sender of the object wrote: a browser must not run it.

        Args:
            source: the object and its version, the current one where it names none ("null").
            filename: name of the file, should it be saved; no id in it is a person's.
            content_type: media type of the answer.
            seconds: how long the address is valid.

        Raises:
            ServiceFault: there are no credentials to sign with.
        """
        asked = {
            "Bucket": source.bucket,
            "Key": source.key,
            "ResponseContentDisposition": f'inline; filename="{filename}"',
            "ResponseContentType": content_type,
            "ResponseCacheControl": "no-store",
        }
        if source.version_id != UNVERSIONED:
            asked["VersionId"] = source.version_id
        with translated_errors("sign a link"):
            return self.client.generate_presigned_url("get_object", Params=asked, ExpiresIn=seconds)

    def read_artifact(self, bucket: str, key: str) -> bytes | None:
        """Return an artifact; None where it is deleted.

        Raises:
            ServiceFault: S3 refused; ServiceUnavailable where trying again may help.
        """
        with translated_errors("read an artifact"):
            try:
                with self.client.get_object(Bucket=bucket, Key=key)["Body"] as body:
                    return body.read()
            except ClientError as error:
                if error_code(error) in _MISSING:
                    return None
                raise service_fault_from("read an artifact", error) from None

    def _find(self, bucket: str, upload: Upload) -> "ObjectTypeDef | None":
        """Return the first object of an upload, with any extension."""
        with translated_errors("find an image"):
            prefix = upload.key.removesuffix(upload.extension)
            found = self.client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("Contents", [])
        return found[0] if found else None

    def _get(self, source: ObjectVersion) -> "GetObjectOutputTypeDef":
        with translated_errors("read an image"):
            try:
                if source.version_id == UNVERSIONED:
                    return self.client.get_object(Bucket=source.bucket, Key=source.key)
                return self.client.get_object(Bucket=source.bucket, Key=source.key, VersionId=source.version_id)
            except ClientError as error:
                _refuse_if_missing(error)


def content_type_of(extension: str) -> str:
    """Return the media type of images with an extension of the contract, in lower or upper case."""
    return _CONTENT_TYPES[extension.lower()]


def _refuse_if_missing(error: ClientError) -> NoReturn:
    if error_code(error) in _MISSING:
        raise UploadRefused(
            Reason.OBJECT_MISSING, "The image was deleted before it could be read: upload it again."
        ) from None
    raise service_fault_from("read an image", error) from None
