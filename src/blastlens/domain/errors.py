"""Errors of the package as one class tree; each states whether a retry can help."""

from enum import StrEnum
from typing import ClassVar


class Reason(StrEnum):
    """Reason of a rejection, with the values that records and `--json` contain."""

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
    ONE_COLOUR = "one_colour"
    NO_STAINED_CELLS = "no_stained_cells"
    FEW_STAINED_CELLS = "few_stained_cells"
    NOT_A_SMEAR = "not_a_smear"
    OUT_OF_DISTRIBUTION = "out_of_distribution"
    MAGNIFICATION_TOO_LOW = "magnification_too_low"
    MAGNIFICATION_TOO_HIGH = "magnification_too_high"
    SCALE_UNKNOWN = "scale_unknown"


class BlastlensError(Exception):
    """Root of the tree. `can_retry`: whether the same call may succeed later."""

    can_retry: ClassVar[bool] = False


class UploadRefused(BlastlensError):
    """The upload itself cannot be read.

    It becomes a stored answer and is never retried.

    Attributes:
        reason: machine-readable reason.
        message: one sentence that a technician can act on.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class InvalidEvent(BlastlensError):
    """A message is not a known S3 event; it needs a person's attention."""


class DamagedPackage(BlastlensError):
    """A model package cannot be used.

    A file is missing, changed, or has the wrong shape.
    """


class InvalidData(BlastlensError):
    """A data set, or another file given by the user, cannot be used."""


class InvalidSettings(BlastlensError):
    """Settings, environment variables or options of a command are wrong."""


class ServiceFault(BlastlensError):
    """A service refused a call; a retry does not help (permissions, names).

    Attributes:
        code: the service's own name for the error; "" where it gave none.
    """

    def __init__(self, message: str = "", code: str = "") -> None:
        super().__init__(message)
        self.code = code


class ServiceUnavailable(ServiceFault):
    """A service was busy, slow or unreachable; a retry may help."""

    can_retry = True
