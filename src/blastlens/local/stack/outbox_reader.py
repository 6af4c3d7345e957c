"""Subscription of the outbox, which reads the notices of every clinic."""

from blastlens.local.clients import LocalClients
from blastlens.local.stack.deployment import Stack

_ADDRESS = "outbox@blastlens.invalid"


def subscribe_outbox(stack: Stack, clients: LocalClients) -> str:
    """Subscribe the outbox to the clinics' topic and return the subscription's ARN; again it returns the same.

    It takes the place of the template's address: the embedded services have no subscriptions in CloudFormation.
    """
    made = clients.client("sns").subscribe(
        TopicArn=stack.resources["ClinicTopic"], Protocol="email", Endpoint=_ADDRESS, ReturnSubscriptionArn=True
    )
    return str(made["SubscriptionArn"])
