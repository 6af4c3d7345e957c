"""Settings of messages to patients' browsers."""

from dataclasses import dataclass
from typing import Self

from blastlens.functions.environment_settings import Environment, environment_reader


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
    def from_environment(cls, environment: Environment | None = None) -> Self:
        """Read the settings from `environment`, by default from the process's own.

        Raises:
            InvalidSettings: a variable is missing; the message names it.
        """
        reader = environment_reader(environment)
        return cls(*(reader.text(name) for name in ("PATIENT_ACCESS_TABLE", "PUSH_KEY_ID", "PUSH_SUBJECT")))
