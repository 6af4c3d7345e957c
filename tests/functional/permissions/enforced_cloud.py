"""The embedded cloud with moto's evaluation of the template's policies.

moto 5.2 looks up the resource of a call itself for S3 and SQS; for the other services it asks for "*", which no narrow
policy grants. It has a hook for the answer, `_determine_resource`: `determined_resources` gives it for DynamoDB, its
streams, SNS, KMS and CloudWatch Logs. The policies, their evaluation and the signatures are moto's.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import boto3
from moto.core.authorization import enable_iam_authentication
from moto.dynamodb.responses import DynamoHandler
from moto.dynamodbstreams.responses import DynamoDBStreamsHandler
from moto.iam import access_control, iam_backends
from moto.kms.responses import KmsResponse
from moto.logs.responses import LogsResponse
from moto.sns.responses import SNSResponse

from blastlens.cloud.operations.deployment import Deployment
from blastlens.local.clients import REGION, LocalClients
from blastlens.local.event_sources.invocation import ACCOUNT, Function
from blastlens.local.handlers import functions_maker
from blastlens.local.stack.deployment import STACK_NAME, Stack, make_stack
from blastlens.local.stack.moto_server import MotoServer
from blastlens.local.stack.template import find_template
from tests.functional.quick_reader import QuickReader

ROLES = {
    "ClassifyFunction": "ClassifyRole",
    "ExamineFunction": "ExamineRole",
    "NotifyFunction": "NotifyRole",
    "ApiFunction": "ApiRole",
    "ClinicianFunction": "ClinicianRole",
    "ReportFunction": "ReportRole",
    "ReconcileFunction": "ReconcileRole",
    "PatientFunction": "PatientRole",
}


@dataclass(frozen=True)
class RoleClients(LocalClients):
    """Clients with the credentials of a role or user."""

    key: str = ""
    secret: str = ""
    token: str | None = None

    def session(self) -> boto3.Session:
        """Return a session with these credentials."""
        return boto3.Session(self.key, self.secret, self.token, REGION)


@dataclass(frozen=True)
class EnforcedCloud:
    """The stack, its functions under their roles, and clients of a role or of the owner by name.

    Attributes:
        stack: what was made of the template.
        functions: logical id → the function, which signs with its role.
        clients: role's logical id, or "owner" → clients.
        foreign: names and addresses of a bucket, table, topic, queue and phone of the same account that are not ours,
            and of a phone that is.
    """

    stack: Stack
    functions: dict[str, Function]
    clients: dict[str, LocalClients]
    foreign: dict[str, str]
    _made: dict[tuple[str, str], Any] = field(default_factory=dict)

    def client(self, who: str, service: str) -> Any:
        if (who, service) not in self._made:
            self._made[who, service] = self.clients[who].client(service)
        return self._made[who, service]


@contextmanager
def enforced_cloud() -> Iterator[EnforcedCloud]:
    with ExitStack() as parts:
        server = parts.enter_context(MotoServer())
        makers = LocalClients(server.endpoint)
        stack = make_stack(find_template(), makers)
        clients: dict[str, LocalClients] = {role: _assumed(makers, stack.resources[role]) for role in ROLES.values()}
        clients["owner"] = _owner(makers)
        make = functions_maker(QuickReader(), "CRITICAL")
        functions = {name: make(stack, clients[role])[name] for name, role in ROLES.items()}
        foreign = _foreign(makers)
        parts.enter_context(determined_resources())
        parts.enter_context(single_actions_of_batches())
        parts.enter_context(enable_iam_authentication())
        yield EnforcedCloud(stack, functions, clients, foreign)


def _assumed(makers: LocalClients, role: str) -> RoleClients:
    # moto's CloudFormation keeps a policy as an object, and its evaluation wants the same as text.
    policies: dict[str, Any] = iam_backends[ACCOUNT]["aws"].get_role(role).policies
    policies.update({name: one if isinstance(one, str) else json.dumps(one) for name, one in policies.items()})
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    given = makers.client("sts").assume_role(RoleArn=arn, RoleSessionName="function")["Credentials"]
    return RoleClients(makers.endpoint, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def _owner(makers: LocalClients) -> RoleClients:
    iam = makers.client("iam")
    iam.create_user(UserName="owner")
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    iam.put_user_policy(UserName="owner", PolicyName="all", PolicyDocument=json.dumps(everything))
    key = iam.create_access_key(UserName="owner")["AccessKey"]
    return RoleClients(makers.endpoint, key["AccessKeyId"], key["SecretAccessKey"])


def _foreign(makers: LocalClients) -> dict[str, str]:
    makers.client("s3").create_bucket(Bucket="foreign")
    makers.client("dynamodb").create_table(
        TableName="foreign",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("upload", "reading")],
        KeySchema=[{"AttributeName": "upload", "KeyType": "HASH"}, {"AttributeName": "reading", "KeyType": "RANGE"}],
    )
    return {
        "bucket": "foreign",
        "table": "foreign",
        "topic": makers.client("sns").create_topic(Name="foreign")["TopicArn"],
        "queue": makers.client("sqs").create_queue(QueueName="foreign")["QueueUrl"],
        "phone": _phone(makers, "foreign"),
        "our phone": _phone(makers, Deployment.of_stack(makers.client("cloudformation"), STACK_NAME).phones_name),
        "key": makers.client("kms").create_key()["KeyMetadata"]["KeyId"],
    }


def _phone(makers: LocalClients, application: str) -> str:
    sns = makers.client("sns")
    made = sns.create_platform_application(Name=application, Platform="GCM", Attributes={"PlatformCredential": "none"})
    arn = made["PlatformApplicationArn"]
    return str(sns.create_platform_endpoint(PlatformApplicationArn=arn, Token=application)["EndpointArn"])


@contextmanager
def determined_resources() -> Iterator[None]:
    """Patch moto to determine the resource of a call, in services where it does not."""
    told = {
        DynamoHandler: _table,
        DynamoDBStreamsHandler: _stream,
        SNSResponse: lambda this: this._get_param("TopicArn") or this._get_param("TargetArn") or "*",
        KmsResponse: lambda this: _arn("kms", f"key/{this._get_param('KeyId').rpartition('/')[2]}"),
        LogsResponse: lambda this: _arn("logs", f"log-group:{this._get_param('logGroupName')}"),
    }
    with ExitStack() as patches:
        for service, tell in told.items():
            patches.enter_context(patch.object(service, "_determine_resource", tell, create=True))
        yield


@contextmanager
def single_actions_of_batches() -> Iterator[None]:
    """Patch moto to check "sqs:DeleteMessage" for a batch of deletions, as AWS does."""
    begin = access_control.IAMRequestBase.__init__

    def init_with_single_action(this: Any, *given: Any, **named: Any) -> None:
        begin(this, *given, **named)
        if this._action.startswith("sqs:"):
            this._action = this._action.removesuffix("Batch")

    with patch.object(access_control.IAMRequestBase, "__init__", init_with_single_action):
        yield


def _table(this: Any) -> str:
    table, index = this._get_param("TableName"), this._get_param("IndexName")
    return "*" if not table else _arn("dynamodb", f"table/{table}" + (f"/index/{index}" if index else ""))


def _stream(this: Any) -> str:
    iterator = this._get_param("ShardIterator")  # moto's iterators begin with their stream's ARN
    return str(iterator.split("|")[0] if iterator else this._get_param("StreamArn") or "*")


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"
