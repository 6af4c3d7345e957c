"""Uploads of a device to S3: new objects only, whole or in parts."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote
from xml.etree import ElementTree

from blastlens.cloud.iot.connection import EMPTY_SHA256, Body, DeviceConnection, Reply, service_refusal
from blastlens.cloud.iot.request_signing import UnsignedRequest
from blastlens.domain.errors import BlastlensError

_NEW_ONLY = {"If-None-Match": "*"}
_NO_METADATA: Mapping[str, str] = {}
_EXISTS = 412
_MISSING = 404


class FileChanged(BlastlensError):
    """The bytes do not match the digest: the file changed during the upload."""


class PartsLost(BlastlensError):
    """S3 no longer has the multipart upload."""


@dataclass(frozen=True)
class Part:
    """A stored part of a multipart upload.

    It has its number from 1, S3's ETag, and the SHA-256 of its bytes in hexadecimal.
    """

    number: int
    tag: str
    sha256: str


@dataclass(frozen=True)
class DeviceStorage:
    """The upload bucket, accessed with a device's credentials.

    Nothing is overwritten: an existing object of the same key has the same bytes, because a device's keys are derived
    from them. Every method raises ServiceFault if S3 refuses, and ServiceUnavailable where a retry may help.

    Attributes:
        connection: sends requests.
        address: of the bucket, as `https://BUCKET.s3.REGION.amazonaws.com`.
        metadata: that S3 stores with every new object, beside that of the object itself.
    """

    connection: DeviceConnection
    address: str
    metadata: Mapping[str, str] = field(default_factory=dict)

    def put(self, key: str, body: Body, length: int, sha256: str, metadata: Mapping[str, str] = _NO_METADATA) -> bool:
        """Store an object with its metadata; False if it exists already.

        Raises:
            FileChanged: `body` does not have this digest.
        """
        described = self._metadata_headers(metadata)
        headers = {**_NEW_ONLY, **_checksum(sha256), **described, "Content-Length": str(length)}
        reply = self.connection.send("s3", UnsignedRequest("PUT", self._url(key), headers, sha256), body, length)
        return _is_new("store an object", reply)

    def begin(self, key: str, metadata: Mapping[str, str] = _NO_METADATA) -> str:
        """Begin a multipart upload of an object with its metadata, and return its id."""
        checksum = {"x-amz-checksum-algorithm": "SHA256", "x-amz-checksum-type": "COMPOSITE"}
        headers = {**checksum, **self._metadata_headers(metadata)}
        reply = self.connection.send(
            "s3", UnsignedRequest("POST", self._url(key, "uploads="), headers, EMPTY_SHA256), b""
        )
        if reply.status >= 300:
            raise service_refusal("begin an object", reply)
        return _text(reply, "UploadId")

    def put_part(self, key: str, multipart_id: str, number: int, body: Body, length: int, sha256: str) -> Part:
        """Store a part; storing it again replaces it.

        Raises:
            FileChanged: `body` does not have this digest.
            PartsLost: S3 has no multipart upload of this id.
        """
        query = f"partNumber={number}&uploadId={quote(multipart_id, safe='')}"
        headers = {**_checksum(sha256), "Content-Length": str(length)}
        reply = self.connection.send("s3", UnsignedRequest("PUT", self._url(key, query), headers, sha256), body, length)
        if reply.status == _MISSING:
            raise PartsLost("S3 no longer has this multipart upload")
        _is_new("store a part", reply)
        return Part(number, _header(reply.headers, "etag"), sha256)

    def complete(self, key: str, multipart_id: str, parts: Sequence[Part]) -> bool:
        """Complete a multipart upload; False if the object exists already.

        Raises:
            PartsLost: S3 has no multipart upload of this id, and no such object either.
        """
        body = _part_list(parts)
        url = self._url(key, f"uploadId={quote(multipart_id, safe='')}")
        digest = hashlib.sha256(body).hexdigest()
        reply = self.connection.send("s3", UnsignedRequest("POST", url, _NEW_ONLY, digest), body)
        if reply.status == _MISSING or reply.code in ("NoSuchUpload", "InvalidPart"):
            raise PartsLost("S3 no longer has this multipart upload")
        return _is_new("complete an object", reply)

    def _metadata_headers(self, metadata: Mapping[str, str]) -> dict[str, str]:
        return {f"x-amz-meta-{name}": value for name, value in {**self.metadata, **metadata}.items()}

    def _url(self, key: str, query: str = "") -> str:
        return f"{self.address}/{quote(key, safe='/')}{'?' if query else ''}{query}"


def bucket_address(bucket: str, region: str, endpoint: str = "") -> str:
    """Return the address of a bucket.

    At an `endpoint` other than AWS the bucket is part of the path.
    """
    return f"{endpoint.rstrip('/')}/{bucket}" if endpoint else f"https://{bucket}.s3.{region}.amazonaws.com"


def _is_new(action: str, reply: Reply) -> bool:
    if reply.status == _EXISTS:
        return False
    if reply.code in ("BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"):
        raise FileChanged("the file changed during the upload")
    if reply.status >= 300 or reply.code:
        raise service_refusal(action, reply)
    return True


def _checksum(sha256: str) -> dict[str, str]:
    # With the algorithm's name S3 stores the checksum with the object.
    return {
        "x-amz-sdk-checksum-algorithm": "SHA256",
        "x-amz-checksum-sha256": base64.b64encode(bytes.fromhex(sha256)).decode(),
    }


def _part_list(parts: Sequence[Part]) -> bytes:
    root = ElementTree.Element("CompleteMultipartUpload", xmlns="http://s3.amazonaws.com/doc/2006-03-01/")
    for part in sorted(parts, key=lambda one: one.number):
        element = ElementTree.SubElement(root, "Part")
        ElementTree.SubElement(element, "PartNumber").text = str(part.number)
        ElementTree.SubElement(element, "ETag").text = part.tag
        ElementTree.SubElement(element, "ChecksumSHA256").text = _checksum(part.sha256)["x-amz-checksum-sha256"]
    return ElementTree.tostring(root)


def _text(reply: Reply, name: str) -> str:
    root = ElementTree.fromstring(reply.body)
    return next((one.text or "" for one in root.iter() if one.tag.rpartition("}")[2] == name), "")


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")
