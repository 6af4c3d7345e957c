"""Short-lived device credentials from the credentials provider of AWS IoT Core."""

import json
import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from urllib3 import Timeout
from urllib3.exceptions import HTTPError, ProxyError, SSLError

from blastlens.cloud.iot.connection import DeviceRefused
from blastlens.cloud.iot.proxies import PROXY_FAILED, find_proxy, make_pool
from blastlens.cloud.iot.request_signing import Credentials
from blastlens.domain.errors import InvalidSettings, ServiceUnavailable

THING_HEADER = "x-amzn-iot-thingname"
"""Header with the thing's name. Without it the credentials carry no thing and no clinic, and allow nothing."""

_SECONDS = 20.0


@dataclass(frozen=True)
class CredentialsProvider:
    """Fetches credentials over TLS with the device's client certificate.

    Attributes:
        address: of the provider, as `https://ID.credentials.iot.REGION.amazonaws.com`.
        role_alias: name of the role alias.
        device: name of the thing.
        certificate: the device's certificate, a PEM file.
        private_key: its private key, a PEM file.
        authority: CA certificates that the provider's certificate is verified against; None for the system's.
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
            ServiceUnavailable: it cannot be reached.
            InvalidSettings: certificate, key or proxy cannot be used.
        """
        url = f"{self.address}/role-aliases/{quote(self.role_alias, safe='')}/credentials"
        try:
            with make_pool(find_proxy(url), ssl_context=self._context()) as pool:
                answer = pool.request(
                    "GET", url, headers={THING_HEADER: self.device}, timeout=Timeout(_SECONDS), redirect=False
                )
        except SSLError as error:
            raise DeviceRefused(
                f"no secure connection to the credentials provider ({error}): check this machine's clock, and compare "
                "certificate and authority with those that `blastlens device enroll` wrote"
            ) from None
        except ProxyError:
            raise ServiceUnavailable(PROXY_FAILED) from None
        except (HTTPError, OSError) as error:
            raise ServiceUnavailable(f"the credentials provider cannot be reached: {type(error).__name__}") from None
        if answer.status >= 500 or answer.status == 429:
            raise ServiceUnavailable(f"the credentials provider is busy ({answer.status})")
        if answer.status != 200:
            raise DeviceRefused(
                f"the credentials provider refuses this device ({answer.status}): its certificate is revoked, "
                "or belongs to a device of another name"
            )
        return _credentials(answer.data)

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=str(self.authority) if self.authority else None)
            context.load_cert_chain(self.certificate, self.private_key)
        except OSError as error:  # also ssl.SSLError
            raise InvalidSettings(
                f"{self.certificate} with {self.private_key} cannot be used: {error.strerror or error}"
            ) from None
        return context


def _credentials(body: bytes) -> Credentials:
    try:
        given = json.loads(body)["credentials"]
        expires = datetime.fromisoformat(given["expiration"])
        return Credentials(given["accessKeyId"], given["secretAccessKey"], given["sessionToken"], expires)
    except (ValueError, KeyError, TypeError):
        raise ServiceUnavailable("the credentials provider sent no credentials") from None
