"""Confirmed subscriptions to the notices of a clinic."""

from dataclasses import dataclass

from blastlens.cloud.notifications.subscriptions import Subscriptions, SubscriptionState
from blastlens.domain.clinic import Clinic

EVERY_CLINIC = "*"
"""Value of the setting for an address that reads for every clinic; it cannot be a clinic's id."""

_READ = (SubscriptionState.CONFIRMED, SubscriptionState.UNLOCKED)


@dataclass(frozen=True)
class ClinicReaders:
    """The confirmed e-mail subscriptions of clinics.

    Attributes:
        subscriptions: subscriptions in SNS.
        email_subscription: subscription of the template's address; empty for none.
        email_clinic: the clinic that it reads for; `*` for every one.
    """

    subscriptions: Subscriptions
    email_subscription: str = ""
    email_clinic: str = EVERY_CLINIC

    def is_read(self, clinic_id: str, clinic: Clinic | None) -> bool:
        """Check whether a confirmed address receives the notices of a clinic.

        It is the clinic's own where it was added, else the template's, which is all that is left of a removed clinic.

        Raises:
            ServiceFault: SNS refused; ServiceUnavailable where a retry may help.
        """
        if clinic is not None and not clinic.leaving:
            return self.subscriptions.state(clinic.subscription_arn) in _READ
        is_covered = self.email_clinic in (EVERY_CLINIC, clinic_id)
        return is_covered and self.subscriptions.state(self.email_subscription) in _READ
