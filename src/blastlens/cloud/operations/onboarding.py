"""Adding and removing clinics: table, topic and subscription.

A clinic is stored in the table first and deleted from it last. A clinic without a subscription was interrupted while it
was added, one that is `leaving` while it was removed; the same command, run again, continues from there.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

from blastlens.cloud.notifications.endpoints import Endpoints
from blastlens.cloud.notifications.subscriptions import Subscriptions, SubscriptionState, TopicFull, confirmation_token
from blastlens.cloud.operations.deployment import Deployment
from blastlens.cloud.operations.registration import remove_phone
from blastlens.cloud.tables.clinics import ClinicsTable
from blastlens.cloud.tables.phones import PhonesTable
from blastlens.domain.clinic import Clinic
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.text_catalogue import Language

_ID_BYTES = 8


@dataclass(frozen=True)
class Onboarding:
    """Adds and removes clinics.

    Attributes:
        clinics: the table of clinics.
        phones: the table of phones.
        subscriptions: e-mail subscriptions.
        endpoints: phone endpoints.
        deployment: the stack they belong to.
        new_id: makes a random clinic id.
    """

    clinics: ClinicsTable
    phones: PhonesTable
    subscriptions: Subscriptions
    endpoints: Endpoints
    deployment: Deployment
    new_id: Callable[[], str] = lambda: f"c-{secrets.token_hex(_ID_BYTES)}"

    def add(self, name: str, email: str, language: Language, reports_to: str | None = None) -> Clinic:
        """Add a clinic, or finish adding it.

        An unconfirmed address gets another confirmation e-mail. With `reports_to` the system at this https address is
        asked to confirm that it takes signed reports; it replaces another system.

        Raises:
            InvalidSettings: its name or address is another clinic's.
            ServiceFault: a service refused; ServiceUnavailable where a retry may help.
        """
        wanted = Clinic(self.new_id(), name, email, language, topic_arn="")
        clinic = self.clinics.add(wanted, self.deployment.topic)
        if self.state(clinic) not in (SubscriptionState.CONFIRMED, SubscriptionState.UNLOCKED):
            clinic = self._subscribe(clinic)
        return clinic if reports_to is None else self._subscribe_system(clinic, reports_to)

    def state(self, clinic: Clinic) -> SubscriptionState:
        """Return the state of a clinic's subscription."""
        return self.subscriptions.state(clinic.subscription_arn)

    def confirm(self, clinic_id: str, link: str) -> SubscriptionState:
        """Confirm a clinic's subscription with the link of its e-mail.

        After that it cannot be ended by a link.

        Raises:
            InvalidSettings: there is no such clinic, or the link is not one of its own.
        """
        clinic = self.named(clinic_id)
        self.subscriptions.confirm(clinic.topic_arn, confirmation_token(link, clinic.topic_arn))
        return self.state(clinic)

    def remove(self, clinic_id: str) -> None:
        """Remove a clinic, its subscription and its patients' phones, but no results.

        Raises:
            InvalidSettings: there is no such clinic.
        """
        clinic = self.named(clinic_id)
        self.clinics.put(replace(clinic, leaving=True))
        if clinic.subscription_arn:
            self.subscriptions.unsubscribe(clinic.subscription_arn)
        if clinic.reports_arn:
            self.subscriptions.unsubscribe(clinic.reports_arn)
        for phone in self.phones.of_clinic(clinic_id):
            remove_phone(self.phones, self.endpoints, phone)
        self.clinics.delete(clinic_id)

    def named(self, clinic_id: str) -> Clinic:
        """Return the clinic of an id.

        Raises:
            InvalidSettings: there is none of that id.
        """
        clinic = self.clinics.get(clinic_id)
        if clinic is None:
            raise InvalidSettings(f"There is no clinic {clinic_id}: `blastlens clinic list` lists the clinics.")
        return clinic

    def _subscribe(self, clinic: Clinic) -> Clinic:
        for topic_arn in self._topics_from(clinic.topic_arn):
            if topic_arn != self.deployment.clinic_topic_arn:
                self.subscriptions.ensure_topic(topic_arn, self.deployment.key_arn)
            moved = replace(clinic, topic_arn=topic_arn)
            if moved != clinic:
                # Stored before the subscription exists: notify reads the topic from the table for each notice.
                self.clinics.put(moved)
            try:
                arn = self.subscriptions.subscribe(topic_arn, clinic.email, clinic.id)
            except TopicFull:
                continue
            subscribed = replace(moved, subscription_arn=arn)
            self.clinics.put(subscribed)
            return subscribed
        raise AssertionError("there is always a next topic")

    def _subscribe_system(self, clinic: Clinic, url: str) -> Clinic:
        topic_arn = self.deployment.report_topic_arn
        try:
            arn = self.subscriptions.subscribe_system(topic_arn, url, clinic.id)
        except TopicFull:
            raise InvalidSettings(
                "SNS allows no further filter policy on the topic of reports: subscribe one system to the reports of "
                "all clinics, without a filter policy."
            ) from None
        if clinic.reports_arn not in ("", arn):
            self.subscriptions.unsubscribe(clinic.reports_arn)
        subscribed = replace(clinic, reports_arn=arn)
        self.clinics.put(subscribed)
        return subscribed

    def _topics_from(self, topic_arn: str) -> "map[str]":
        first = next(number for number in count() if self.deployment.topic(number) == topic_arn)
        return map(self.deployment.topic, count(first))
