"""User pool of the template, made through moto's API for Cognito."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blastlens.local.clients import LocalClients
from blastlens.local.stack.template import Template

POOL, CLIENT = "UserPool", "UserPoolClient"

# These have no references in the template; moto does not need the others.
_OF_POOL = ("UsernameAttributes", "AutoVerifiedAttributes", "AdminCreateUserConfig", "Policies")
_OF_CLIENT = ("AllowedOAuthFlows", "AllowedOAuthScopes", "ReadAttributes", "WriteAttributes")


@dataclass(frozen=True)
class UserPool:
    """A user pool and its client.

    Attributes:
        pool_id: id of the pool.
        client_id: id of the page's client.
    """

    pool_id: str
    client_id: str

    @property
    def by_logical_id(self) -> Mapping[str, str]:
        """Logical id → physical id."""
        return {POOL: self.pool_id, CLIENT: self.client_id}


def make_user_pool(template: Template, clients: LocalClients) -> UserPool | None:
    """Make the user pool of a plain template and its client; None where it has none.

    moto's CloudFormation does not support it.
    """
    resources = template["Resources"]
    if POOL not in resources or CLIENT not in resources:
        return None
    cognito = clients.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName=POOL, **_literal(resources[POOL]["Properties"], _OF_POOL))["UserPool"]
    given = _literal(resources[CLIENT]["Properties"], _OF_CLIENT)
    made = cognito.create_user_pool_client(
        UserPoolId=pool["Id"], ClientName=CLIENT, ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"], **given
    )
    return UserPool(str(pool["Id"]), str(made["UserPoolClient"]["ClientId"]))


def _literal(properties: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: properties[name] for name in names if name in properties}
