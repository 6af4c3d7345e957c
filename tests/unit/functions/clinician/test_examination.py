"""One examination: answer, review, report by FHIR."""

import json

from blastlens.cloud.tables.tombstones import Tombstones
from blastlens.domain.examination import ExaminationStatus
from blastlens.domain.labels import Label
from blastlens.domain.patient import PatientId
from blastlens.domain.review import Comment, Content, Exclusion, Opinion, Question, ReviewEvent
from blastlens.domain.signature import Conclusion, SignatureKind
from tests.answers import NOON
from tests.aws import CONTENTS_TABLE, EXAMINATIONS_TABLE
from tests.examinations import examination, examination_answer, signature, totals
from tests.unit.functions.clinician.conftest import PATIENT, PLACE, Clinic

SIGNED = examination(ExaminationStatus.SIGNED, signature())
RETRACTED = examination(ExaminationStatus.RETRACTED, signature(), signature(SignatureKind.RETRACT))


def test_an_examination_is_shown_with_a_sentence_its_review_and_its_differential(clinic: Clinic):
    clinic.put()
    response = clinic.respond("GET", PLACE)
    shown = json.loads(response["body"])
    assert response["statusCode"] == 200 and response["headers"]["ETag"] == '"1-en"'
    assert shown["summary"] == "Pre-B ALL: at least 180 of 240 white cells look like blasts."
    assert (shown["urgency"], shown["revision"]) == ("high", 1)
    assert shown["review"] == {"comments": [], "opinions": [], "exclusions": {}, "moves": 0}
    assert shown["differential"]["blast_share"] is None


def test_an_examination_that_did_not_change_is_neither_shown_nor_recorded_again(clinic: Clinic):
    stored = clinic.put()
    seen = {"if-none-match": clinic.respond("GET", PLACE)["headers"]["ETag"]}
    assert clinic.respond("GET", PLACE, headers=seen)["statusCode"] == 304 and len(clinic.accesses()) == 1
    event = ReviewEvent("event-1", "Dr. Amsel", "user/1", NOON, Comment("look"))
    assert clinic.aws.reviews.add(event, stored)
    assert clinic.respond("GET", PLACE, headers=seen)["statusCode"] == 200 and len(clinic.accesses()) == 2


def test_the_sentence_is_in_the_language_of_the_request(clinic: Clinic):
    clinic.put(examination(counted=totals(examination_answer(Label.BENIGN))))
    _, shown = clinic.ask("GET", PLACE, language="de")
    assert shown["summary"] == "Gutartig (Hämatogone) bei 240 weißen Blutzellen; das schließt Leukämie nicht aus."


def test_a_review_is_shown_with_who_did_what(clinic: Clinic):
    stored = clinic.put()
    contents: tuple[Content, ...] = (
        Comment("look at field 3"),
        Question("blasts?"),
        Opinion("event-1", "yes", Conclusion.PRE_B),
        Exclusion("field-1", "field-1#v1", "blurred"),
    )
    for number, content in enumerate(contents):
        event = ReviewEvent(f"event-{number}", "Dr. Amsel", "user/1", NOON, content)
        seen = clinic.aws.examinations.get(stored.id)
        assert seen is not None and clinic.aws.reviews.add(event, seen)
    _, shown = clinic.ask("GET", PLACE)
    review, at = shown["review"], "2026-11-22T12:00:00.000Z"
    assert review["comments"] == [{"id": "event-0", "by": "Dr. Amsel", "at": at, "text": "look at field 3"}]
    assert review["opinions"][0]["answer"]["conclusion"] == "pre_b"
    assert review["exclusions"] == {"field-1": {"reason": "blurred", "by": "Dr. Amsel", "at": at}}
    assert "user/1" not in json.dumps(shown)


def test_an_examination_that_was_erased_while_open_is_gone(clinic: Clinic):
    patient = PatientId(clinic.id, PATIENT)
    Tombstones(clinic.aws.dynamodb, EXAMINATIONS_TABLE, CONTENTS_TABLE).add(patient, NOON)
    status, body = clinic.ask("GET", PLACE)
    assert (status, body["type"]) == (410, "urn:blastlens:problem:patient-erased")


def test_another_clinics_examination_does_not_exist(clinic: Clinic, shared):
    clinic.put()
    clinic.write()
    other = Clinic(*shared)
    for part in ("", "/fields", "/fields/field-1", "/cells", "/fhir"):
        status, body = other.ask("GET", PLACE + part)
        assert (status, body["type"]) == (404, "urn:blastlens:problem:examination-missing"), part
        assert clinic.id not in json.dumps(body)
    assert other.accesses() and all(one["status"] == 404 for one in other.accesses())


def test_a_signed_report_leaves_as_fhir(clinic: Clinic):
    clinic.put(SIGNED)
    response = clinic.respond("GET", f"{PLACE}/fhir")
    assert (response["statusCode"], response["headers"]["Content-Type"]) == (200, "application/fhir+json")
    (entry,) = json.loads(response["body"])["entry"]
    assert entry["resource"]["resourceType"] == "DiagnosticReport" and entry["resource"]["status"] == "final"


def test_nothing_leaves_as_a_report_that_nobody_has_signed(clinic: Clinic):
    clinic.put()
    clinic.put(RETRACTED, name="retracted")
    for place in (PLACE, PLACE.replace("examination-1", "retracted")):
        status, body = clinic.ask("GET", f"{place}/fhir")
        assert (status, body["type"]) == (409, "urn:blastlens:problem:not-signed")


def test_a_path_with_a_line_break_at_its_end_is_another_path(clinic: Clinic):
    clinic.put()
    assert clinic.ask("GET", f"{PLACE}\n")[0] == 404
