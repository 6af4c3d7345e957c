"""Images in S3: fetching uploads, signing upload forms, storing artifacts."""

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
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

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
        with translated_errors("find an image"):
            prefix = upload.key.removesuffix(upload.extension)
            found = self.client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("Contents", [])
        return found[0]["LastModified"].astimezone(UTC) if found else None

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

    def _get(self, source: ObjectVersion) -> "GetObjectOutputTypeDef":
        with translated_errors("read an image"):
            try:
                if source.version_id == UNVERSIONED:
                    return self.client.get_object(Bucket=source.bucket, Key=source.key)
                return self.client.get_object(Bucket=source.bucket, Key=source.key, VersionId=source.version_id)
            except ClientError as error:
                _refuse_if_missing(error)


def _refuse_if_missing(error: ClientError) -> NoReturn:
    if error_code(error) in _MISSING:
        raise UploadRefused(
            Reason.OBJECT_MISSING, "The image was deleted before it could be read: upload it again."
        ) from None
    raise service_fault_from("read an image", error) from None
