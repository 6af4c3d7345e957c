"""Notifications of patients, by push message to phones and browsers, or by SMS."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from blastlens.cloud.notifications.endpoints import Endpoints
from blastlens.cloud.notifications.notices import ClinicTopics
from blastlens.cloud.notifications.web_push import WebPush
from blastlens.cloud.tables.browsers import BrowsersTable
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.phones import PhonesTable
from blastlens.domain.clinic import Phone, Platform
from blastlens.domain.delivery_marks import announcement_mark, delivery_mark, is_replacement
from blastlens.domain.errors import BlastlensError
from blastlens.domain.examination import Examination, Meaning
from blastlens.domain.notice import Notice, make_patient_notice, make_phone_gone_notice
from blastlens.domain.notification_plan import PatientNotification, PatientSettings
from blastlens.domain.patient import patient_of
from blastlens.domain.record import Audience
from blastlens.domain.text_catalogue import Language
from blastlens.domain.upload import ExaminationId
from blastlens.domain.web_push import Browser, make_push_payload
from blastlens.functions.retries import NO_RETRIES, Retrier


@dataclass(frozen=True)
class NotificationContext:
    """One examination, and what is needed to notify about it.

    Attributes:
        examination: the examination, as of now.
        phones: the patient's phones, as of now.
        language: the clinic's; a phone may have one of its own.
        topic_arn: the clinic's own topic; None if the clinic is not in the table.
        is_clinic_read: whether somebody reads the clinic's notices.
        retrier: calls the services. Each call has its own mark in the examination, so that none is repeated because
            another failed.
        browsers: the patient's browsers, as of now.
        report_refusal: is called with the status by which a push service refuses a message for good.
    """

    examination: Examination
    phones: tuple[Phone, ...]
    language: Language
    topic_arn: str | None
    is_clinic_read: bool
    retrier: Retrier = NO_RETRIES
    browsers: tuple[Browser, ...] = ()
    report_refusal: Callable[[int], None] = lambda status: None

    def notify_clinic(self, topics: ClinicTopics, notice: Notice) -> None:
        """Publish a notice to every topic of the clinic."""
        for topic_arn in topics.topics_for(self.topic_arn):
            self.retrier.call("Publish", partial(topics.publish, notice, topic_arn))


@dataclass(frozen=True)
class BrowserPush:
    """What is needed to send messages to browsers.

    Attributes:
        browsers: the table of browsers.
        push: sends messages to them.
    """

    browsers: BrowsersTable
    push: WebPush


@dataclass(frozen=True)
class PatientNotifier:
    """Notifies patients on their phones and in their browsers.

    Attributes:
        examinations: records which phones accepted the message.
        phones: the table of phones.
        endpoints: delivers to phones.
        topics: where the clinic is notified that a phone is gone.
        settings: when and how patients are notified.
        browser_push: sends messages to browsers; None where there is no page for patients.
    """

    examinations: ExaminationsTable
    phones: PhonesTable
    endpoints: Endpoints
    topics: ClinicTopics
    settings: PatientSettings
    browser_push: BrowserPush | None = None

    def phones_of(self, identity: ExaminationId) -> list[Phone]:
        """Return the phones of an examination's patient."""
        return self.phones.of_patient(identity.clinic_id, identity.patient_id)

    def browsers_of(self, identity: ExaminationId, now: datetime) -> list[Browser]:
        """Return the browsers of an examination's patient whose access code has not expired."""
        if self.browser_push is None:
            return []
        return [one for one in self.browser_push.browsers.of_patient(patient_of(identity)) if now < one.expires_at]

    def reach(self, context: NotificationContext) -> PatientNotification:
        """Return how the patient is notified of the examination."""
        examination = context.examination
        if not self._can_reach(context):
            return PatientNotification.NOBODY
        is_told = examination.meaning_for(Audience.PATIENT, self.settings.release) is not None
        return PatientNotification.NOTIFIED if is_told else PatientNotification.AFTER_SIGN_OFF

    def notify(self, meaning: Meaning, context: NotificationContext) -> bool:
        """Notify a patient on all phones and in all browsers, by SMS if no push message was accepted.

        Returns False if none was reached.

        That a message is about to be sent is stored before it is: whatever comes in between, a later correction or
        retraction finds that the patient may have been told.

        Raises:
            ServiceFault: one could not be notified; the others were, and a retry does not notify them again.
        """
        if self._can_reach(context):
            self._mark(context, announcement_mark(context.examination, meaning))
        phones = [one for one in context.phones if one.platform is not Platform.SMS]
        attempts = [(one.id, partial(self._push, meaning, context, one)) for one in phones]
        attempts += [(one.id, partial(self._push_to_browser, meaning, context, one)) for one in context.browsers]
        errors: list[BlastlensError] = []
        is_reached = False
        for identity, attempt in attempts:
            try:
                is_reached |= self._is_delivered(meaning, context, identity) or attempt()
            except BlastlensError as error:
                errors.append(error)
        if errors:
            raise errors[0]
        if not is_reached and self.settings.sms:
            is_reached = self._send_sms_to_all(meaning, context)
        return is_reached

    def _can_reach(self, context: NotificationContext) -> bool:
        is_usable = (phone.platform is not Platform.SMS or self.settings.sms for phone in context.phones)
        return any(is_usable) or bool(context.browsers)

    def _is_delivered(self, meaning: Meaning, context: NotificationContext, identity: str) -> bool:
        """Return whether a phone or browser accepted this message, not the one that it replaces."""
        return delivery_mark(context.examination, meaning, identity) in context.examination.pushed

    def _push(self, meaning: Meaning, context: NotificationContext, phone: Phone) -> bool:
        notice = self._notice(meaning, context, phone)
        if context.retrier.call("Publish", lambda: self.endpoints.publish(phone.endpoint, notice)):
            self._mark(context, delivery_mark(context.examination, meaning, phone.id))
            return True
        if context.is_clinic_read:
            # The clinic first: a failure in between would otherwise remove the phone without a notice.
            context.notify_clinic(self.topics, make_phone_gone_notice(context.examination, context.language))
            context.retrier.call("Forget", lambda: self.phones.remove(phone))
        return False

    def _push_to_browser(self, meaning: Meaning, context: NotificationContext, browser: Browser) -> bool:
        assert self.browser_push is not None, "there are no browsers without it"
        given = self.browser_push
        payload = make_push_payload(browser.language)
        delivery = context.retrier.call("Publish", lambda: given.push.publish(browser, payload))
        if delivery.is_accepted:
            self._mark(context, delivery_mark(context.examination, meaning, browser.id))
            return True
        if delivery.is_gone:
            # Without a notice to the clinic, unlike a phone: the patient switched messages off. Where nothing else
            # reaches the patient, the clinic gets the notice of that.
            context.retrier.call("Forget", lambda: given.browsers.remove(browser))
        else:
            context.report_refusal(delivery.status)
        return False

    def _send_sms_to_all(self, meaning: Meaning, context: NotificationContext) -> bool:
        is_reached = False
        for phone in (one for one in context.phones if one.platform is Platform.SMS):
            is_reached |= self._is_delivered(meaning, context, phone.id) or self._send_sms(meaning, context, phone)
        return is_reached

    def _send_sms(self, meaning: Meaning, context: NotificationContext, phone: Phone) -> bool:
        notice = self._notice(meaning, context, phone)
        is_accepted = context.retrier.call("Publish", lambda: self.endpoints.send_sms(phone.endpoint, notice))
        if is_accepted:
            self._mark(context, delivery_mark(context.examination, meaning, phone.id))
        return is_accepted

    def _mark(self, context: NotificationContext, mark: str) -> None:
        if mark not in context.examination.pushed:
            identity = context.examination.id
            context.retrier.call("Mark", lambda: self.examinations.mark_phone(identity, mark))

    def _notice(self, meaning: Meaning, context: NotificationContext, phone: Phone) -> Notice:
        one, language = context.examination, phone.language or context.language
        return make_patient_notice(one, meaning, language, is_replacement(one, meaning))
