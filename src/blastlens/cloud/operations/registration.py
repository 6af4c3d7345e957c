"""Registering and removing patients' phones.

An interruption between the two while a phone is added leaves an unused endpoint; registering the same token again finds
it.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from blastlens.cloud.notifications.endpoints import Endpoints
from blastlens.cloud.tables.phones import PhonesTable
from blastlens.domain.clinic import Phone, Platform, is_phone_number
from blastlens.domain.errors import InvalidSettings

_ID_BYTES = 8


@dataclass(frozen=True)
class Registration:
    """Registers and removes phones.

    Attributes:
        phones: the table of phones.
        endpoints: phone endpoints.
        application: platform → ARN of its platform application.
        new_id: makes an id for a phone.
    """

    phones: PhonesTable
    endpoints: Endpoints
    application: Callable[[Platform], str]
    new_id: Callable[[], str] = lambda: f"d-{secrets.token_hex(_ID_BYTES)}"

    def add(self, wanted: Phone, token: str, shared: bool = False) -> Phone:
        """Register a phone, or its new token.

        Registering the same phone again changes nothing.

        Args:
            wanted: the phone's patient and platform. Its id names the phone whose token has changed; an empty id means
                the phone that has this token, or else a new one. Its endpoint is ignored.
            token: the app's token from its platform; for SMS the phone's number.
            shared: whether the phone may also belong to another patient.

        Returns:
            The phone that is stored in the table.

        Raises:
            InvalidSettings: the phone belongs to another patient, or the number is invalid.
        """
        endpoint = self._endpoint(wanted.platform, token)
        self._refuse_other_patients(wanted, endpoint, shared)
        known = self.phones.of_patient(wanted.clinic_id, wanted.patient_id)
        same = next((one for one in known if one.endpoint == endpoint and not wanted.id), None)
        identity = wanted.id or (same.id if same else self.new_id())
        former = next((one for one in known if one.id == identity), None)
        phone = replace(wanted, id=identity, endpoint=endpoint)
        self.phones.put(phone)
        if former is not None and former.endpoint != endpoint:
            _delete_unless_used(self.phones, self.endpoints, former)
        return phone

    def remove(self, clinic_id: str, patient_id: str, phone_id: str) -> None:
        """Remove a phone.

        Raises:
            InvalidSettings: the patient has no such phone.
        """
        for phone in self.phones.of_patient(clinic_id, patient_id):
            if phone.id == phone_id:
                remove_phone(self.phones, self.endpoints, phone)
                return
        raise InvalidSettings(f"This patient has no phone {phone_id}: `blastlens patient device list` lists them.")

    def _endpoint(self, platform: Platform, token: str) -> str:
        if platform is not Platform.SMS:
            return self.endpoints.register(self.application(platform), token)
        if not is_phone_number(token):
            raise InvalidSettings("A number for SMS has the form +491701234567, with country code and without spaces.")
        return token

    def _refuse_other_patients(self, wanted: Phone, endpoint: str, shared: bool) -> None:
        owner = (wanted.clinic_id, wanted.patient_id)
        if not shared and any(other != owner for other in self.phones.reached_by(endpoint)):
            raise InvalidSettings(
                "This phone is registered for another patient, whose results it would also show. "
                "Remove it there first, or use --shared if a family shares it."
            )


def remove_phone(phones: PhonesTable, endpoints: Endpoints, phone: Phone) -> None:
    """Remove a phone, and its endpoint unless another patient uses it.

    Both may be deleted already.

    The table is changed last: an interruption leaves a phone that is still listed and can be removed again.
    """
    _delete_unless_used(phones, endpoints, phone)
    phones.remove(phone)


def _delete_unless_used(phones: PhonesTable, endpoints: Endpoints, phone: Phone) -> None:
    if phone.platform is Platform.SMS:
        return
    # The index is eventually consistent and may contain this phone: the table is read for its entries.
    owners = set(phones.reached_by(phone.endpoint))
    listed = [one for clinic_id, patient_id in owners for one in phones.of_patient(clinic_id, patient_id)]
    if not any(one.endpoint == phone.endpoint and one != phone for one in listed):
        endpoints.delete(phone.endpoint)
