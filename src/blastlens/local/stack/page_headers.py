"""Security headers of the page, read from the template's CloudFront policies."""

import re
from collections.abc import Mapping
from typing import Any

from blastlens.local.http.page_headers import PageHeaders

Policy = Mapping[str, Any]

_SIGN_IN = re.compile(r"https://[\w.-]+\.amazoncognito\.com")
_STORAGE = re.compile(r"https://[\w.-]+\.s3\.[\w.-]+")


def read_headers(distribution: Mapping[str, Any], policies: Mapping[str, Policy], storage_origin: str) -> PageHeaders:
    """Return the headers that a distribution sends.

    Args:
        distribution: the configuration of the distribution, whose behaviours refer to policies.
        policies: logical id -> properties of each response headers policy, resolved.
        storage_origin: origin of the embedded S3, which takes the place of that of AWS in the content security policy.
            The sign-in page is part of the page's own origin here.
    """
    headers = {name: _read_policy(policy, storage_origin) for name, policy in policies.items()}
    behaviours = distribution.get("CacheBehaviors", [])
    return PageHeaders(
        headers.get(_policy_of(distribution.get("DefaultCacheBehavior", {})), {}),
        {behaviour["PathPattern"]: headers.get(_policy_of(behaviour), {}) for behaviour in behaviours},
    )


def _policy_of(behaviour: Mapping[str, Any]) -> str:
    """Return the logical id of a behaviour's policy."""
    return str(behaviour.get("ResponseHeadersPolicyId", {}).get("Ref", ""))


def _read_policy(policy: Policy, storage_origin: str) -> dict[str, str]:
    given = policy["ResponseHeadersPolicyConfig"]
    security = given["SecurityHeadersConfig"]
    content = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    hsts = security["StrictTransportSecurity"]
    return {
        "content-security-policy": _STORAGE.sub(storage_origin, _SIGN_IN.sub("'self'", content)),
        "strict-transport-security": f"max-age={hsts['AccessControlMaxAgeSec']}; includeSubDomains",
        "x-content-type-options": "nosniff",
        "x-frame-options": security["FrameOptions"]["FrameOption"],
        "referrer-policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        **{one["Header"].lower(): one["Value"] for one in given["CustomHeadersConfig"]["Items"]},
    }
