import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from blastlens.cloud.notifications.clinic_readers import ClinicReaders
from blastlens.cloud.notifications.endpoints import Endpoints
from blastlens.cloud.notifications.notices import ClinicTopics
from blastlens.cloud.notifications.subscriptions import Subscriptions
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.notice_requests import examinations_to_notify, request_notification
from blastlens.domain.clinic import Clinic, Phone, Platform
from blastlens.domain.delivery_marks import ANNOUNCED
from blastlens.domain.errors import ServiceUnavailable
from blastlens.domain.examination import Examination, ExaminationStatus, Meaning, Told
from blastlens.domain.labels import Label
from blastlens.domain.notice import Notice
from blastlens.domain.notification_plan import PatientRelease, PatientSettings
from blastlens.domain.record import Audience
from blastlens.domain.signature import Conclusion, SignatureKind
from blastlens.domain.text_catalogue import Language
from blastlens.domain.upload import ExaminationId
from blastlens.functions.notify import NotifyDependencies, make_handler
from blastlens.functions.patient_notifications import PatientNotifier
from tests.answers import NOON, PAGE, lambda_context, pass_at_once
from tests.aws import EXAMINATIONS_TABLE, Services
from tests.examinations import EXAMINATION, OTHERS, examination, examination_answer, signature, totals
from tests.unit.domain.test_texts import few_cells
from tests.unit.functions.corpus import event

AT_ONCE = PatientSettings(PatientRelease.AUTOMATIC)
AFTER = PatientSettings(PatientRelease.AFTER_SIGN_OFF)
BENIGN = totals(examination_answer(Label.BENIGN), basis="benign")
HELD = examination(ExaminationStatus.OPEN, counted=totals(shared_with=OTHERS))
Notify = Callable[..., list[str]]


@pytest.fixture
def phone(aws: Services) -> Phone:
    return aws.phone()


@pytest.fixture
def reports(aws: Services) -> str:
    """The topic of reports."""
    return str(aws.sns.create_topic(Name="reports")["TopicArn"])


@pytest.fixture
def parts(aws: Services, reports: str) -> NotifyDependencies:
    return parts_of(aws, reports)


def parts_of(aws: Services, reports: str, settings: PatientSettings = AFTER) -> NotifyDependencies:
    """The function's parts; an address that is confirmed reads for every clinic."""
    topics = ClinicTopics(aws.sns, aws.topics.first_arn, reports)
    patients = PatientNotifier(aws.examinations, aws.phones, aws.endpoints, topics, settings)
    reader = aws.sns.subscribe(TopicArn=aws.topics.first_arn, Protocol="email", Endpoint="labor@see.example")
    readers = ClinicReaders(Subscriptions(aws.sns), reader["SubscriptionArn"])
    return NotifyDependencies(
        aws.examinations, aws.clinics, readers, topics, patients, PAGE, Language.ENGLISH, lambda: NOON, pass_at_once
    )


def stream(*ids: ExaminationId, name: str = "MODIFY") -> dict[str, Any]:
    template = event("stream-examination-ready")["Records"][0]
    return {
        "Records": [
            template
            | {
                "eventName": name,
                "dynamodb": template["dynamodb"]
                | {
                    "Keys": {"patient": {"S": one.patient}, "examination": {"S": one.examination_id}},
                    "SequenceNumber": str(number),
                },
            }
            for number, one in enumerate(ids)
        ]
    }


def store(aws: Services, one: Examination) -> Examination:
    """Store a state of the examination, as examine and api do: whatever notify wrote in between is kept."""
    before = aws.examinations.get(one.id)
    if before is None:
        assert aws.examinations.put(one, None)
        return one
    kept = replace(one, told=before.told, pushed=before.pushed, left_to_clinic=before.left_to_clinic)
    kept = replace(kept, revision=before.revision + 1)
    assert aws.examinations.put(kept, before.revision)
    return kept


