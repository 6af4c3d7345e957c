"""The worklist in a browser."""

import pytest
from playwright.sync_api import expect

from blastlens.domain.clinician import Role


@pytest.mark.parametrize("role", [Role.READER, Role.SIGNER])
def test_a_person_who_signs_in_sees_the_worklist_of_their_clinic(desk, ready, role):
    identity = ready()
    page = desk.open(role)
    row = page.get_by_role("row").filter(has_text=identity.patient_id)
    expect(row).to_be_visible()
    expect(row.get_by_role("link", name=identity.patient_id)).to_be_visible()
