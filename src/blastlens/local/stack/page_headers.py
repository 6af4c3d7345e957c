"""Security headers of the page, read from the template's CloudFront policy."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

Policy = Mapping[str, Any]

_SIGN_IN = re.compile(r"https://[\w.-]+\.amazoncognito\.com")
_STORAGE = re.compile(r"https://[\w.-]+\.s3\.[\w.-]+")


def read_headers(policies: Iterable[Policy], storage_origin: str) -> dict[str, str]:
    """Return the headers of response headers policies, in lower case.

    Args:
        policies: the properties of each, resolved.
        storage_origin: origin of the embedded S3, which takes the place of that of AWS in the content security policy.
            The sign-in page is part of the page's own origin here.
    """
    headers: dict[str, str] = {}
    for policy in policies:
        given = policy["ResponseHeadersPolicyConfig"]
        security = given["SecurityHeadersConfig"]
        content = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
        hsts = security["StrictTransportSecurity"]
        headers |= {
            "content-security-policy": _STORAGE.sub(storage_origin, _SIGN_IN.sub("'self'", content)),
            "strict-transport-security": f"max-age={hsts['AccessControlMaxAgeSec']}; includeSubDomains",
            "x-content-type-options": "nosniff",
            "x-frame-options": security["FrameOptions"]["FrameOption"],
            "referrer-policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        }
        headers |= {one["Header"].lower(): one["Value"] for one in given["CustomHeadersConfig"]["Items"]}
    return headers
