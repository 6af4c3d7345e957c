"""Ready users of moto's Cognito, their sign-in, and their tokens."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from blastlens.cloud.operations.clinicians import Clinicians
from blastlens.domain.clinician import Role
from blastlens.local.sign_in.one_time_codes import OneTimeCodes
from blastlens.local.stack.user_pool import UserPool

_NAMES = {Role.READER: "Rosa Reader", Role.SIGNER: "Dr. Simon Signer", Role.ADMIN: "Ada Admin"}

Tokens = Mapping[str, Any]
"""`IdToken`, `AccessToken`, `RefreshToken` and `ExpiresIn` (seconds), as Cognito names them."""


@dataclass(frozen=True)
class ReadyUser:
    """A user with whom anybody may sign in here.

    Attributes:
        name: as it stands beside their signatures.
        email: address that they sign in with.
        role: their only role.
        password: their password.
        codes: their second factor.
    """

    name: str
    email: str
    role: Role
    password: str = field(repr=False)
    codes: OneTimeCodes = field(default_factory=OneTimeCodes)


@dataclass
class Accounts:
    """Users of the embedded cloud's user pool.

    Attributes:
        client: boto3's client of moto's Cognito.
        pool: the user pool.
        ready: the ready users by their addresses.
    """

    client: Any
    pool: UserPool
    ready: dict[str, ReadyUser] = field(default_factory=dict)

    def add_ready_users(self, clinic_id: str) -> list[ReadyUser]:
        """Add a reader, a signer and an admin to a clinic, as `blastlens clinician add` does."""
        clinicians = Clinicians(self.client, self.pool.pool_id)
        added = []
        for role, name in _NAMES.items():
            user = ReadyUser(name, f"{role}@{clinic_id}.example", role, f"Local-{secrets.token_hex(6)}1")
            clinicians.add(clinic_id, frozenset({role}), user.name, user.email, invite=False)
            self.client.admin_set_user_password(
                UserPoolId=self.pool.pool_id, Username=user.email, Password=user.password, Permanent=True
            )
            self.ready[user.email] = user
            added.append(user)
        return added

    def sign_in(self, email: str, password: str, code: str) -> Tokens | None:
        """Return the tokens of a user; None if address, password or one-time code are wrong."""
        user = self.ready.get(email.strip())
        # Every user has a second factor. moto has one secret for all of them, which anybody may read in its source.
        if user is None or not user.codes.accepts(code.strip()):
            return None
        try:
            return self._authenticate("ADMIN_USER_PASSWORD_AUTH", USERNAME=user.email, PASSWORD=password)
        except ClientError:
            return None

    def renew(self, refresh_token: str) -> Tokens | None:
        """Return new tokens for a refresh token; None if it was revoked, or its user was removed."""
        try:
            return {**self._authenticate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=refresh_token)} | {
                "RefreshToken": refresh_token
            }
        except ClientError:
            return None

    def tokens_of(self, user: ReadyUser) -> Tokens:
        """Return the tokens of a ready user, as their sign-in would."""
        return self._authenticate("ADMIN_USER_PASSWORD_AUTH", USERNAME=user.email, PASSWORD=user.password)

    def _authenticate(self, flow: str, **parameters: str) -> Tokens:
        answer = self.client.admin_initiate_auth(
            UserPoolId=self.pool.pool_id, ClientId=self.pool.client_id, AuthFlow=flow, AuthParameters=parameters
        )
        return dict(answer["AuthenticationResult"])
