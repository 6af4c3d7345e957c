"""Who has seen what, and which model reads."""

from blastlens.cloud.audit_trail import AuditTrail
from blastlens.domain.access import Access, Subject
from blastlens.functions.clinician.model_card import SHIPPED, ShownPackage
from blastlens.inference.package import load_package
from tests.answers import NOON
from tests.aws import AUDIT_LOG_GROUP
from tests.unit.functions.clinician.conftest import PLACE, Clinic

SEEN = "GET /v1/patients/{patient_id}/examinations/{examination_id}"


def test_a_signer_sees_who_has_seen_an_examination_and_its_images(clinic: Clinic):
    clinic.put()
    clinic.put(name="other")
    clinic.write()
    clinic.ask("GET", PLACE)
    clinic.ask("GET", f"{PLACE}/fields")
    clinic.ask("GET", PLACE.replace("examination-1", "other"))
    status, trail = clinic.ask("GET", f"{PLACE}/audit-trail", role="signer")
    assert status == 200 and trail["complete"]
    assert {one["action"] for one in trail["accesses"]} == {SEEN, f"{SEEN}/fields", "link image"}
    assert {(one["caller"], one["address"]) for one in trail["accesses"]} == {("user/8f1e", "203.0.113.9")}
    _, again = clinic.ask("GET", f"{PLACE}/audit-trail", role="admin")
    assert f"{SEEN}/audit-trail" in {one["action"] for one in again["accesses"]}


def test_a_reader_does_not_see_who_has_seen_an_examination(clinic: Clinic):
    clinic.put()
    status, body = clinic.ask("GET", f"{PLACE}/audit-trail")
    assert (status, body["type"]) == (403, "urn:blastlens:problem:role-missing")
    assert "signer / admin" in body["detail"]
    assert [one["status"] for one in clinic.accesses()] == [403]


def test_a_trail_that_takes_too_long_is_shown_as_incomplete(clinic: Clinic):
    subject = Subject(clinic.id, "patient-41", "examination-1")
    clinic.aws.trail.write([Access(NOON, "user/1", "203.0.113.9", "GET", 200, "request", subject)])
    times = iter(range(0, 1000, 10))
    slow = AuditTrail(clinic.aws.trail.client, AUDIT_LOG_GROUP, clock=lambda: float(next(times)))
    found, is_complete = slow.read_within(subject, NOON, 5)
    assert len(found) <= 1 and not is_complete


def test_the_deployed_model_is_shown_with_its_limits_and_its_card(clinic: Clinic):
    status, model = clinic.ask("GET", "/v1/model")
    identity = load_package(SHIPPED).identity
    assert status == 200
    assert (model["name"], model["version"], model["digest"]) == (identity.name, identity.version, identity.digest)
    assert model["trained_on"].startswith("Acute Lymphoblastic Leukemia") and len(model["limits"]) > 8
    assert model["limits"][0].startswith("It makes no diagnosis.")
    assert any("does not rule leukemia out" in one for one in model["limits"])
    assert not any(mark in one for one in model["limits"] for mark in ("**", "](", "`"))
    assert model["card"].startswith("# Model card") and "](adr/" not in model["card"] and "<!--" not in model["card"]
    assert clinic.accesses() == []


def test_a_card_keeps_its_links_to_other_sites(tmp_path):
    (tmp_path / "manifest.json").write_text((SHIPPED / "manifest.json").read_text())
    card = "# Card\n\n## Read this first\n\n* [one](adr/1.md) and\n  [two](https://two.example)\n\n## Results\n"
    (tmp_path / "card.md").write_text(card)
    package = ShownPackage.read(tmp_path)
    assert package.limits == ("one and [two](https://two.example)",)
