from dataclasses import replace
from typing import Any

import pytest

from blastlens.cloud.tables.clinics import CLINICS_A_TOPIC, ClinicsTable
from blastlens.domain.clinic import Clinic
from blastlens.domain.errors import InvalidSettings, ServiceFault
from blastlens.domain.text_catalogue import Language
from tests.aws import CLINICS_TABLE, Services


def topic(number: int) -> str:
    return f"topic-{number}"


def clinic(number: int = 0, **changes: Any) -> Clinic:
    made = Clinic(f"c-{number}", f"Clinic {number}", f"lab{number}@clinic.example", Language.ENGLISH, topic_arn="")
    return replace(made, **changes)


def test_a_clinic_is_stored_in_the_first_topic_and_read_as_it_was_stored(aws: Services):
    added = aws.clinics.add(clinic(language=Language.GERMAN), topic)
    assert added == clinic(language=Language.GERMAN, topic_arn="topic-0")
    assert aws.clinics.get("c-0") == added
    assert aws.clinics.get("c-1") is None


def test_a_clinic_that_is_added_again_keeps_the_id_it_has(aws: Services):
    first = aws.clinics.add(clinic(), topic)
    again = aws.clinics.add(clinic(id="c-other", name="CLINIC 0", language=Language.GERMAN), topic)
    assert again == first
    assert aws.clinics.all() == [first]


@pytest.mark.parametrize(
    ("taken", "changes"), [("name", {"email": "x@y.example"}), ("e-mail address", {"name": "Another"})]
)
def test_no_two_clinics_share_a_name_or_an_address(aws: Services, taken: str, changes: dict[str, Any]):
    aws.clinics.add(clinic(), topic)
    with pytest.raises(InvalidSettings, match=f"c-0 has this {taken} already"):
        aws.clinics.add(replace(clinic(id="c-1"), **changes), topic)


def test_a_clinic_that_is_being_removed_is_not_added_again(aws: Services):
    added = aws.clinics.add(clinic(), topic)
    aws.clinics.put(replace(added, leaving=True))
    with pytest.raises(InvalidSettings, match="clinic remove c-0"):
        aws.clinics.add(clinic(), topic)


def test_the_topic_after_a_full_one_takes_the_next_clinic_and_a_free_place_is_taken_first(aws: Services):
    for number in range(CLINICS_A_TOPIC):
        aws.clinics.put(clinic(number, topic_arn="topic-0"))
    assert aws.clinics.add(clinic(900), topic).topic_arn == "topic-1"
    aws.clinics.delete("c-7")
    assert aws.clinics.add(clinic(901), topic).topic_arn == "topic-0"
    assert aws.clinics.add(clinic(902), topic).topic_arn == "topic-1"


class Slow(ClinicsTable):
    """Another client adds a clinic between this one's read and write, once."""

    others: list[Clinic]

    def _items(self):
        seen = list(super()._items())
        if self.others:
            ClinicsTable(self.client, self.name).add(self.others.pop(), topic)
        return iter(seen)


@pytest.mark.parametrize("before", [0, 1])
def test_an_addition_with_an_outdated_version_is_repeated(aws: Services, before: int):
    for number in range(before):
        aws.clinics.add(clinic(100 + number), topic)
    slow = Slow(aws.dynamodb, CLINICS_TABLE)
    object.__setattr__(slow, "others", [clinic(1)])
    with pytest.raises(InvalidSettings, match="c-1 has this name"):
        slow.add(clinic(2, name="Clinic 1"), topic)
    object.__setattr__(slow, "others", [clinic(3)])
    assert slow.add(clinic(4), topic).topic_arn == "topic-0"
    assert len(aws.clinics.all()) == before + 3


def test_clinics_are_listed_by_name(aws: Services):
    for number, name in enumerate(("beta", "Alpha", "gamma")):
        aws.clinics.add(clinic(number, name=name), topic)
    assert [one.name for one in aws.clinics.all()] == ["Alpha", "beta", "gamma"]


def test_a_contact_is_stored_and_everything_else_stays(aws: Services):
    added = aws.clinics.add(clinic(subscription_arn="s", reports_arn="r"), topic)
    assert aws.clinics.set_contact("c-0", "Main Street 1\n+49 30 123456")
    stored = aws.clinics.get("c-0")
    assert stored == replace(added, contact="Main Street 1\n+49 30 123456")
    assert stored.contact_lines == ("Main Street 1", "+49 30 123456")


def test_a_contact_does_not_bring_back_a_clinic_that_was_removed(aws: Services):
    assert not aws.clinics.set_contact("c-0", "Main Street 1")
    assert aws.clinics.all() == []


def test_a_missing_table_is_an_error(aws: Services):
    elsewhere = ClinicsTable(aws.dynamodb, "elsewhere")
    for call in (lambda: elsewhere.get("c-0"), elsewhere.all, lambda: elsewhere.add(clinic(), topic)):
        with pytest.raises(ServiceFault, match="ResourceNotFoundException"):
            call()
