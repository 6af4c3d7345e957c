"""Proven identity of an administrator who signs, and the time by AWS's clock."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from blastlens.cloud.service_errors import translated_errors


@dataclass(frozen=True)
class ProvenCaller:
    """Who a command's credentials belong to.

    Attributes:
        arn: identity, as AWS has authenticated it.
        now: the time of the answer by AWS's clock (UTC): that of a laptop may be wrong by days.
        request_id: id of the question, which also stands in CloudTrail.
    """

    arn: str
    now: datetime
    request_id: str


def prove_caller(client: Any) -> ProvenCaller:
    """Ask AWS, through a boto3 client of STS, whose credentials these are.

    Raises:
        ServiceFault: AWS refused; ServiceUnavailable where trying again may help.
    """
    with translated_errors("find out who you are"):
        response = client.get_caller_identity()
    about = response["ResponseMetadata"]
    stated = about["HTTPHeaders"].get("date")
    now = datetime.now(UTC) if stated is None else parsedate_to_datetime(stated).astimezone(UTC)
    return ProvenCaller(response["Arn"], now, about.get("RequestId", "unknown"))
