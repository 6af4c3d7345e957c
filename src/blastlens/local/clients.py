"""Clients that can only ever talk to the embedded cloud."""

from dataclasses import dataclass
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

REGION = "us-east-1"
ACCESS_KEY = "blastlens-local"
SECRET_KEY = "not-a-secret"

_NO_PROXIES: dict[str, str] = {}

# A broken or missing profile of the user must not matter, let alone be used: neither file nor variable is looked at.
_IGNORED_SETTINGS = dict.fromkeys(("profile", "config_file", "credentials_file", "ca_bundle"), (None, None, None, None))


@dataclass(frozen=True)
class LocalClients:
    """Makes boto3 clients for one endpoint, with made-up credentials handed over explicitly.

    Neither the user's profile, credentials, proxies nor endpoint settings are consulted, so that no call
    of the embedded cloud can reach a real account.

    Attributes:
        endpoint: where the embedded cloud listens, as `http://127.0.0.1:4566`.
    """

    endpoint: str

    def client(self, service: str) -> Any:
        """Return a new client of `service`, a name as boto3 spells it. Clients may be shared by threads."""
        session: Any = self.session()
        return session.client(service, endpoint_url=self.endpoint, config=_config())

    def session(self) -> boto3.Session:
        """Return a boto3 session that knows the made-up credentials and region, and nothing of the user's."""
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
