"""Everything that can go wrong, as one tree; each error knows whether a retry can help."""

from enum import StrEnum
from typing import ClassVar


class Reason(StrEnum):
    """Why an upload was refused, as records and `--json` spell it."""

    INVALID_KEY = "invalid_key"
    OBJECT_MISSING = "object_missing"
    EMPTY = "empty"
    UNKNOWN_FORMAT = "unknown_format"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    TOO_SMALL = "too_small"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_BYTES = "too_many_bytes"
    MULTIPLE_PAGES = "multiple_pages"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    BLURRED = "blurred"
    NO_STAINED_CELLS = "no_stained_cells"
    NOT_A_SMEAR = "not_a_smear"
    OUT_OF_DISTRIBUTION = "out_of_distribution"


class BlastlensError(Exception):
    """Root of the tree. `can_retry` says whether the same call may succeed later."""

    can_retry: ClassVar[bool] = False


class UploadRefused(BlastlensError):
    """The upload itself is at fault: an answer to store and tell, never to retry.

    Attributes:
        reason: the machine-readable cause.
        message: one sentence a technician can act on.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class InvalidEvent(BlastlensError):
    """A message is no S3 event that we know; a person must look at it."""


class DamagedPackage(BlastlensError):
    """A model package cannot be trusted: a file is missing, changed, or of the wrong shape."""


class InvalidData(BlastlensError):
    """A training set cannot be used as it lies there."""


class InvalidSettings(BlastlensError):
    """The environment or a command's options are wrong."""


class ServiceFault(BlastlensError):
    """A service answered with a fault that will stay until somebody mends it (permissions, names)."""


class ServiceUnavailable(ServiceFault):
    """A service was busy, slow or out of reach: trying again may help."""

    can_retry = True