def told(parts: NotifyDependencies, recorded, *ids: ExaminationId, name: str = "MODIFY") -> list[str]:
    answer = make_handler(parts, recorded.telemetry)(stream(*(ids or (EXAMINATION,)), name=name), lambda_context())
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def stored(aws: Services) -> Examination:
    one = aws.examinations.get(EXAMINATION)
    assert one is not None
    return one


def counts(aws: Services, reports: str) -> tuple[int, int, int]:
    """How many notices the clinic, how many messages the patient's phones, and how many reports systems were given."""
    phones = aws.phones.of_patient("clinic-7", "patient-41")
    pushed = sum(len(aws.pushed(one.endpoint)) for one in phones if one.platform is not Platform.SMS)
    return len(aws.published(aws.topics.first_arn)), pushed, len(aws.published(reports))


def meanings(aws: Services, audience: Audience) -> list[Meaning]:
    return [one.meaning for one in stored(aws).told.get(audience, ())]


def emails(aws: Services) -> list[str]:
    return [json.loads(one[1])["email"] for one in aws.published(aws.topics.first_arn)]


def subjects(aws: Services) -> list[str]:
    return [one[2] for one in aws.published(aws.topics.first_arn)]


def signed(*kinds: SignatureKind, **changes: Any) -> Examination:
    history = tuple(signature(kind) for kind in kinds)
    status = ExaminationStatus.RETRACTED if kinds[-1] is SignatureKind.RETRACT else ExaminationStatus.SIGNED
    return examination(status, *history, **changes)


ACCEPTED = signed(SignatureKind.ACCEPT)
AMENDED_TO_BENIGN = examination(
    ExaminationStatus.AMENDED, signature(), signature(SignatureKind.AMEND, conclusion=Conclusion.BENIGN)
)
RETRACTED = signed(SignatureKind.ACCEPT, SignatureKind.RETRACT)


def test_the_clinic_is_told_of_a_ready_examination_once_and_the_patient_waits_for_the_signature(
    aws: Services, parts: NotifyDependencies, phone: Phone, reports: str, recorded
):
    store(aws, examination())
    for _ in range(3):
        assert told(parts, recorded, EXAMINATION, EXAMINATION) == []
    assert counts(aws, reports) == (1, 0, 0)
    one = examination()
    notice = Told(Meaning.LEUKEMIA, NOON, one.totals.basis, one.totals.last_taken_at)
    assert stored(aws).told == {Audience.CLINIC: (notice,)}


def test_a_signature_tells_the_patient_and_sends_a_report_to_systems(
    aws: Services, parts: NotifyDependencies, phone: Phone, reports: str, recorded
):
    store(aws, examination())
    told(parts, recorded)
    store(aws, ACCEPTED)
    for _ in range(2):
        assert told(parts, recorded) == []
    assert counts(aws, reports) == (1, 1, 1)
    report = json.loads(json.loads(aws.published(reports)[0][1])["https"])
    assert report["status"] == "final" and aws.published(reports)[0][3]["clinic_id"]["Value"] == "clinic-7"


def test_a_patient_is_told_at_once_where_that_is_admitted(aws: Services, phone: Phone, reports: str, recorded):
    store(aws, examination())
    assert told(parts_of(aws, reports, AT_ONCE), recorded) == []
    assert counts(aws, reports) == (1, 1, 0)


@pytest.mark.parametrize(
    ("one", "subject"),
    [
        (examination(ExaminationStatus.INSUFFICIENT, counted=totals(few_cells())), "has been answered"),
        (examination(ExaminationStatus.INSUFFICIENT, counted=totals(None, fields_read=0)), "has been answered"),
        (HELD, "is held"),
        (replace(ACCEPTED, totals=totals(basis="late")), "came after a signature"),
    ],
)
def test_the_clinic_is_told_of_every_other_outcome_once_and_the_patient_never(
    aws: Services, phone: Phone, reports: str, recorded, one: Examination, subject: str
):
    known = (Told(Meaning.LEUKEMIA, NOON, "b", signatures=1),)
    store(aws, replace(one, told={Audience.PATIENT: known, Audience.SYSTEM: known} if one.history else {}))
    for _ in range(2):
        assert told(parts_of(aws, reports, AT_ONCE), recorded) == []
    assert [subject in text for text in subjects(aws)] == [True]
    assert counts(aws, reports) == (1, 0, 0)


