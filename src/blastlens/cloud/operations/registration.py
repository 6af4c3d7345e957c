"""Patients' phones come and go: their endpoint first, the table second.

An end between the two while a phone is added leaves an endpoint that nobody publishes to; registering the same token
again finds it.
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
    """What registering phones needs.

    Attributes:
        phones: where phones lie.
        endpoints: how they are reached.
        application: platform → ARN of its platform application.
        new_id: makes an id for a phone.
    """

    phones: PhonesTable
    endpoints: Endpoints
    application: Callable[[Platform], str]
    new_id: Callable[[], str] = lambda: f"d-{secrets.token_hex(_ID_BYTES)}"

    def add(self, wanted: Phone, token: str, shared: bool = False) -> Phone:
        """Register a phone, or its new token; registering the same again changes nothing.

        Args:
            wanted: whose phone it is, on which platform. Its id names the phone whose token has changed; where it is
                empty, it is the phone that has this token, or else a new one. Its endpoint is found here.
            token: what the app got from its platform; for SMS the phone's number.
            shared: whether the phone may be another patient's as well.

        Returns:
            What lies in the table.

        Raises:
            InvalidSettings: the phone is another patient's, or the number is none.
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
        """Forget a phone.

        Raises:
            InvalidSettings: the patient has no such phone.
        """
        for phone in self.phones.of_patient(clinic_id, patient_id):
            if phone.id == phone_id:
                remove_phone(self.phones, self.endpoints, phone)
                return
        raise InvalidSettings(f"This patient has no device {phone_id}: `blastlens patient device list` shows them.")

    def _endpoint(self, platform: Platform, token: str) -> str:
        if platform is not Platform.SMS:
            return self.endpoints.register(self.application(platform), token)
        if not is_phone_number(token):
            raise InvalidSettings("A number for SMS is written as +491701234567, with its country and without spaces.")
        return token

    def _refuse_other_patients(self, wanted: Phone, endpoint: str, shared: bool) -> None:
        owner = (wanted.clinic_id, wanted.patient_id)
        if not shared and any(other != owner for other in self.phones.reached_by(endpoint)):
            raise InvalidSettings(
                "This phone is registered for another patient, whose results it would go on showing. "
                "Remove it there first, or say --shared where one family shares it."
            )


def remove_phone(phones: PhonesTable, endpoints: Endpoints, phone: Phone) -> None:
    """Forget a phone, and delete its endpoint where it is nobody else's; both may be gone already.

    The table forgets last: an end between the two leaves a phone that is listed, and is removed by the next try.
    """
    _delete_unless_used(phones, endpoints, phone)
    phones.remove(phone)


def _delete_unless_used(phones: PhonesTable, endpoints: Endpoints, phone: Phone) -> None:
    if phone.platform is Platform.SMS:
        return
    # The index may lag behind, or show this very phone: whom it shows is looked up.
    owners = set(phones.reached_by(phone.endpoint))
    listed = [one for clinic_id, patient_id in owners for one in phones.of_patient(clinic_id, patient_id)]
    if not any(one.endpoint == phone.endpoint and one != phone for one in listed):
        endpoints.delete(phone.endpoint)
