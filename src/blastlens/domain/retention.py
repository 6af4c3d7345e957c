"""How long images and records are kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta

DAYS_AFTER_IMAGES = 7
"""Days for which a record outlives its image at least: S3 deletes expired objects within days."""

DAYS_AFTER_FIELDS = 7
"""Days for which an examination outlives its fields: DynamoDB deletes expired items within days, in any order."""


@dataclass(frozen=True)
class Retention:
    """After how many days images and records are deleted; 0 keeps them.

    A record is never deleted before its image: an image without a record counts as unread, and would be read and
    notified again.
    """

    images_days: int = 0
    records_days: int = 0

    @property
    def deletes_records(self) -> bool:
        """Whether records are deleted after some days."""
        return bool(self.images_days and self.records_days)

    def expiry_of(self, uploaded_at: datetime) -> datetime | None:
        """Return when the record of an image expires that was stored at a time (UTC); None for never."""
        if not self.deletes_records:
            return None
        return uploaded_at + timedelta(days=max(self.records_days, self.images_days + DAYS_AFTER_IMAGES))


KEEP_EVERYTHING = Retention()
"""The default."""
