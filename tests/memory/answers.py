"""How services refuse."""

from botocore.exceptions import ClientError


def refusal(code: str, operation: str, status: int = 400, kind: type[ClientError] = ClientError) -> ClientError:
    """The error that boto3 would raise."""
    answer = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return kind(answer, operation)  # type: ignore[arg-type]
