"""Proof that a certificate works: an object that only its bearer may put."""

import hashlib
import io
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from blastlens.cloud.iot.connection import EMPTY_SHA256
from blastlens.cloud.iot.storage import DeviceStorage
from blastlens.cloud.service_errors import translated_errors
from blastlens.domain.errors import InvalidSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_FOLDER = "devices"
_END = "-----END CERTIFICATE-----"


@dataclass(frozen=True)
class CertificateProof:
    """Puts the proof at the microscope.

    The role admits the key only for credentials that IoT issued for this certificate, so that the object shows that
    certificate, key, policies and bucket work together.

    Attributes:
        storage: the upload bucket.
        clinic: id of the device's clinic.
        device: its name.
        certificate: its certificate, a PEM file.
    """

    storage: DeviceStorage
    clinic: str
    device: str
    certificate: Path

    def certificate_id(self) -> str:
        """Return the id that IoT gave the certificate: the SHA-256 of its DER encoding.

        Raises:
            InvalidSettings: the file is not a certificate, or cannot be read.
        """
        try:
            pem = self.certificate.read_text("ascii")
            return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem[: pem.index(_END)] + _END)).hexdigest()
        except (OSError, ValueError):
            raise InvalidSettings(f"{self.certificate} is not a certificate: copy it to this machine again") from None

    def put(self, certificate_id: str) -> None:
        """Put the proof; it may be there already.

        Raises:
            ServiceFault: the role does not admit it; ServiceUnavailable where a retry may help.
        """
        self.storage.put(f"{_folder(self.clinic, self.device)}{certificate_id}", io.BytesIO(), 0, EMPTY_SHA256)


def proven_certificates(client: "S3Client", bucket: str, clinic: str, device: str) -> frozenset[str]:
    """Return the ids of a device's certificates that have worked.

    Raises:
        ServiceFault: S3 refused; ServiceUnavailable where a retry may help.
    """
    folder = _folder(clinic, device)
    with translated_errors("find out which certificates work"):
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder)
        return frozenset(one["Key"].removeprefix(folder) for page in pages for one in page.get("Contents", []))


def _folder(clinic: str, device: str) -> str:
    return f"{_FOLDER}/{clinic}/{device}/"
