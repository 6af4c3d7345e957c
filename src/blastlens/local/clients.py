"""boto3 clients of the embedded cloud, isolated from the user's AWS settings."""

from dataclasses import dataclass
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

REGION = "us-east-1"
ACCESS_KEY = "blastlens-local"
SECRET_KEY = "not-a-secret"

_NO_PROXIES: dict[str, str] = {}

# The user's profile must not be used, and a broken one must not matter: neither files nor variables are read.
_IGNORED_SETTINGS = dict.fromkeys(("profile", "config_file", "credentials_file", "ca_bundle"), (None, None, None, None))


@dataclass(frozen=True)
class LocalClients:
    """Makes boto3 clients for one endpoint, with explicit dummy credentials.

    The user's profile, credentials, proxies and endpoint settings are ignored, so that no call of the embedded cloud
    can reach a real account.

    Attributes:
        endpoint: address of the embedded cloud, as `http://127.0.0.1:4566`.
    """

    endpoint: str

    def client(self, service: str) -> Any:
        """Return a new client of `service`, a name of boto3's. Threads may share it."""
        session: Any = self.session()
        return session.client(service, endpoint_url=self.endpoint, config=_config())

    def session(self) -> boto3.Session:
        """Return a boto3 session with dummy credentials and no settings of the user."""
        core = botocore.session.Session(session_vars=_IGNORED_SETTINGS)
        return boto3.Session(
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name=REGION,
            botocore_session=core,
        )


def _config() -> Config:
    return Config(
        proxies=_NO_PROXIES,
        retries={"total_max_attempts": 2},
        connect_timeout=5,
        read_timeout=30,
        s3={"addressing_style": "path"},
    )
