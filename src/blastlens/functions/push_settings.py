"""Settings of messages to patients' browsers."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from blastlens.domain.errors import InvalidSettings
from blastlens.domain.fields import FieldReader


@dataclass(frozen=True)
class PushSettings:
    """Settings of the notify function for messages to browsers.

    Attributes:
        access_table: name of the table of patients' access.
        key_id: the KMS key that signs.
        subject: how a push service reaches whoever sends: `mailto:` and an address, or an https address.
    """

    access_table: str
    key_id: str
    subject: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings from `environment`, by default from the process's own.

        Raises:
            InvalidSettings: a variable is missing; the message names it.
        """
        reader = FieldReader(os.environ if environment is None else environment, _missing)
        return cls(*(reader.text(name) for name in ("PATIENT_ACCESS_TABLE", "PUSH_KEY_ID", "PUSH_SUBJECT")))


def _missing(name: str, expected: str, value: object) -> InvalidSettings:
    return InvalidSettings(f"the environment variable {name} is not set")
