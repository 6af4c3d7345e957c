"""The phones of a scenario's patients."""

from dataclasses import dataclass, field

from blastlens.cloud.tables.phones import PhonesTable
from blastlens.domain.clinic import Phone, Platform
from tests.aws import CLINICS_TABLE
from tests.functional.faults.cloud import Cloud


@dataclass
class GivenPhone:
    """A phone that a patient was given.

    Attributes:
        phone: as it was put into the table.
        late_for: the object versions that were there before it.
        dead_since: the object versions that were there when it died; None as long as it lives.
    """

    phone: Phone
    late_for: frozenset[str]
    dead_since: frozenset[str] | None = None


@dataclass
class Phones:
    """All phones of one scenario.

    Attributes:
        cloud: where they are.
        given: every phone there ever was, oldest first.
    """

    cloud: Cloud
    given: list[GivenPhone] = field(default_factory=list)

    @property
    def table(self) -> PhonesTable:
        """The table that they are in; nothing fails there."""
        return PhonesTable(self.cloud.tables, CLINICS_TABLE)

    def of(self, clinic_id: str, patient_id: str) -> list[GivenPhone]:
        """Return all phones that a patient ever had."""
        return [one for one in self.given if (one.phone.clinic_id, one.phone.patient_id) == (clinic_id, patient_id)]

    def give(self, clinic_id: str, patient_id: str, late_for: frozenset[str]) -> None:
        """Give a patient one more phone."""
        name = f"phone-{len(self.given)}"
        phone = Phone(name, clinic_id, patient_id, Platform.GCM, self.cloud.make_endpoint(name))
        self.table.put(phone)
        self.given.append(GivenPhone(phone, late_for))

    def kill(self, one: GivenPhone, dead_since: frozenset[str]) -> None:
        """Disable a phone's endpoint, as SNS does when the app is removed."""
        self.cloud.topics.set_endpoint_attributes(EndpointArn=one.phone.endpoint, Attributes={"Enabled": "false"})
        one.dead_since = dead_since

    def arn_of(self, name: str) -> str:
        """Return the endpoint of the phone of that id."""
        return next(one.phone.endpoint for one in self.given if one.phone.id == name)

    def is_known(self, one: GivenPhone) -> bool:
        """Return whether a phone is still in the table."""
        return one.phone in self.table.of_patient(one.phone.clinic_id, one.phone.patient_id)
