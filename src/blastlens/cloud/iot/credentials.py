"""Short-lived credentials for a device's certificate, from the credentials provider of AWS IoT Core."""

import json
import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError, SSLError

from blastlens.cloud.iot.connection import DeviceRefused
from blastlens.cloud.iot.request_signing import Credentials
from blastlens.domain.errors import InvalidSettings, ServiceUnavailable

THING_HEADER = "x-amzn-iot-thingname"
"""Without it the credentials know no thing, and so no clinic: they open nothing."""

_SECONDS = 20.0


@dataclass(frozen=True)
class CredentialsProvider:
    """Asks for credentials over TLS, in which the device proves its certificate.

    Attributes:
        address: of the provider, as `https://ID.credentials.iot.REGION.amazonaws.com`.
        role_alias: name of the role alias.
        device: name of the thing.
        certificate: the device's certificate, a PEM file.
        private_key: its key, a PEM file.
        authority: certificates that vouch for the provider; None for the system's.
    """

    address: str
    role_alias: str
    device: str
    certificate: Path
    private_key: Path
    authority: Path | None = None

    def __call__(self) -> Credentials:
        """Return new credentials.

        Raises:
            DeviceRefused: the provider refuses: the certificate is revoked or not this device's.
            ServiceUnavailable: it is out of reach.
            InvalidSettings: certificate or key cannot be used.
        """
        url = f"{self.address}/role-aliases/{quote(self.role_alias, safe='')}/credentials"
        try:
            with PoolManager(ssl_context=self._context(), retries=False) as pool:
                answer = pool.request(
                    "GET", url, headers={THING_HEADER: self.device}, timeout=Timeout(_SECONDS), redirect=False
                )
        except SSLError as error:
            raise DeviceRefused(
                f"no secure connection to the credentials provider ({error}): compare this machine's clock, "
                "certificate and authority with what `blastlens device enroll` wrote"
            ) from None
        except (HTTPError, OSError) as error:
            raise ServiceUnavailable(f"the credentials provider is out of reach: {type(error).__name__}") from None
        if answer.status >= 500 or answer.status == 429:
            raise ServiceUnavailable(f"the credentials provider is busy ({answer.status})")
        if answer.status != 200:
            raise DeviceRefused(
                f"the credentials provider refuses this device ({answer.status}): it is revoked, "
                "or its certificate is not that of its name"
            )
        return _credentials(answer.data)

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=str(self.authority) if self.authority else None)
            context.load_cert_chain(self.certificate, self.private_key)
        except OSError as fault:  # ssl.SSLError is one
            raise InvalidSettings(
                f"{self.certificate} with {self.private_key} cannot be used: {fault.strerror or fault}"
            ) from None
        return context


def _credentials(body: bytes) -> Credentials:
    try:
        given = json.loads(body)["credentials"]
        expires = datetime.fromisoformat(given["expiration"])
        return Credentials(given["accessKeyId"], given["secretAccessKey"], given["sessionToken"], expires)
    except (ValueError, KeyError, TypeError):
        raise ServiceUnavailable("the credentials provider sent no credentials") from None
