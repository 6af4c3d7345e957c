"""Clinicians, against moto's Cognito."""

import boto3
import pytest
from moto import mock_aws

from blastlens.cloud.operations.clinicians import Clinicians
from blastlens.domain.clinician import Role
from blastlens.domain.errors import InvalidSettings

ADA = "ada@clinic.example"
READER, SIGNER = frozenset({Role.READER}), frozenset({Role.SIGNER})


@pytest.fixture(scope="module")
def cognito():
    with mock_aws():
        yield boto3.client("cognito-idp", "eu-central-1", aws_access_key_id="a", aws_secret_access_key="b")


@pytest.fixture
def clinicians(cognito):
    pool = cognito.create_user_pool(PoolName="p", UsernameAttributes=["email"])["UserPool"]["Id"]
    return Clinicians(cognito, pool)


def groups_of(clinicians, email):
    found = clinicians.client.admin_list_groups_for_user(UserPoolId=clinicians.pool_id, Username=email)
    return sorted(group["GroupName"] for group in found["Groups"])


def test_a_person_is_added_with_name_and_role_and_waits_for_the_first_sign_in(clinicians):
    added = clinicians.add("c-1", SIGNER, "Dr. Ada Vogel", ADA)
    assert (added.clinician.name, added.clinician.clinic_id, added.clinician.roles) == ("Dr. Ada Vogel", "c-1", SIGNER)
    assert added.is_invited
    assert groups_of(clinicians, ADA) == ["c-1.signer"]
    assert clinicians.of_clinic("c-1") == [added]


def test_adding_again_changes_name_and_roles_and_keeps_the_id(clinicians):
    first = clinicians.add("c-1", SIGNER, "Ada Vogel", ADA)
    second = clinicians.add("c-1", frozenset({Role.READER, Role.ADMIN}), "Dr. Ada Vogel", ADA)
    assert second.clinician.id == first.clinician.id
    assert clinicians.of_clinic("c-1") == [second]
    assert groups_of(clinicians, ADA) == ["c-1.admin", "c-1.reader"]


def test_an_interrupted_change_leaves_too_few_rights_rather_than_too_many(clinicians, monkeypatch):
    clinicians.add("c-1", SIGNER, "Ada", ADA)
    monkeypatch.setattr(clinicians.client, "admin_add_user_to_group", interrupted)
    with pytest.raises(KeyboardInterrupt):
        clinicians.add("c-1", READER, "Ada", ADA)
    assert groups_of(clinicians, ADA) == []
    monkeypatch.undo()
    assert clinicians.add("c-1", READER, "Ada", ADA).clinician.roles == READER


def interrupted(**_):
    raise KeyboardInterrupt


def test_a_person_is_in_one_clinic_only(clinicians):
    clinicians.add("c-1", READER, "Ada", ADA)
    with pytest.raises(InvalidSettings, match="clinic c-1, and a person can be in one clinic only"):
        clinicians.add("c-2", READER, "Ada", ADA)
    assert groups_of(clinicians, ADA) == ["c-1.reader"]


def test_a_removed_person_is_gone_and_may_be_removed_again(clinicians):
    clinicians.add("c-1", READER, "Ada", ADA)
    clinicians.remove("c-1", ADA)
    clinicians.remove("c-1", ADA)
    assert clinicians.of_clinic("c-1") == []


def test_nobody_is_removed_by_another_clinics_id(clinicians):
    clinicians.add("c-1", READER, "Ada", ADA)
    with pytest.raises(InvalidSettings, match="not a clinician of the clinic c-2"):
        clinicians.remove("c-2", ADA)
    assert len(clinicians.of_clinic("c-1")) == 1


def test_passkeys_are_admitted_for_a_person_of_the_clinic_only(clinicians, monkeypatch):
    clinicians.add("c-1", READER, "Ada", ADA)
    asked = []
    monkeypatch.setattr(clinicians.client, "admin_set_user_mfa_preference", lambda **given: asked.append(given))
    with pytest.raises(InvalidSettings, match="not a clinician of the clinic c-2"):
        clinicians.admit_passkeys("c-2", ADA)
    clinicians.admit_passkeys("c-1", ADA)
    (given,) = asked
    assert (given["Username"], given["WebAuthnMfaSettings"]) == (ADA, {"Enabled": True})


def test_a_removed_clinic_takes_its_people_along_and_no_others(clinicians):
    clinicians.add("c-1", READER, "Ada", ADA)
    clinicians.add("c-1", SIGNER, "Bo", "bo@clinic.example")
    clinicians.add("c-10", SIGNER, "Cy", "cy@clinic.example")
    assert clinicians.remove_clinic("c-1") == 2
    assert clinicians.remove_clinic("c-1") == 0
    assert [one.clinician.name for one in clinicians.of_clinic("c-10")] == ["Cy"]
    left = clinicians.client.list_groups(UserPoolId=clinicians.pool_id)["Groups"]
    assert [group["GroupName"] for group in left] == ["c-10.signer"]


def test_people_are_listed_by_name(clinicians):
    for name in ("carla", "Ada", "Bo"):
        clinicians.add("c-1", READER, name, f"{name}@clinic.example")
    assert [one.clinician.name for one in clinicians.of_clinic("c-1")] == ["Ada", "Bo", "carla"]
