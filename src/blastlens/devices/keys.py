"""The device's private key and its request for a certificate: the key is made here and stays here."""

import os
from pathlib import Path

from blastlens.domain.device import valid_device_name
from blastlens.domain.errors import InvalidSettings


def request_certificate(name: str, folder: Path) -> Path:
    """Make a key and a signing request in a folder, `NAME.key` and `NAME.csr`, and return the request's path.

    A key that is there already is kept and used again.

    Raises:
        InvalidSettings: the extra `device` is not installed, or the folder cannot be written.
    """
    valid_device_name(name)
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
    except ModuleNotFoundError as missing:
        raise InvalidSettings(f"a key needs {missing.name}: pip install 'blastlens[device]'") from None
    path = folder / f"{name}.key"
    try:
        if not path.exists():
            _write_key(path)
        key = load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise InvalidSettings(f"{path} holds another kind of key: move it away")
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
        target = folder / f"{name}.csr"
        target.write_bytes(request.public_bytes(Encoding.PEM))
    except OSError as fault:
        raise InvalidSettings(f"{folder} cannot hold the key: {fault.strerror}") from None
    return target


def _write_key(path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    path.parent.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    # Nobody else may read it, not even for the moment between making and closing the file.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
