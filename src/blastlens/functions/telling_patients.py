"""How a patient is told: a message to each of their phones, and to nobody else's."""

from collections.abc import Sequence
from dataclasses import dataclass

from blastlens.cloud.endpoints import Endpoints
from blastlens.cloud.notices import ClinicTopics
from blastlens.cloud.phones import PhonesTable
from blastlens.cloud.results import ResultsTable
from blastlens.domain.catalogue import Language
from blastlens.domain.clinic import Phone, Platform
from blastlens.domain.errors import BlastlensError
from blastlens.domain.notice import Notice, device_gone_notice, notice_for
from blastlens.domain.record import Audience, Record
from blastlens.domain.telling import PatientRelease, PatientSettings, Reach, Telling


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

    def reach(self, record: Record, phones: Sequence[Phone]) -> Reach:
        """Return how the patient hears of a prediction."""
        if not any(phone.platform is not Platform.SMS or self.settings.sms for phone in phones):
            return Reach.NOBODY
        waits = self.settings.release is PatientRelease.AFTER_SIGN_OFF and record.signed_off is None
        return Reach.AFTER_SIGN_OFF if waits else Reach.TOLD

    def tell(self, record: Record, phones: Sequence[Phone], language: Language, topic_arn: str | None) -> bool:
        """Tell a patient on all their phones, by SMS where no push message was taken; False where nobody was reached.

        Args:
            record: what about.
            phones: the patient's.
            language: the clinic's; a phone may have one of its own.
            topic_arn: the clinic's topic, for when a phone is gone.

        Raises:
            ServiceFault: a phone could not be told; the others were, and are not told again by a retry.
        """
        faults: list[BlastlensError] = []
        reached = False
        for phone in (one for one in phones if one.platform is not Platform.SMS):
            try:
                reached |= phone.id in record.pushed or self._push(record, phone, language, topic_arn)
            except BlastlensError as fault:
                faults.append(fault)
        if faults:
            raise faults[0]
        if not reached and self.settings.sms:
            reached = self._send_sms(record, phones, language)
        return reached

    def _push(self, record: Record, phone: Phone, language: Language, topic_arn: str | None) -> bool:
        if self.endpoints.publish(phone.endpoint, self._notice(record, phone, language)):
            self.results.mark_pushed(record.id, phone.id)
            return True
        # The clinic first: a phone that was forgotten without a word would never be missed.
        self.topics.tell(device_gone_notice(record, language), topic_arn)
        self.phones.remove(phone)
        return False

    def _send_sms(self, record: Record, phones: Sequence[Phone], language: Language) -> bool:
        reached = False
        for phone in (one for one in phones if one.platform is Platform.SMS):
            if phone.id in record.pushed:
                reached = True
            elif self.endpoints.send_sms(phone.endpoint, self._notice(record, phone, language)):
                self.results.mark_pushed(record.id, phone.id)
                reached = True
        return reached

    def _notice(self, record: Record, phone: Phone, language: Language) -> Notice:
        return notice_for(Audience.PATIENT, record, "", Telling(phone.language or language, self.settings.detail))
