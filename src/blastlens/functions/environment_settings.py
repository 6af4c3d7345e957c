"""Reader of environment variables, from which each function makes its settings."""

import os
from collections.abc import Mapping

from blastlens.domain.errors import InvalidSettings
from blastlens.domain.fields import FieldReader

Environment = Mapping[str, str]


def environment_reader(environment: Environment | None = None) -> FieldReader:
    """Return a reader of `environment`, by default of the process's own.

    Its methods raise InvalidSettings where a variable is missing; the message names it.
    """
    return FieldReader(os.environ if environment is None else environment, _missing)


def _missing(name: str, expected: str, value: object) -> InvalidSettings:
    return InvalidSettings(f"the environment variable {name} is not set")
