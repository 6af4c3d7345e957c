"""Notifications of patients, by push message or SMS."""

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
from blastlens.domain.notification_plan import NoticeOptions, PatientNotification, PatientSettings, Standing
from blastlens.domain.record import Audience, Record, find_standing
from blastlens.domain.text_catalogue import Language
from blastlens.functions.retries import NO_RETRIES, Retrier

_CORRECTED = "#corrected"


@dataclass(frozen=True)
class NotificationContext:
    """One record, and what is needed to notify about it.

    Attributes:
        record: the record.
        phones: the patient's phones, as of now.
        language: the clinic's; a phone may have one of its own.
        topic_arn: the clinic's own topic; None if the clinic is not in the table.
        readings: every record of the upload, by which a notice says whether it replaces an earlier one.
        retrier: calls the services. Each call has its own mark in the record, so that none is repeated because
            another failed.
    """

    record: Record
    phones: tuple[Phone, ...]
    language: Language
    topic_arn: str | None
    readings: tuple[Record, ...]
    retrier: Retrier = NO_RETRIES

    def standing(self, audience: Audience) -> Standing:
        """Return the standing of the record among those that an audience was notified of."""
        return find_standing(self.record, self.readings, audience)

    def is_delivered_to(self, phone: Phone) -> bool:
        """Return whether a phone accepted this message, not the one that it corrects."""
        return self.delivery_mark(phone) in self.record.pushed

    def delivery_mark(self, phone: Phone) -> str:
        """Return the mark by which the record states that a phone accepted the message."""
        return f"{phone.id}{_CORRECTED}" if self.record.owes_correction else phone.id

    def notify_clinic(self, topics: ClinicTopics, notice: Notice) -> None:
        """Publish a notice to every topic of the clinic."""
        for topic_arn in topics.topics_for(self.topic_arn):
            self.retrier.call("Publish", partial(topics.publish, notice, topic_arn))


@dataclass(frozen=True)
class PatientNotifier:
    """Notifies patients on their phones.

    Attributes:
        results: records which phones accepted the message.
        phones: the table of phones.
        endpoints: delivers to phones.
        topics: where the clinic is notified that a phone is gone.
        settings: when and how patients are notified.
    """

    results: ResultsTable
    phones: PhonesTable
    endpoints: Endpoints
    topics: ClinicTopics
    settings: PatientSettings

    def phones_of(self, record: Record) -> list[Phone]:
        """Return the phones of a record's patient."""
        upload = record.result.upload
        return [] if upload is None else self.phones.of_patient(upload.clinic_id, upload.patient_id)

    def reach(self, record: Record, phones: Sequence[Phone]) -> PatientNotification:
        """Return how the patient is notified of a prediction."""
        if not any(phone.platform is not Platform.SMS or self.settings.sms for phone in phones):
            return PatientNotification.NOBODY
        return (
            PatientNotification.AFTER_SIGN_OFF
            if record.waits_for_sign_off(self.settings.release)
            else PatientNotification.NOTIFIED
        )

    def notify(self, context: NotificationContext) -> bool:
        """Notify a patient on all phones, by SMS if no push message was accepted.

        Returns False if no phone was reached.

        The finding is stored in the record before the message is sent: a sign-off with another finding then leads to a
        correction.

        Raises:
            ServiceFault: a phone could not be notified; the others were, and a retry does not notify them again.
        """
        record = context.record
        if record.reported_finding is None and self.reach(record, context.phones) is not PatientNotification.NOBODY:
            self._mark_finding(context)
        is_reached = self._notify_phones(context)
        if is_reached and record.owes_correction:
            self._mark_finding(context)
        return is_reached

    def _notify_phones(self, context: NotificationContext) -> bool:
        errors: list[BlastlensError] = []
        is_reached = False
        for phone in (one for one in context.phones if one.platform is not Platform.SMS):
            try:
                is_reached |= context.is_delivered_to(phone) or self._push(context, phone)
            except BlastlensError as error:
                errors.append(error)
        if errors:
            raise errors[0]
        if not is_reached and self.settings.sms:
            is_reached = self._send_sms_to_all(context)
        return is_reached

    def _push(self, context: NotificationContext, phone: Phone) -> bool:
        notice = self._notice(context, phone)
        if context.retrier.call("Publish", lambda: self.endpoints.publish(phone.endpoint, notice)):
            self._mark_delivered(context, phone)
            return True
        # The clinic first: a failure in between would otherwise remove the phone without a notice.
        gone = make_phone_gone_notice(context.record, context.language)
        context.notify_clinic(self.topics, gone)
        context.retrier.call("Forget", lambda: self.phones.remove(phone))
        return False

    def _send_sms_to_all(self, context: NotificationContext) -> bool:
        is_reached = False
        for phone in (one for one in context.phones if one.platform is Platform.SMS):
            is_reached |= context.is_delivered_to(phone) or self._send_sms(context, phone)
        return is_reached

    def _send_sms(self, context: NotificationContext, phone: Phone) -> bool:
        notice = self._notice(context, phone)
        is_accepted = context.retrier.call("Publish", lambda: self.endpoints.send_sms(phone.endpoint, notice))
        if is_accepted:
            self._mark_delivered(context, phone)
        return is_accepted

    def _mark_finding(self, context: NotificationContext) -> None:
        record = context.record
        if record.finding is not None:
            context.retrier.call("Mark", partial(self.results.mark_patient_finding, record.id, record.finding))

    def _mark_delivered(self, context: NotificationContext, phone: Phone) -> None:
        mark = context.delivery_mark(phone)
        context.retrier.call("Mark", lambda: self.results.mark_phone_notified(context.record.id, mark))

    def _notice(self, context: NotificationContext, phone: Phone) -> Notice:
        options = NoticeOptions(phone.language or context.language, context.standing(Audience.PATIENT))
        return make_notice(Audience.PATIENT, context.record, None, options)
