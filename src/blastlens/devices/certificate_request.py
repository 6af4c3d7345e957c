"""Private key of a device, and its certificate signing request."""

import os
from pathlib import Path

from blastlens.domain.device import check_device_name
from blastlens.domain.errors import InvalidSettings


def write_certificate_request(name: str, folder: Path) -> Path:
    """Write `NAME.key` and `NAME.csr`, and return the path of the request.

    The key never leaves the device. An existing key is kept and used.

    Raises:
        InvalidSettings: the extra `device` is not installed, or the folder cannot be written.
    """
    check_device_name(name)
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
    except ModuleNotFoundError as missing:
        raise InvalidSettings(
            f"Making a key needs {missing.name}: `make install EXTRAS=device`, or pip install 'WHEEL[device]'."
        ) from None
    path = folder / f"{name}.key"
    try:
        if not path.exists():
            _write_key(path)
        key = load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise InvalidSettings(f"{path} contains another kind of key: move it away")
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
        target = folder / f"{name}.csr"
        target.write_bytes(request.public_bytes(Encoding.PEM))
    except OSError as fault:
        raise InvalidSettings(f"The key cannot be written to {folder}: {fault.strerror}") from None
    return target


def _write_key(path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    path.parent.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    # No other user may read it, at no moment.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
