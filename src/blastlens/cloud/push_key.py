"""The key pair of Web Push (VAPID), whose private half never leaves KMS."""

import base64
from dataclasses import dataclass
from typing import Any

from blastlens.cloud.service_errors import translated_errors
from blastlens.domain.errors import ServiceFault

_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
"""Beginning of a public key of P-256 in DER; its point, 65 bytes, follows."""

_POINT_BYTES = 65
_HALF_BYTES = 32
_INTEGER = 2


@dataclass(frozen=True)
class PushKey:
    """The key, through a boto3 KMS client.

    Every method raises ServiceFault if KMS refuses, and ServiceUnavailable where a retry may help.

    Attributes:
        client: boto3's client of KMS.
        key_id: id or ARN of a key of P-256 for signing.
    """

    client: Any
    key_id: str

    def public_key(self) -> str:
        """Return the public key as browsers take it (`applicationServerKey`): its point in base64url."""
        with translated_errors("read the push key"):
            key = bytes(self.client.get_public_key(KeyId=self.key_id)["PublicKey"])
        if not key.startswith(_P256) or len(key) != len(_P256) + _POINT_BYTES:
            raise ServiceFault("the push key is no key of P-256")
        return to_base64url(key[len(_P256) :])

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message as JSON Web Tokens have it (ES256): 64 bytes."""
        with translated_errors("sign with the push key"):
            signed = self.client.sign(
                KeyId=self.key_id, Message=message, MessageType="RAW", SigningAlgorithm="ECDSA_SHA_256"
            )
        return _raw_signature(bytes(signed["Signature"]))


def to_base64url(data: bytes) -> str:
    """Return bytes in base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _raw_signature(der: bytes) -> bytes:
    """Return both numbers of a signature in DER, each with 32 bytes."""
    # SEQUENCE of two INTEGERs. All lengths are below 128, so that each has one byte.
    first, rest = _integer(der[2:])
    second, _ = _integer(rest)
    return first.to_bytes(_HALF_BYTES, "big") + second.to_bytes(_HALF_BYTES, "big")


def _integer(der: bytes) -> tuple[int, bytes]:
    if der[0] != _INTEGER:
        raise ServiceFault("KMS returned no signature in DER")
    end = 2 + der[1]
    return int.from_bytes(der[2:end], "big"), der[end:]
