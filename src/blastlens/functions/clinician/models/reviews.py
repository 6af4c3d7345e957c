"""Models of reviews: comments, opinions, exclusions, moves of cells, signatures."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import Field

from blastlens.domain.review import CellClass
from blastlens.domain.signature import Check, Conclusion
from blastlens.functions.clinician.models.common import ID_PATTERN, Answer, Id, Request, Time, Whole

MAX_TEXT_LENGTH = 1000
MAX_MOVES = 500

EventId = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
        description="UUID made by the client, so that a repeated request counts once.",
        json_schema_extra={"format": "uuid"},
    ),
]
QuestionId = Annotated[str, Path(pattern=ID_PATTERN, description="Id of the question to a colleague.")]
Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT_LENGTH)]


class Exclusion(Answer):
    """Exclusion of a field, which then does not count."""

    reason: str
    by: str
    at: Time


class Comment(Answer):
    """Comment on an examination."""

    id: str
    by: str
    at: Time
    text: str


class OpinionAnswer(Answer):
    """Answer of a colleague."""

    by: str
    at: Time
    text: str
    conclusion: Conclusion | None


class Opinion(Answer):
    """Question to a colleague; `answer` is null until one has answered."""

    id: str
    asked_by: str
    asked_at: Time
    question: str
    answer: OpinionAnswer | None


class Review(Answer):
    """What people did with an examination beside signing it."""

    comments: list[Comment]
    opinions: list[Opinion]
    exclusions: dict[str, Exclusion]
    moves: int


class CellMove(Request):
    """Move of a cell to another kind; `cell` is its index in the cells of that reading."""

    upload_id: Id
    reading: Annotated[str, Field(min_length=1, max_length=300)]
    cell: Annotated[Whole, Field(ge=0, le=100_000)]
    kind: CellClass


class CellMoves(Request):
    """Moves of cells that are stored together."""

    id: EventId
    moves: Annotated[list[CellMove], Field(min_length=1, max_length=MAX_MOVES)]


class NewExclusion(Request):
    """Exclusion of a field."""

    id: EventId
    reason: Text
    basis: Annotated[str, Field(min_length=1, max_length=128)] | None = Field(
        default=None, description="`basis` as the person saw it; another one is refused by 412."
    )


class NewComment(Request):
    """Comment on an examination."""

    id: EventId
    text: Text


class NewOpinion(Request):
    """Question to a colleague."""

    id: EventId
    question: Text


class NewOpinionAnswer(Request):
    """Answer to the question of a colleague."""

    id: EventId
    text: Text
    conclusion: Conclusion | None = None


class NewSignature(Request):
    """Signature, amendment or retraction. The signer is the user of the token."""

    conclusion: Conclusion | None = None
    reason: Annotated[str, Field(max_length=MAX_TEXT_LENGTH)] | None = None
    basis: Annotated[str, Field(min_length=1, max_length=128)] = Field(description="`basis` as the signer saw it.")
    signatures: Annotated[Whole, Field(ge=0, le=100_000)] = Field(description="`signatures` as the signer saw it.")
    checks: Annotated[list[Check], Field(max_length=3)] = Field(
        default_factory=list, description="What the signer confirms; `checks` of the examination names what applies."
    )
    moves: Annotated[Whole, Field(ge=0)] | None = Field(
        default=None, description="`moves` of the review as the signer saw it; another number is refused by 412."
    )


class FirstSignature(NewSignature):
    """First signature, or the first one after a retraction."""

    kind: Literal["accept", "correct"]


class NewRelease(Request):
    """Statement that the images of a held examination are its patient's own."""

    basis: Annotated[str, Field(min_length=1, max_length=128)]