@pytest.mark.parametrize("one", [examination(ExaminationStatus.OPEN), replace(examination(), migrated=True)])
def test_an_open_or_migrated_examination_tells_nobody(
    aws: Services, parts: NotifyDependencies, phone: Phone, reports: str, recorded, one: Examination
):
    store(aws, one)
    assert told(parts, recorded) == []
    assert counts(aws, reports) == (0, 0, 0)


def test_the_clinic_is_told_again_only_when_the_meaning_changes(aws: Services, parts: NotifyDependencies, recorded):
    for one in (
        examination(),
        examination(ExaminationStatus.OPEN),
        examination(counted=totals(basis="more fields of the same meaning")),
        examination(counted=BENIGN),
    ):
        store(aws, one)
        assert told(parts, recorded) == []
    assert meanings(aws, Audience.CLINIC) == [Meaning.LEUKEMIA, Meaning.HARMLESS]
    assert ["This replaces what was sent on 22 November 2026" in one for one in emails(aws)] == [False, True]


def test_a_released_examination_tells_its_answer_and_that_it_was_held(
    aws: Services, parts: NotifyDependencies, recorded
):
    store(aws, HELD)
    told(parts, recorded)
    store(aws, examination())
    told(parts, recorded)
    assert meanings(aws, Audience.CLINIC) == [Meaning.HELD, Meaning.LEUKEMIA]
    assert "Pre-B" not in emails(aws)[0] and "sent on 22 November 2026, 12:00 UTC: held" in emails(aws)[1]


def test_fields_after_a_signature_are_told_once_and_once_more_after_the_next_signature(
    aws: Services, parts: NotifyDependencies, recorded
):
    late = totals(basis="late")
    for history, basis in (((signature(),), "late"), ((signature(),), "later")):
        store(aws, examination(ExaminationStatus.SIGNED, *history, counted=totals(basis=basis)))
        told(parts, recorded)
    assert meanings(aws, Audience.CLINIC) == [Meaning.LATE_FIELD]
    amended = (signature(), signature(SignatureKind.AMEND, basis="late"))
    store(aws, examination(ExaminationStatus.AMENDED, *amended, counted=late))
    told(parts, recorded)
    store(aws, examination(ExaminationStatus.AMENDED, *amended, counted=totals(basis="latest")))
    told(parts, recorded)
    assert meanings(aws, Audience.CLINIC) == [Meaning.LATE_FIELD, Meaning.LATE_FIELD]


def test_a_signature_while_late_fields_are_told_does_not_hide_those_that_follow_it(
    aws: Services, parts: NotifyDependencies, recorded
):
    store(aws, examination(ExaminationStatus.SIGNED, signature(), counted=totals(basis="late")))
    amended = (signature(), signature(SignatureKind.AMEND, basis="late", signed_at=NOON - timedelta(seconds=1)))

    @dataclass(frozen=True)
    class Signing(ClinicTopics):
        """A clinician signs while the notice is sent, by a clock that is behind ours."""

        def publish(self, notice: Notice, topic_arn: str) -> str:
            store(aws, examination(ExaminationStatus.AMENDED, *amended, counted=totals(basis="late")))
            return super().publish(notice, topic_arn)

    topics = Signing(aws.sns, parts.topics.first_arn, parts.topics.report_arn)
    told(replace(parts, topics=topics), recorded)
    store(aws, examination(ExaminationStatus.AMENDED, *amended, counted=totals(basis="latest")))
    told(parts, recorded)
    assert meanings(aws, Audience.CLINIC) == [Meaning.LATE_FIELD, Meaning.LATE_FIELD]


