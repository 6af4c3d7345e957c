"""A clinic's role, by moto's evaluation of IAM: its own clinic, and nothing else."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from moto.core import DEFAULT_ACCOUNT_ID, set_initial_no_auth_action_count
from moto.core.exceptions import AccessDeniedError
from moto.iam import iam_backends
from moto.iam.access_control import IAMPolicyStatement, IAMRequest

from blastlens.cloud.operations.clinic_roles import ClinicRoles, clinic_policy
from blastlens.domain.clinic import Clinic
from blastlens.domain.errors import InvalidSettings, ServiceFault
from blastlens.domain.text_catalogue import Language
from blastlens.functions.api import make_handler
from blastlens.functions.routes import ApiDependencies
from tests.answers import BUCKET, NOON, lambda_context, result
from tests.aws import REGION, Services, services
from tests.unit.functions.corpus import changed, event

API = "https://abc123.execute-api.eu-central-1.amazonaws.com"
ARN = f"arn:aws:execute-api:{REGION}:{DEFAULT_ACCOUNT_ID}:abc123/$default"
SNIPPET = Path(__file__).resolve().parents[3] / "docs" / "clinic-role.yaml"
ADMINISTRATOR = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:user/administrator"
EVENT = "api-result"


@pytest.fixture
def aws() -> Iterator[Services]:
    with services() as made:
        yield made


def clinic(name: str = "clinic-7", role: str = "") -> Clinic:
    return Clinic(name, name, f"{name}@example.org", Language.ENGLISH, "arn:topic", role=role)


def roles_of(aws: Services, client: Any = None) -> ClinicRoles:
    client = client or boto3.client("iam", REGION)
    return ClinicRoles.of_stack(client, aws.clinics, "blastlens-prod", API, aws.topics.first_arn)


def by_command(aws: Services, name: str) -> str:
    return roles_of(aws).ensure(clinic(name))


def by_template(aws: Services, name: str) -> str:
    cloudformation: Any = boto3.client("cloudformation", REGION)
    given = {"Stage": "prod", "ClinicId": name, "ApiId": "abc123", "TrustedPrincipal": ADMINISTRATOR}
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=SNIPPET.read_text("utf-8"),
        Parameters=parameters,
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    # moto's CloudFormation keeps a policy as an object, and its evaluation wants the same as text.
    policies: dict[str, Any] = (
        iam_backends[DEFAULT_ACCOUNT_ID]["aws"].get_role(f"blastlens-prod-clinic-{name}").policies
    )
    policies.update({key: json.dumps(one) for key, one in policies.items()})
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return str(stack["Outputs"][0]["OutputValue"])


def sign_in(role: str) -> Credentials:
    given = boto3.client("sts", REGION).assume_role(RoleArn=role, RoleSessionName="dr-vogel")["Credentials"]
    return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


@contextmanager
def literal_policies() -> Iterator[None]:
    """Let moto match `$default` as it stands; it takes a resource for a regular expression."""

    def match(pattern: str, text: str) -> re.Match[str] | None:
        return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), text)

    with patch.object(IAMPolicyStatement, "_match", staticmethod(match)):
        yield


def invoke(credentials: Credentials, method: str, path: str) -> str:
    """Do what API Gateway does with a signed request: return the caller's ARN, or raise what refuses it."""
    request = AWSRequest(method, f"{API}{path}")
    SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
    headers = dict(request.headers) | {"host": API.removeprefix("https://")}
    asked = IAMRequest(DEFAULT_ACCOUNT_ID, method, f"{API}{path}", {}, b"", headers, "Invoke")
    asked.check_signature()
    with literal_policies():
        asked.check_action_permitted(f"{ARN}/{method}{path}")
    return str(asked._access_key.arn)


@pytest.mark.parametrize("make", [by_command, by_template])
@pytest.mark.parametrize(
    ("method", "path", "is_open"),
    [
        ("GET", "/clinics/clinic-7/results", True),
        ("GET", "/clinics/clinic-7/patients/p/uploads/u", True),
        ("POST", "/clinics/clinic-7/patients/p/uploads/u/sign-off", True),
        ("GET", "/clinics/clinic-8/results", False),
        ("GET", "/clinics/clinic-77/results", False),
        ("POST", "/clinics/clinic-8/patients/p/uploads/u/sign-off", False),
        ("DELETE", "/clinics/clinic-7/patients/p/uploads/u", False),
        ("GET", "/clinics", False),
    ],
)
def test_a_clinics_role_may_call_the_routes_of_its_clinic_only(
    aws: Services, make: Callable[[Services, str], str], method: str, path: str, is_open: bool
):
    credentials = sign_in(make(aws, "clinic-7"))
    if is_open:
        assert invoke(credentials, method, path).endswith("assumed-role/blastlens-prod-clinic-clinic-7/dr-vogel")
    else:
        with pytest.raises(AccessDeniedError, match="not authorized"):
            invoke(credentials, method, path)


def test_a_policy_that_became_too_wide_still_shows_no_other_clinic(aws: Services):
    aws.results.write(result())
    role = by_command(aws, "clinic-8")
    everything = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": f"{ARN}/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": everything})
    boto3.client("iam", REGION).put_role_policy(
        RoleName=role.rpartition("/")[2], PolicyName="wide", PolicyDocument=document
    )
    caller = invoke(sign_in(role), "GET", event(EVENT)["rawPath"])
    handler = make_handler(ApiDependencies(aws.images, aws.results, aws.examinations, BUCKET, lambda: NOON, aws.trail))
    request = changed(event(EVENT), "requestContext.authorizer.iam.userArn", caller)
    assert handler(request, lambda_context())["statusCode"] == 404


