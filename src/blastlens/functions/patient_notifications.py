"""How a patient is told: a message to each of their phones, and to nobody else's."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from blastlens.cloud.notifications.endpoints import Endpoints
from blastlens.cloud.notifications.notices import ClinicTopics
from blastlens.cloud.tables.phones import PhonesTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.clinic import Phone, Platform
from blastlens.domain.errors import BlastlensError
from blastlens.domain.notice import Notice, make_notice, make_phone_gone_notice
from blastlens.domain.notification_plan import NoticeOptions, PatientNotification, PatientSettings
from blastlens.domain.record import Audience, Record
from blastlens.domain.text_catalogue import Language
from blastlens.functions.retries import AT_ONCE, Steps

_CORRECTED = "#corrected"


@dataclass(frozen=True)
class Occasion:
    """One record of which somebody is to be told.

    Attributes:
        record: what about.
        phones: the patient's, as of now.
        language: the clinic's; a phone may have one of its own.
        topic_arn: the clinic's own topic; None where it is in no table.
        steps: how each call of a service is taken. Each has a mark of its own, so that none is done again because
            another failed.
    """

    record: Record
    phones: tuple[Phone, ...]
    language: Language
    topic_arn: str | None
    steps: Steps = AT_ONCE

    def was_taken_by(self, phone: Phone) -> bool:
        """Tell whether a phone has taken this very message, not the one that it corrects."""
        return self.mark_of(phone) in self.record.pushed

    def mark_of(self, phone: Phone) -> str:
        """Return what notes that a phone has taken the message."""
        return f"{phone.id}{_CORRECTED}" if self.record.owes_correction else phone.id

    def tell_clinic(self, topics: ClinicTopics, notice: Notice) -> None:
        """Hand a notice to every topic on which the clinic is heard."""
        for topic_arn in topics.of(self.topic_arn):
            self.steps.take("Publish", partial(topics.publish, notice, topic_arn))


@dataclass(frozen=True)
class TellingPatients:
    """What telling patients needs.

    Attributes:
        results: notes which phone was reached.
        phones: which phones a patient has.
        endpoints: how they are reached.
        topics: where a clinic learns that a phone is gone.
        settings: when and how patients are told.
    """

    results: ResultsTable
    phones: PhonesTable
    endpoints: Endpoints
    topics: ClinicTopics
    settings: PatientSettings

    def phones_of(self, record: Record) -> list[Phone]:
        """Return the phones of the patient a record is about."""
        upload = record.result.upload
        return [] if upload is None else self.phones.of_patient(upload.clinic_id, upload.patient_id)

    def reach(self, record: Record, phones: Sequence[Phone]) -> PatientNotification:
        """Return how the patient hears of a prediction."""
        if not any(phone.platform is not Platform.SMS or self.settings.sms for phone in phones):
            return PatientNotification.NOBODY
        return (
            PatientNotification.AFTER_SIGN_OFF
            if record.waits_for_sign_off(self.settings.release)
            else PatientNotification.NOTIFIED
        )

    def tell(self, occasion: Occasion) -> bool:
        """Tell a patient on all their phones, by SMS where no push message was taken; False where nobody was reached.

        What they hear is noted before it is sent: whoever signs otherwise from then on finds what has to be put right.

        Raises:
            ServiceFault: a phone could not be told; the others were, and are not told again by a retry.
        """
        record = occasion.record
        if record.reported_finding is None and self.reach(record, occasion.phones) is not PatientNotification.NOBODY:
            self._mark_heard(occasion)
        reached = self._tell_phones(occasion)
        if reached and record.owes_correction:
            self._mark_heard(occasion)
        return reached

    def _tell_phones(self, occasion: Occasion) -> bool:
        faults: list[BlastlensError] = []
        reached = False
        for phone in (one for one in occasion.phones if one.platform is not Platform.SMS):
            try:
                reached |= occasion.was_taken_by(phone) or self._push(occasion, phone)
            except BlastlensError as fault:
                faults.append(fault)
        if faults:
            raise faults[0]
        if not reached and self.settings.sms:
            reached = self._send_sms(occasion)
        return reached

    def _push(self, occasion: Occasion, phone: Phone) -> bool:
        notice = self._notice(occasion, phone)
        if occasion.steps.take("Publish", lambda: self.endpoints.publish(phone.endpoint, notice)):
            self._mark(occasion, phone)
            return True
        # The clinic first: a phone that was forgotten without a word would never be missed.
        gone = make_phone_gone_notice(occasion.record, occasion.language)
        occasion.tell_clinic(self.topics, gone)
        occasion.steps.take("Forget", lambda: self.phones.remove(phone))
        return False

    def _send_sms(self, occasion: Occasion) -> bool:
        reached = False
        for phone in (one for one in occasion.phones if one.platform is Platform.SMS):
            reached |= occasion.was_taken_by(phone) or self._text(occasion, phone)
        return reached

    def _text(self, occasion: Occasion, phone: Phone) -> bool:
        notice = self._notice(occasion, phone)
        taken = occasion.steps.take("Publish", lambda: self.endpoints.send_sms(phone.endpoint, notice))
        if taken:
            self._mark(occasion, phone)
        return taken

    def _mark_heard(self, occasion: Occasion) -> None:
        record = occasion.record
        if record.finding is not None:
            occasion.steps.take("Mark", partial(self.results.mark_heard, record.id, record.finding))

    def _mark(self, occasion: Occasion, phone: Phone) -> None:
        occasion.steps.take("Mark", lambda: self.results.mark_pushed(occasion.record.id, occasion.mark_of(phone)))

    def _notice(self, occasion: Occasion, phone: Phone) -> Notice:
        telling = NoticeOptions(phone.language or occasion.language, self.settings.detail)
        return make_notice(Audience.PATIENT, occasion.record, None, telling)