def test_a_patient_is_told_of_a_correction_and_of_a_retraction_in_a_message_of_its_own(
    aws: Services, parts: NotifyDependencies, phone: Phone, recorded
):
    retracted = replace(RETRACTED, history=(*AMENDED_TO_BENIGN.history, signature(SignatureKind.RETRACT)))
    for one in (ACCEPTED, AMENDED_TO_BENIGN, retracted):
        store(aws, one)
        for _ in range(2):
            assert told(parts, recorded) == []
    first, second, third = (one["default"] for one in aws.pushed(phone.endpoint))
    assert "replaces" not in first and "It replaces an earlier result." in second
    assert "withdrawn a result that you were told of" in third
    assert meanings(aws, Audience.PATIENT) == [Meaning.LEUKEMIA, Meaning.HARMLESS, Meaning.RETRACTED]


def test_an_amendment_of_the_same_meaning_sends_a_report_but_tells_the_patient_nothing(
    aws: Services, parts: NotifyDependencies, phone: Phone, reports: str, recorded
):
    for one in (ACCEPTED, signed(SignatureKind.ACCEPT, SignatureKind.AMEND)):
        store(aws, one)
        told(parts, recorded)
    assert counts(aws, reports) == (0, 1, 2)
    statuses = [json.loads(json.loads(one[1])["https"])["status"] for one in aws.published(reports)]
    assert statuses == ["final", "amended"]


def test_a_patient_who_was_told_nothing_is_not_told_of_a_retraction_but_systems_are(
    aws: Services, parts: NotifyDependencies, phone: Phone, reports: str, recorded
):
    store(aws, RETRACTED)
    assert told(parts, recorded) == []
    assert counts(aws, reports) == (0, 0, 1)
    assert json.loads(json.loads(aws.published(reports)[0][1])["https"])["status"] == "entered-in-error"


@pytest.mark.parametrize("conclusion", [Conclusion.OTHER_DISEASE, Conclusion.NOT_ASSESSABLE])
def test_a_conclusion_beside_the_classes_is_told_as_what_it_is(
    aws: Services, parts: NotifyDependencies, phone: Phone, recorded, conclusion: Conclusion
):
    store(aws, examination(ExaminationStatus.SIGNED, signature(SignatureKind.CORRECT, conclusion=conclusion)))
    told(parts, recorded)
    assert meanings(aws, Audience.PATIENT) == [Meaning(str(conclusion))]


@dataclass(frozen=True)
class Broken(Endpoints):
    """Reaches no phone but those that are named.

    Attributes:
        good: endpoints that are reached.
    """

    good: tuple[str, ...] = ()

    def publish(self, endpoint: str, notice: Notice) -> bool:
        if endpoint not in self.good:
            raise ServiceUnavailable("could not notify the patient: Throttled (400)")
        return super().publish(endpoint, notice)


def broken_for_all_but(parts: NotifyDependencies, *good: str) -> NotifyDependencies:
    endpoints = Broken(parts.patients.endpoints.client, good)
    return replace(parts, patients=replace(parts.patients, endpoints=endpoints))


def test_a_retry_notifies_only_those_who_were_not_notified(
    aws: Services, parts: NotifyDependencies, phone: Phone, reports: str, recorded
):
    second = aws.phone("second")
    store(aws, ACCEPTED)
    for _ in range(2):
        assert told(broken_for_all_but(parts, phone.endpoint), recorded) == ["0"]
    assert counts(aws, reports) == (0, 1, 1)
    assert told(parts, recorded) == []
    assert [len(aws.pushed(one.endpoint)) for one in (phone, second)] == [1, 1]


