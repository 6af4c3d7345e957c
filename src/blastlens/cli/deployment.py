"""Option --stack, and access to the deployment of a stack."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from blastlens.domain.text_catalogue import Language

if TYPE_CHECKING:
    from blastlens.cloud.operations.deployment import Deployment
    from blastlens.cloud.operations.onboarding import Onboarding
    from blastlens.cloud.operations.registration import Registration

Command = Callable[..., Any]

DEFAULT_STACK = "blastlens-dev"
"""Default name of the stack in samconfig.toml."""

LANGUAGES = click.Choice([str(one) for one in Language])


def stack_option(command: Command) -> Command:
    """Add `--stack` to a command."""
    return click.option(
        "--stack", default=DEFAULT_STACK, show_default=True, help="Name of the CloudFormation stack of the deployment."
    )(command)


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


def load_registration(onboarding: "Onboarding") -> "Registration":
    """Return the registration of phones for the same stack."""
    from blastlens.cloud.operations.registration import Registration

    return Registration(onboarding.phones, onboarding.endpoints, onboarding.deployment.application)