@pytest.mark.parametrize("make", [by_command, by_template])
def test_a_clinics_role_may_use_no_other_service(aws: Services, make: Callable[[Services, str], str]):
    given = sign_in(make(aws, "clinic-7"))
    session: Any = boto3.Session(given.access_key, given.secret_key, given.token, REGION)

    @set_initial_no_auth_action_count(0)
    def refused(service: str, operation: str, **arguments: Any) -> str:
        with pytest.raises(ClientError) as error:
            getattr(session.client(service), operation)(**arguments)
        return str(error.value.response["Error"]["Code"])

    assert refused("s3", "get_object", Bucket=BUCKET, Key="uploads/clinic-7/p/u.jpg") == "AccessDenied"
    assert refused("dynamodb", "scan", TableName="results") in ("AccessDeniedException", "403")
    assert refused("iam", "list_roles") == "AccessDenied"


# What docs/clinics.md says that the sign-in of whoever runs `clinic add --iam` and `clinic remove` needs.
NEEDED = ["CreateRole", "GetRole", "PutRolePolicy", "UpdateAssumeRolePolicy", "DeleteRolePolicy", "DeleteRole"]


@pytest.mark.parametrize("missing", [None, "CreateRole", "PutRolePolicy"])
def test_the_permissions_of_the_manual_are_what_the_commands_need(aws: Services, missing: str | None):
    page = (SNIPPET.parent / "clinics.md").read_text("utf-8")
    assert f"| IAM, for `--iam` and `remove` | {', '.join(f'`{one}`' for one in NEEDED)} |" in page
    iam = boto3.client("iam", REGION)
    iam.create_user(UserName="administrator")
    actions = [f"iam:{one}" for one in NEEDED if one != missing]
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}}
    iam.put_user_policy(UserName="administrator", PolicyName="p", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName="administrator")["AccessKey"]
    session: Any = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)
    roles = roles_of(aws, session.client("iam"))
    # The table's calls are made by another sign-in.
    with patch.object(type(aws.clinics), "put"):
        run = set_initial_no_auth_action_count(0)(lambda: _add_twice_and_remove(roles))
        if missing is None:
            run()
        else:
            with pytest.raises(ServiceFault, match="AccessDenied"):
                run()


def _add_twice_and_remove(roles: ClinicRoles) -> None:
    for trusted in ((), (ADMINISTRATOR,)):
        roles.ensure(clinic(), trusted)
    roles.remove(clinic(role=roles.name(clinic())))
    roles.remove(clinic(role=roles.name(clinic())))


def test_the_template_snippet_gives_what_the_command_gives(aws: Services):
    by_template(aws, "clinic-7")
    iam = boto3.client("iam", REGION)
    role = iam.get_role(RoleName="blastlens-prod-clinic-clinic-7")["Role"]
    assert iam.get_role_policy(RoleName=role["RoleName"], PolicyName="api")["PolicyDocument"] == clinic_policy(
        ARN, "clinic-7"
    )
    assert role["Tags"] == [{"Key": "blastlens:clinic", "Value": "clinic-7"}]


def trusted_by(role: str) -> list[str]:
    document = boto3.client("iam", REGION).get_role(RoleName=role.rpartition("/")[2])["Role"][
        "AssumeRolePolicyDocument"
    ]
    return list(document["Statement"][0]["Principal"]["AWS"])


def test_a_role_trusts_the_account_unless_somebody_is_named_and_keeps_whom_it_trusts(aws: Services):
    roles, other = roles_of(aws), "arn:aws:iam::210987654321:role/clinic"
    assert trusted_by(roles.ensure(clinic())) == [f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:root"]
    assert trusted_by(roles.ensure(clinic(), [other])) == [other]
    assert trusted_by(roles.ensure(clinic())) == [other]


def test_a_role_of_that_name_that_is_not_the_clinics_is_left_alone(aws: Services):
    name = "blastlens-prod-clinic-clinic-7"
    boto3.client("iam", REGION).create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    with pytest.raises(InvalidSettings, match="not this clinic's"):
        roles_of(aws).ensure(clinic())


@pytest.mark.parametrize("principal", ["*", "clinic", "arn:aws:s3:::bucket", ""])
def test_nobody_is_trusted_by_anything_but_an_arn_of_a_principal(aws: Services, principal: str):
    with pytest.raises(InvalidSettings, match="not the ARN"):
        roles_of(aws).ensure(clinic(), [principal])


def test_the_table_names_a_role_before_it_exists_so_that_it_never_outlives_its_clinic(aws: Services):
    aws.clinics.put(clinic())
    with pytest.raises(InvalidSettings):
        roles_of(aws).ensure(clinic("x" * 39))
    boto3.client("iam", REGION).create_role(RoleName="blastlens-prod-clinic-clinic-7", AssumeRolePolicyDocument="{}")
    with pytest.raises(InvalidSettings):
        roles_of(aws).ensure(clinic())
    stored = aws.clinics.get("clinic-7")
    assert stored is not None and stored.role == "blastlens-prod-clinic-clinic-7"


def test_a_stack_without_an_api_has_no_roles(aws: Services):
    with pytest.raises(InvalidSettings, match="no API Gateway"):
        ClinicRoles.of_stack(None, aws.clinics, "blastlens-prod", "", aws.topics.first_arn)
