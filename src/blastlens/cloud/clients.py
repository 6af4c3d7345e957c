"""AWS clients with the timeouts and retries that functions and commands use."""

from functools import cache
from typing import TYPE_CHECKING, Any

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

# Two attempts of at most 7 seconds end within the timeout of the shortest function and the reserve for the last image.
# Longer outages are retried by functions/retries.py, which knows how much time is left.
_CONNECT_SECONDS = 2
_READ_SECONDS = 5
_ATTEMPTS = 2


def new_session() -> boto3.Session:
    """Return a session without cached credentials.

    Sessions made here share the descriptions of the services, because loading them takes most of the time of making a
    client.
    """
    core = botocore.session.Session()
    core.register_component("data_loader", _service_descriptions())
    return boto3.Session(botocore_session=core)


def s3_client(session: boto3.Session | None = None) -> "S3Client":
    """Return an S3 client of a session, by default of boto3's default session."""
    return (session or boto3).client("s3", config=_config())


def s3_presigning_client() -> "S3Client":
    """Return an S3 client that makes presigned URLs and forms.

    Their host names the bucket's region: S3 redirects other requests, and a redirected upload of a browser is lost.
    Signature version 4 is used in every region: in older regions botocore still uses version 2, which S3 rejects for
    objects that are encrypted with a KMS key.
    """
    signing = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    return boto3.client("s3", config=_config().merge(signing))


def dynamodb_client(session: boto3.Session | None = None) -> "DynamoDBClient":
    """Return a DynamoDB client of a session, by default of boto3's default session."""
    return (session or boto3).client("dynamodb", config=_config())


def sns_client() -> "SNSClient":
    """Return an SNS client."""
    return boto3.client("sns", config=_config())


def sqs_client(session: boto3.Session | None = None) -> "SQSClient":
    """Return an SQS client of a session, by default of boto3's default session."""
    return (session or boto3).client("sqs", config=_config())


def logs_client() -> Any:
    """Return a client of CloudWatch Logs, for the audit trail."""
    return boto3.client("logs", config=_config())


def kms_client() -> Any:
    """Return a client of KMS, for the key of Web Push."""
    return boto3.client("kms", config=_config())


def iam_client() -> Any:
    """Return a client of IAM, for the clinics' roles."""
    return boto3.client("iam", config=_config())


def sts_client() -> Any:
    """Return a client of the service that names the caller of a request."""
    return boto3.client("sts", config=_config())


def cognito_client() -> Any:
    """Return a client of Cognito user pools, for the clinicians."""
    return boto3.client("cognito-idp", config=_config())


def cloudfront_client() -> Any:
    """Return a client of CloudFront, for the page."""
    return boto3.client("cloudfront", config=_config())


def cloudformation_client() -> "CloudFormationClient":
    """Return a CloudFormation client."""
    return boto3.client("cloudformation", config=_config())


@cache
def _service_descriptions() -> Loader:
    return create_loader()


def iot_and_cloudformation_clients() -> "tuple[IoTClient, CloudFormationClient]":
    """Return clients of IoT, for the devices, and of CloudFormation, for their stack."""
    return boto3.client("iot", config=_config()), cloudformation_client()


def _config() -> Config:
    return Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    )
