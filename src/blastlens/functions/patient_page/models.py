"""Models of the patient's API: what `/p/v1` takes and answers."""

from typing import Annotated

from pydantic import Field

from blastlens.domain.finding import Finding
from blastlens.domain.text_catalogue import Language
from blastlens.domain.web_push import MAX_ENDPOINT
from blastlens.functions.clinician.models.common import Answer, Request, Time


class SignIn(Request):
    """Code and PIN that the clinic handed out."""

    code: Annotated[str, Field(min_length=1, max_length=64, description="26 letters and digits, however grouped.")]
    pin: Annotated[str, Field(pattern=r"^ *(?:[0-9] *){6}$", max_length=32, description="Six digits.")]


class ClinicContact(Answer):
    """Whom a patient asks."""

    name: Annotated[str | None, Field(description="Null where the clinic has no name here.")]
    contact: Annotated[list[str], Field(description="Lines of its letterhead: address, telephone and the like.")]


class SignedIn(Answer):
    """A session of 15 minutes."""

    session: Annotated[str, Field(description="Token for `Authorization: Bearer`.")]
    expires_at: Time
    clinic: ClinicContact
    language: Annotated[Language, Field(description="The clinic's.")]
    push_key: Annotated[str | None, Field(description="`applicationServerKey` of Web Push; null for no messages.")]


class HistoryEntry(Answer):
    """A signature: what happened."""

    at: Time
    text: str


class Result(Answer):
    """Signed result of one examination."""

    examination_id: str
    taken_at: Time
    signed_at: Time
    finding: Annotated[Finding | None, Field(description="Null where the clinic withdrew the result.")]
    title: str
    text: Annotated[list[str], Field(description="What was seen, a paragraph each.")]
    next_step: str
    history: list[HistoryEntry]


class Results(Answer):
    """Signed results of a patient, the newest images first."""

    examinations: list[Result]


class SubscriptionKeys(Request):
    """Keys of a browser, base64url."""

    p256dh: Annotated[str, Field(max_length=120)]
    auth: Annotated[str, Field(max_length=40)]


class Subscription(Request):
    """A browser's `PushSubscription`, as its `toJSON` writes it."""

    endpoint: Annotated[str, Field(max_length=MAX_ENDPOINT)]
    keys: SubscriptionKeys
    expirationTime: Annotated[  # noqa: N815 (the browser's name)
        Annotated[float, Field(strict=True, allow_inf_nan=False)] | None, Field(description="Not used.")
    ] = None


class Subscribed(Answer):
    """A browser that gets messages."""

    id: str
