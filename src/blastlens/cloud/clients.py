"""Makes the AWS clients that the functions hand to the other parts of this room."""

from functools import cache
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader, create_loader

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_iot import IoTClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

# Two attempts of at most 7 seconds end within the time of the shortest function, and of an image that is begun last.
# What is busy for longer is tried again by functions/retries.py, which knows how much time is left.
_CONNECT_SECONDS = 2
_READ_SECONDS = 5
_ATTEMPTS = 2


def new_session() -> boto3.Session:
    """Return a session that has asked for no credentials yet, whatever other sessions know.

    It shares with the others made here what describes the services: to read that takes most of the time of making
    a client.
    """
    core = botocore.session.Session()
    core.register_component("data_loader", _service_descriptions())
    return boto3.Session(botocore_session=core)


def s3_client(session: boto3.Session | None = None) -> "S3Client":
    """Return a client of S3, of the process's usual session where none is given."""
    return (session or boto3).client("s3", config=_config())


def s3_presigning_client() -> "S3Client":
    """Return a client of S3 that signs addresses for others.

    They name the bucket's own region: S3 redirects requests that do not, and a browser's upload is lost on the way.
    They are signed by version 4 everywhere: for the older regions botocore would still take version 2, which S3 refuses
    where objects are under a key of KMS, as ours are.
    """
    signing = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    return boto3.client("s3", config=_config().merge(signing))


def dynamodb_client(session: boto3.Session | None = None) -> "DynamoDBClient":
    """Return a client of DynamoDB, of the process's usual session where none is given."""
    return (session or boto3).client("dynamodb", config=_config())


def sns_client() -> "SNSClient":
    """Return a client of SNS."""
    return boto3.client("sns", config=_config())


def sqs_client(session: boto3.Session | None = None) -> "SQSClient":
    """Return a client of SQS, of the process's usual session where none is given."""
    return (session or boto3).client("sqs", config=_config())


def cloudformation_client() -> "CloudFormationClient":
    """Return a client of CloudFormation."""
    return boto3.client("cloudformation", config=_config())


@cache
def _service_descriptions() -> Loader:
    return create_loader()


def iot_and_cloudformation_clients() -> "tuple[IoTClient, CloudFormationClient]":
    """Return clients of IoT, which knows the devices, and of CloudFormation, which knows the stack they belong to."""
    return boto3.client("iot", config=_config()), cloudformation_client()


def _config() -> Config:
    return Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    )
