"""Clinicians of a deployment: users and groups of its Cognito user pool."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from blastlens.cloud.service_errors import translated_errors
from blastlens.domain.clinician import Clinician, Role, group_name, roles_by_clinic
from blastlens.domain.errors import InvalidSettings

_INVITED = "FORCE_CHANGE_PASSWORD"


@dataclass(frozen=True)
class Account:
    """A user of the pool.

    Attributes:
        clinician: the person.
        email: address that they sign in with.
        is_invited: whether they have not signed in yet.
    """

    clinician: Clinician
    email: str
    is_invited: bool


@dataclass(frozen=True)
class Clinicians:
    """Adds, lists and removes clinicians.

    Every step may be repeated: an interrupted command is run again. Every method raises ServiceFault if Cognito
    refuses, and ServiceUnavailable where a retry may help.

    Attributes:
        client: boto3's client of Cognito user pools.
        pool_id: the user pool.
    """

    client: Any
    pool_id: str

    def add(self, clinic_id: str, roles: frozenset[Role], name: str, email: str, invite: bool = True) -> Account:
        """Add a person to a clinic, or change their name and roles; return the account.

        Cognito sends them an e-mail with a first password, once more if they have not signed in yet.

        Args:
            clinic_id: the clinic.
            roles: at least one.
            name: as it stands beside their signatures.
            email: address that they sign in with.
            invite: whether to send the e-mail.

        Raises:
            InvalidSettings: they are in another clinic.
        """
        groups = self._groups_of(email)
        if others := roles_by_clinic(groups or ()).keys() - {clinic_id}:
            raise InvalidSettings(
                f"{email} is a clinician of the clinic {min(others)}, and a person can be in one clinic only: remove "
                "them there first, or use another address."
            )
        self._ensure_user(name, email, invite, exists=groups is not None)
        wanted = {group_name(clinic_id, role) for role in roles}
        # First what they lose: if this ends in between, they have too few rights rather than too many.
        with translated_errors("change the roles of a clinician"):
            for group in sorted(set(groups or ()) - wanted):
                self.client.admin_remove_user_from_group(UserPoolId=self.pool_id, Username=email, GroupName=group)
            for group in sorted(wanted):
                with suppress(self.client.exceptions.GroupExistsException):
                    self.client.create_group(UserPoolId=self.pool_id, GroupName=group)
                self.client.admin_add_user_to_group(UserPoolId=self.pool_id, Username=email, GroupName=group)
            user = self.client.admin_get_user(UserPoolId=self.pool_id, Username=email)
        return _account(user, user["UserAttributes"], clinic_id, roles)

    def of_clinic(self, clinic_id: str) -> list[Account]:
        """Return the clinicians of a clinic, in the order of their names."""
        found: dict[str, tuple[dict[str, Any], set[Role]]] = {}
        for role in Role:
            for user in self._users_in(group_name(clinic_id, role)):
                found.setdefault(user["Username"], (user, set()))[1].add(role)
        accounts = [_account(user, user["Attributes"], clinic_id, roles) for user, roles in found.values()]
        return sorted(accounts, key=lambda one: (one.clinician.name.casefold(), one.email))

    def remove(self, clinic_id: str, email: str) -> None:
        """Remove a person; they may be removed already.

        They cannot sign in any more. A token that they have is valid until it expires.

        Raises:
            InvalidSettings: they are not a clinician of this clinic.
        """
        groups = self._groups_of(email)
        if groups is None:
            return
        if clinic_id not in roles_by_clinic(groups) and groups:
            raise InvalidSettings(f"{email} is not a clinician of the clinic {clinic_id}.")
        with translated_errors("remove a clinician"), suppress(self.client.exceptions.UserNotFoundException):
            # A deleted user's session could otherwise be renewed until its end.
            self.client.admin_user_global_sign_out(UserPoolId=self.pool_id, Username=email)
            self.client.admin_delete_user(UserPoolId=self.pool_id, Username=email)

    def admit_passkeys(self, clinic_id: str, email: str) -> None:
        """Let a person sign in by a passkey in place of password and code, once they have set up an authenticator app.

        Raises:
            InvalidSettings: they are not a clinician of this clinic.
        """
        if clinic_id not in roles_by_clinic(self._groups_of(email) or ()):
            raise InvalidSettings(f"{email} is not a clinician of the clinic {clinic_id}.")
        with translated_errors("admit passkeys, which need an authenticator app that was set up before"):
            self.client.admin_set_user_mfa_preference(
                UserPoolId=self.pool_id, Username=email, WebAuthnMfaSettings={"Enabled": True}
            )

    def remove_clinic(self, clinic_id: str) -> int:
        """Remove every clinician of a clinic, and its groups; return how many people there were."""
        accounts = self.of_clinic(clinic_id)
        for one in accounts:
            self.remove(clinic_id, one.email)
        missing = self.client.exceptions.ResourceNotFoundException
        with translated_errors("remove the groups of a clinic"):
            for role in Role:
                with suppress(missing):
                    self.client.delete_group(UserPoolId=self.pool_id, GroupName=group_name(clinic_id, role))
        return len(accounts)

    def _ensure_user(self, name: str, email: str, invite: bool, exists: bool) -> None:
        attributes = [{"Name": "name", "Value": name}]
        new = [*attributes, {"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        address: dict[str, Any] = {"UserPoolId": self.pool_id, "Username": email}
        how = {"DesiredDeliveryMediums": ["EMAIL"]} if invite else {"MessageAction": "SUPPRESS"}
        with translated_errors("add a clinician"):
            if not exists:
                self.client.admin_create_user(**address, UserAttributes=new, **how)
                return
            self.client.admin_update_user_attributes(**address, UserAttributes=attributes)
            if invite and self.client.admin_get_user(**address)["UserStatus"] == _INVITED:
                self.client.admin_create_user(**address, MessageAction="RESEND", **how)

    def _groups_of(self, email: str) -> list[str] | None:
        """Return the groups of a user; None if there is no such user."""
        with translated_errors("read the roles of a clinician"):
            try:
                pages = self._pages("admin_list_groups_for_user", "Groups", Username=email)
                return [str(group["GroupName"]) for group in pages]
            except self.client.exceptions.UserNotFoundException:
                return None

    def _users_in(self, group: str) -> list[dict[str, Any]]:
        with translated_errors("list the clinicians"):
            try:
                return list(self._pages("list_users_in_group", "Users", GroupName=group))
            except self.client.exceptions.ResourceNotFoundException:
                return []

    def _pages(self, operation: str, name: str, **arguments: str) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            page = getattr(self.client, operation)(UserPoolId=self.pool_id, **arguments, **token)
            yield from page[name]
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}


def _account(user: Mapping[str, Any], attributes: Any, clinic_id: str, roles: Iterable[Role]) -> Account:
    values = {one["Name"]: one["Value"] for one in attributes}
    person = Clinician(values.get("sub", user["Username"]), values.get("name", ""), clinic_id, frozenset(roles))
    return Account(person, values.get("email", ""), user.get("UserStatus") == _INVITED)
