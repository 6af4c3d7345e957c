"""Makes the AWS clients that the functions hand to the other parts of this room."""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_iot import IoTClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient

# Four attempts of at most 13 seconds end within the time of a function that has work to save.
_CONNECT_SECONDS = 3
_READ_SECONDS = 10
_ATTEMPTS = 4


def s3_client() -> "S3Client":
    """Return a client of S3."""
    return boto3.client("s3", config=_config())


def s3_signing_client() -> "S3Client":
    """Return a client of S3 that signs addresses for others.

    They name the bucket's own region: S3 redirects requests that do not, and a browser's upload is lost on the way.
    """
    return boto3.client("s3", config=_config().merge(Config(s3={"addressing_style": "virtual"})))


def dynamodb_client() -> "DynamoDBClient":
    """Return a client of DynamoDB."""
    return boto3.client("dynamodb", config=_config())


def sns_client() -> "SNSClient":
    """Return a client of SNS."""
    return boto3.client("sns", config=_config())


def registry_clients() -> "tuple[IoTClient, CloudFormationClient]":
    """Return clients of IoT, which knows the devices, and of CloudFormation, which knows the stack they belong to."""
    return boto3.client("iot", config=_config()), boto3.client("cloudformation", config=_config())


def _config() -> Config:
    return Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    )
