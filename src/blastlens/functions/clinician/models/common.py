"""Models that several answers of the clinicians' API share."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

ID_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
"""Form of an id of a patient, an examination or an upload."""

Id = Annotated[str, Field(pattern=ID_PATTERN)]
"""Opaque id of a patient, an examination or an upload."""

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""Time by ISO 8601 in UTC."""

Share = Annotated[float, Field(ge=0, le=1)]
"""Share or probability."""


def _refuse_other_than_number(value: object) -> object:
    """Refuse what pydantic would convert, as "5" and true; 5.0 is a whole number in JSON."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("int_type", "not a whole number")
    return value


Whole = Annotated[int, BeforeValidator(_refuse_other_than_number)]
"""Whole number in a request's body."""


class Answer(BaseModel):
    """Part of a response: it has these members and no others."""

    model_config = ConfigDict(extra="forbid")


class Request(BaseModel):
    """Part of a request's body: it may have these members and no others."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class WrongMember(Answer):
    """A value of a request that is missing or wrong."""

    field: str
    message: str


class ProblemDetails(BaseModel):
    """Problem by RFC 9457; `detail` is a sentence with the next step."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    errors: list[WrongMember]


class Link(Answer):
    """Short-lived link to one object of the storage."""

    url: str
    expires_at: Time