def test_what_fails_for_the_patient_keeps_nothing_from_clinic_and_systems(
    aws: Services, parts: NotifyDependencies, phone: Phone, reports: str, recorded
):
    store(aws, replace(ACCEPTED, totals=totals(basis="late")))
    assert told(broken_for_all_but(parts), recorded) == ["0"]
    assert counts(aws, reports) == (1, 0, 1)


def test_a_retraction_reaches_a_phone_that_may_have_got_the_message_although_nobody_noted_it(
    aws: Services, parts: NotifyDependencies, phone: Phone, recorded
):
    store(aws, ACCEPTED)
    told(broken_for_all_but(parts), recorded)  # the request may have arrived, though its answer was lost
    assert any(mark.startswith(ANNOUNCED) for mark in stored(aws).pushed)
    store(aws, RETRACTED)
    assert told(parts, recorded) == []
    assert "withdrawn" in aws.pushed(phone.endpoint)[0]["default"]


def test_a_correction_before_the_first_message_was_noted_says_that_it_replaces_one(
    aws: Services, parts: NotifyDependencies, phone: Phone, recorded
):
    second = aws.phone("second")
    store(aws, ACCEPTED)
    told(broken_for_all_but(parts, phone.endpoint), recorded)
    store(aws, AMENDED_TO_BENIGN)
    assert told(parts, recorded) == []
    assert [len(aws.pushed(one.endpoint)) for one in (phone, second)] == [2, 1]
    assert "It replaces an earlier result." in aws.pushed(phone.endpoint)[1]["default"]


def test_a_meaning_that_comes_back_is_told_to_every_phone_again(
    aws: Services, parts: NotifyDependencies, phone: Phone, recorded
):
    back = signature(SignatureKind.AMEND, conclusion=Conclusion.PRE_B)
    for one in (ACCEPTED, AMENDED_TO_BENIGN, replace(AMENDED_TO_BENIGN, history=(*AMENDED_TO_BENIGN.history, back))):
        store(aws, one)
        told(parts, recorded)
    assert len(aws.pushed(phone.endpoint)) == 3


class Forgetful(ExaminationsTable):
    """Cannot record a notice."""

    def mark_told(self, identity: ExaminationId, audience: Audience, told: Told, left_to_clinic: bool = False) -> bool:
        raise ServiceUnavailable("could not record a notice")


def test_a_notice_whose_mark_is_lost_comes_again_rather_than_never(
    aws: Services, parts: NotifyDependencies, phone: Phone, reports: str, recorded
):
    store(aws, ACCEPTED)
    forgetful = replace(parts, examinations=Forgetful(aws.dynamodb, EXAMINATIONS_TABLE))
    assert told(forgetful, recorded) == ["0"]
    assert told(parts, recorded) == []
    assert counts(aws, reports) == (0, 1, 2)


def test_a_failed_record_does_not_block_the_others(aws: Services, parts: NotifyDependencies, recorded):
    others = [replace(EXAMINATION, examination_id=f"e{number}") for number in range(2)]
    for one in others:
        store(aws, replace(examination(), id=one))
    broken = stream(others[0], EXAMINATION, others[1])
    broken["Records"][1]["dynamodb"]["Keys"] = {}
    answer = make_handler(parts, recorded.telemetry)(broken, lambda_context())
    assert [item["itemIdentifier"] for item in answer["batchItemFailures"]] == ["1"]
    assert len(emails(aws)) == 2


@pytest.mark.parametrize("name", ["REMOVE", "MODIFY"])
def test_a_removed_examination_notifies_nobody(aws: Services, parts: NotifyDependencies, recorded, name: str):
    assert told(parts, recorded, name=name) == []
    assert emails(aws) == []


def add_clinic(aws: Services, **changes: Any) -> Clinic:
    """A clinic with a topic and a confirmed address of its own."""
    own = aws.sns.create_topic(Name="own")["TopicArn"]
    arn = aws.sns.subscribe(TopicArn=own, Protocol="email", Endpoint="labor@see.example")["SubscriptionArn"]
    clinic = replace(Clinic("clinic-7", "Haus am See", "labor@see.example", Language.GERMAN, own, arn), **changes)
    aws.clinics.put(clinic)
    return clinic


