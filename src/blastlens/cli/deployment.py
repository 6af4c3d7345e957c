"""Options of administrative commands, and access to the deployment of a stack."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from blastlens.domain.text_catalogue import Language

if TYPE_CHECKING:
    from blastlens.cloud.operations.clinic_roles import ClinicRoles
    from blastlens.cloud.operations.clinicians import Clinicians
    from blastlens.cloud.operations.deployment import Deployment
    from blastlens.cloud.operations.onboarding import Onboarding
    from blastlens.cloud.operations.registration import Registration

Command = Callable[..., Any]

DEFAULT_STACK = "blastlens-dev"
"""Default name of the stack in samconfig.toml."""

LANGUAGES = click.Choice([str(one) for one in Language])


def deployment_options(command: Command) -> Command:
    """Add `--stack`, `--region` and `--profile` to a command, and run it in that account.

    The command receives the stack only. A missing profile, region or credentials are reported before it starts.
    """

    @wraps(command)
    def run(*arguments: Any, region: str | None, profile: str | None, **options: Any) -> Any:
        from blastlens.cloud.operations.account import use_account

        with use_account(region, profile):
            return command(*arguments, **options)

    for option in (
        click.option("--profile", default=None, help="AWS profile to use; that of the environment by default."),
        click.option(
            "--region",
            envvar="AWS_REGION",
            default=None,
            help="AWS region of the deployment; that of AWS_REGION, AWS_DEFAULT_REGION or the profile by default.",
        ),
        click.option(
            "--stack",
            default=DEFAULT_STACK,
            show_default=True,
            help="Name of the CloudFormation stack of the deployment.",
        ),
    ):
        run = option(run)
    return run


def load_deployment(stack: str) -> "Deployment":
    """Load the resource names of a stack.

    Raises:
        InvalidSettings: the stack does not exist or is too old.
        ServiceFault: AWS refused the request.
    """
    from blastlens.cloud.clients import cloudformation_client
    from blastlens.cloud.operations.deployment import Deployment

    return Deployment.of_stack(cloudformation_client(), stack)


def load_onboarding(stack: str) -> "Onboarding":
    """Return the onboarding of clinics for a stack."""
    from blastlens.cloud.clients import dynamodb_client, sns_client
    from blastlens.cloud.notifications.endpoints import Endpoints
    from blastlens.cloud.notifications.subscriptions import Subscriptions
    from blastlens.cloud.operations.onboarding import Onboarding
    from blastlens.cloud.tables.clinics import ClinicsTable
    from blastlens.cloud.tables.phones import PhonesTable

    deployment, dynamodb, sns = load_deployment(stack), dynamodb_client(), sns_client()
    table = deployment.clinics_table
    return Onboarding(
        ClinicsTable(dynamodb, table), PhonesTable(dynamodb, table), Subscriptions(sns), Endpoints(sns), deployment
    )


def load_clinic_roles(onboarding: "Onboarding", stack: str) -> "ClinicRoles":
    """Return the roles of the clinics of the same stack.

    Raises:
        InvalidSettings: the stack has no API that a role could be for.
    """
    from blastlens.cloud.clients import cloudformation_client, iam_client
    from blastlens.cloud.operations.clinic_roles import ClinicRoles
    from blastlens.cloud.stack_outputs import stack_outputs

    api_url = stack_outputs(cloudformation_client(), stack, ()).get("ApiUrl", "")
    facts = onboarding.deployment
    return ClinicRoles.of_stack(iam_client(), onboarding.clinics, facts.phones_name, api_url, facts.clinic_topic_arn)


def load_clinicians(stack: str) -> "Clinicians":
    """Return the clinicians of a stack.

    Raises:
        InvalidSettings: the stack does not exist or is too old.
    """
    from blastlens.cloud.clients import cloudformation_client, cognito_client
    from blastlens.cloud.operations.clinicians import Clinicians
    from blastlens.cloud.stack_outputs import stack_outputs

    pool_id = stack_outputs(cloudformation_client(), stack, ("UserPoolId",))["UserPoolId"]
    return Clinicians(cognito_client(), pool_id)


def load_registration(onboarding: "Onboarding") -> "Registration":
    """Return the registration of phones for the same stack."""
    from blastlens.cloud.operations.registration import Registration

    return Registration(onboarding.phones, onboarding.endpoints, onboarding.deployment.application)
