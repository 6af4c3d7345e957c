"""Environment of the embedded cloud, without the user's AWS and proxy settings.

Imports only the standard library: moto and boto3 read the environment when they are imported.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_PREFIXES = ("AWS_", "BOTO_", "POWERTOOLS_", "MOTO_")
_NAMES = frozenset(
    {"_X_AMZN_TRACE_ID", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
)


def embedded_environment() -> dict[str, str]:
    """Return the AWS settings that the embedded cloud and everything it starts use."""
    return {
        "AWS_ACCESS_KEY_ID": "blastlens-local",
        "AWS_SECRET_ACCESS_KEY": "not-a-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # On macOS and Windows proxies are settings of the system, too.
        "NO_PROXY": "*",
    }


@contextmanager
def isolated_from_user_settings() -> Iterator[None]:
    """Replace every AWS and proxy setting of this process for the block, and restore them afterwards."""
    removed = {name: os.environ.pop(name) for name in list(os.environ) if _is_setting(name)}
    given = embedded_environment()
    os.environ.update(given)
    try:
        yield
    finally:
        for name in given:
            os.environ.pop(name, None)
        os.environ.update(removed)


def _is_setting(name: str) -> bool:
    return name.startswith(_PREFIXES) or name.upper() in _NAMES
