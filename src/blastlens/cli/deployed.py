"""What commands for a deployment share: its stack, named by an option."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from blastlens.domain.catalogue import Language

if TYPE_CHECKING:
    from blastlens.cloud.operations.deployment import Deployment
    from blastlens.cloud.operations.onboarding import Onboarding
    from blastlens.cloud.operations.registration import Registration

Command = Callable[..., Any]

DEFAULT_STACK = "blastlens-dev"
"""What `sam deploy --guided` makes, unless one says otherwise: the name in samconfig.toml."""

LANGUAGES = click.Choice([str(one) for one in Language])


def stack_option(command: Command) -> Command:
    """Add `--stack` to a command."""
    return click.option(
        "--stack", default=DEFAULT_STACK, show_default=True, help="The deployment, by the name of its stack."
    )(command)


def deployment_of(stack: str) -> "Deployment":
    """Return what a stack is made of.

    Raises:
        InvalidSettings: there is no such stack, or it is too old.
        ServiceFault: AWS refused.
    """
    from blastlens.cloud.clients import cloudformation_client
    from blastlens.cloud.operations.deployment import Deployment

    return Deployment.of_stack(cloudformation_client(), stack)


def onboarding_of(stack: str) -> "Onboarding":
    """Return what adds and removes clinics of a stack."""
    from blastlens.cloud.clients import dynamodb_client, sns_client
    from blastlens.cloud.notifications.endpoints import Endpoints
    from blastlens.cloud.notifications.subscriptions import Subscriptions
    from blastlens.cloud.operations.onboarding import Onboarding
    from blastlens.cloud.tables.clinics import ClinicsTable
    from blastlens.cloud.tables.phones import PhonesTable

    deployment, dynamodb, sns = deployment_of(stack), dynamodb_client(), sns_client()
    table = deployment.clinics_table
    return Onboarding(
        ClinicsTable(dynamodb, table), PhonesTable(dynamodb, table), Subscriptions(sns), Endpoints(sns), deployment
    )


def registration_of(onboarding: "Onboarding") -> "Registration":
    """Return what registers phones for the same stack."""
    from blastlens.cloud.operations.registration import Registration

    return Registration(onboarding.phones, onboarding.endpoints, onboarding.deployment.application)