def without_template_address(parts: NotifyDependencies) -> NotifyDependencies:
    return replace(parts, readers=replace(parts.readers, email_subscription=""))


@pytest.mark.parametrize(
    "change",
    [
        {"subscription_arn": ""},
        {"subscription_arn": "arn:aws:sns:eu-central-1:123456789012:own:gone"},
        {"leaving": True},
        None,
    ],
    ids=["not asked", "ended", "leaving", "never added or removed"],
)
def test_a_notice_that_nobody_would_read_stays_owed_and_is_counted_for_the_alarm(
    aws: Services, parts: NotifyDependencies, recorded, change: dict[str, Any] | None
):
    if change is not None:
        add_clinic(aws, **change)
    store(aws, examination())
    assert told(without_template_address(parts), recorded) == []
    assert emails(aws) == [] and stored(aws).told == {}
    assert recorded.metrics()["NoticeOwed"] == [1.0]
    assert [one.id for one in examinations_to_notify(aws.examinations, AFTER.release)] == [EXAMINATION]
    add_clinic(aws)
    assert request_notification(aws.dynamodb, EXAMINATIONS_TABLE, EXAMINATION, NOON)
    assert told(without_template_address(parts), recorded) == []
    assert len(emails(aws)) == 1 and meanings(aws, Audience.CLINIC) == [Meaning.LEUKEMIA]
    assert list(examinations_to_notify(aws.examinations, AFTER.release)) == []


def test_the_templates_address_for_one_clinic_does_not_read_for_another(
    aws: Services, parts: NotifyDependencies, recorded
):
    store(aws, examination())
    told(replace(parts, readers=replace(parts.readers, email_clinic="another")), recorded)
    assert emails(aws) == []
    told(replace(parts, readers=replace(parts.readers, email_clinic="clinic-7")), recorded)
    assert len(emails(aws)) == 1


def test_a_patient_whom_no_phone_reaches_stays_owed_while_nobody_reads_for_the_clinic(
    aws: Services, parts: NotifyDependencies, phone: Phone, recorded
):
    aws.disable(phone.endpoint)
    store(aws, ACCEPTED)
    told(without_template_address(parts), recorded)
    assert not stored(aws).left_to_clinic and aws.phones.of_patient("clinic-7", "patient-41") == [phone]
    assert recorded.metrics()["NoticeOwed"] == [1.0]
    told(parts, recorded)
    assert stored(aws).left_to_clinic
    assert subjects(aws) == ["blastlens: a phone cannot be reached", "blastlens: a patient was not told"]


def test_the_log_names_examination_and_audience_but_no_person_and_no_phone(
    aws: Services, parts: NotifyDependencies, phone: Phone, recorded
):
    aws.disable(phone.endpoint)
    aws.phone("second")
    store(aws, replace(ACCEPTED, totals=totals(basis="late")))
    told(parts, recorded)
    lines = [line for line in recorded.lines if line.get("message") == "notified"]
    assert [line["audience"] for line in lines] == ["clinic", "patient", "system"]
    assert {line["examination_id"] for line in lines} == {"examination-1"}
    assert "patient-41" not in recorded.text and phone.endpoint not in recorded.text


def test_a_message_reaches_all_phones_of_its_patient_and_no_other(
    aws: Services, parts: NotifyDependencies, phone: Phone, recorded
):
    second = aws.phone("second", platform=Platform.APNS)
    strangers = [aws.phone("stranger", patient="patient-42"), aws.phone("longer id", patient="patient-411")]
    store(aws, ACCEPTED)
    told(parts, recorded)
    assert [len(aws.pushed(one.endpoint)) for one in (phone, second, *strangers)] == [1, 1, 0, 0]


def test_a_dead_phone_is_removed_and_the_clinic_is_notified(
    aws: Services, parts: NotifyDependencies, phone: Phone, recorded
):
    alive = aws.phone("alive")
    aws.disable(phone.endpoint)
    store(aws, ACCEPTED)
    assert told(parts, recorded) == []
    assert aws.phones.of_patient("clinic-7", "patient-41") == [alive]
    assert len(aws.pushed(alive.endpoint)) == 1
    assert subjects(aws) == ["blastlens: a phone cannot be reached"]
    assert aws.published(aws.topics.first_arn)[0][3]["clinic_id"]["Value"] == "clinic-7"


def test_a_phone_without_endpoint_counts_as_dead(aws: Services, parts: NotifyDependencies, phone: Phone, recorded):
    aws.endpoints.delete(phone.endpoint)
    store(aws, ACCEPTED)
    assert told(parts, recorded) == []
    assert aws.phones.of_patient("clinic-7", "patient-41") == []


def test_who_has_no_phone_when_the_examination_is_signed_is_left_to_the_clinic_which_reads_it_once(
    aws: Services, parts: NotifyDependencies, recorded
):
    store(aws, examination())
    told(parts, recorded)
    assert "nobody tells them but you" in emails(aws)[0]
    store(aws, ACCEPTED)
    for _ in range(2):
        assert told(parts, recorded) == []
    later = aws.phone("later")
    assert told(parts, recorded) == []
    assert aws.pushed(later.endpoint) == [] and stored(aws).left_to_clinic
    assert subjects(aws)[1:] == ["blastlens: a patient was not told"]


def test_a_phone_registered_before_the_signature_is_notified_after_it(
    aws: Services, parts: NotifyDependencies, recorded
):
    store(aws, examination())
    told(parts, recorded)
    in_time = aws.phone("in time")
    store(aws, ACCEPTED)
    assert told(parts, recorded) == []
    assert len(aws.pushed(in_time.endpoint)) == 1


@pytest.mark.parametrize("sms", [True, False])
def test_sms_is_the_last_resort_and_only_where_it_is_wanted(
    aws: Services, phone: Phone, reports: str, recorded, sms: bool
):
    aws.phone("+491701234567", platform=Platform.SMS)
    parts = parts_of(aws, reports, replace(AFTER, sms=sms))
    store(aws, ACCEPTED)
    told(parts, recorded)
    assert aws.sent_sms() == []
    aws.disable(phone.endpoint)
    store(aws, AMENDED_TO_BENIGN)
    for _ in range(2):
        told(parts, recorded)
    shown = (
        "There is a result for you, from images of your blood of 20 November 2026. Your clinic will explain it to you."
    )
    expected = [("+491701234567", f"blastlens: {shown} It replaces an earlier result.")]
    assert aws.sent_sms() == (expected if sms else [])


def test_notices_are_in_the_clinics_language_or_the_phones_own(aws: Services, parts: NotifyDependencies, recorded):
    clinic = add_clinic(aws)
    german = aws.phone("german")
    english = aws.registration.add(Phone("", "clinic-7", "patient-41", Platform.APNS, "", Language.ENGLISH), "english")
    for one in (examination(), ACCEPTED):
        store(aws, one)
        told(parts, recorded)
    assert "Klasse: Prä-B-ALL" in json.loads(aws.published(clinic.topic_arn)[0][1])["email"]
    assert "Ihre Klinik erklärt es Ihnen" in aws.pushed(german.endpoint)[0]["default"]
    assert "Your clinic will explain it" in aws.pushed(english.endpoint)[0]["default"]


def test_a_signed_examination_measures_the_time_since_the_signature(
    aws: Services, parts: NotifyDependencies, phone: Phone, recorded
):
    def later() -> datetime:
        return NOON + timedelta(seconds=4)

    store(aws, ACCEPTED)
    told(replace(parts, clock=later), recorded)
    assert recorded.metrics()["SignatureToNotice"] == [4.0, 4.0]
