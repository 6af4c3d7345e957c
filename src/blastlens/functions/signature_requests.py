"""Request bodies of signatures and releases, read strictly."""

from collections.abc import Collection
from datetime import datetime

from blastlens.domain.clinic import is_printable_name, tidy_name
from blastlens.domain.examination import Release
from blastlens.domain.fields import FieldReader
from blastlens.domain.signature import Conclusion, Signature, SignatureKind
from blastlens.domain.signing import NEED_CONCLUSION, NEED_REASON
from blastlens.functions.requests import InvalidRequest, body_reader

MAX_NAME_LENGTH = 200
MAX_REASON_LENGTH = 1000
_MAX_SIGNATURES = 100_000


def read_signature(body: object, kinds: Collection[SignatureKind], caller: str, now: datetime) -> tuple[Signature, int]:
    """Return the signature that a body asks for, and how many signatures its signer saw.

    Args:
        body: JSON of the request.
        kinds: the kinds that the route stores; the body names one of them where there are several.
        caller: identity that made the request, as authenticated by the cloud.
        now: the time (UTC).

    Raises:
        InvalidRequest: a field is missing or wrong.
    """
    values = body_reader(body)
    kind = _kind(values, kinds)
    signature = Signature(
        kind=kind,
        conclusion=_conclusion(values, kind),
        signed_by=_person(values, "signed_by"),
        caller=caller,
        signed_at=now,
        reason=read_reason(values.values.get("reason"), kind),
        basis=values.text("basis"),
    )
    return signature, _signatures(values)


def read_release(body: object, caller: str, now: datetime) -> Release:
    """Return the release that a body asks for.

    Raises:
        InvalidRequest: a field is missing or wrong.
    """
    values = body_reader(body)
    return Release(_person(values, "released_by"), caller, now, values.text("basis"))


def read_reason(value: object, kind: SignatureKind) -> str:
    """Return the reason of a signature; empty where its kind needs none and none is given.

    Raises:
        InvalidRequest: it is missing, too long, or has characters that cannot be printed.
    """
    reason = tidy_name(value) if isinstance(value, str) else ""
    if value is not None and not isinstance(value, str):
        raise InvalidRequest("reason has to be a text")
    if not reason:
        if kind in NEED_REASON:
            raise InvalidRequest(f"reason is missing: say why the signature is to {kind}, without naming a person")
        return ""
    if len(reason) > MAX_REASON_LENGTH or not is_printable_name(reason):
        raise InvalidRequest(f"reason has to be one line of at most {MAX_REASON_LENGTH} characters")
    return reason


def read_person(text: str, name: str) -> str:
    """Return the name of a person; errors call it `name`.

    Raises:
        InvalidRequest: it is empty, too long, or has characters that cannot be printed.
    """
    person = tidy_name(text)
    if not 1 <= len(person) <= MAX_NAME_LENGTH:
        raise InvalidRequest(f"{name} has to be a name of 1 to {MAX_NAME_LENGTH} characters")
    if not is_printable_name(person):
        raise InvalidRequest(f"{name} has to be a name without line breaks and other invisible characters")
    return person


def _kind(values: FieldReader, kinds: Collection[SignatureKind]) -> SignatureKind:
    if len(kinds) == 1:
        (only,) = kinds
        return only
    text = values.text("kind")
    if text not in tuple(kinds):
        raise InvalidRequest(f"kind has to be one of {', '.join(kinds)}")
    return SignatureKind(text)


def _conclusion(values: FieldReader, kind: SignatureKind) -> Conclusion | None:
    text = values.values.get("conclusion")
    if text is None:
        if kind in NEED_CONCLUSION:
            raise InvalidRequest(f"conclusion is missing: choose one of {', '.join(Conclusion)}")
        return None
    if kind is SignatureKind.RETRACT:
        raise InvalidRequest("a retraction has no conclusion: amend the examination to sign another one")
    if not isinstance(text, str) or text not in tuple(Conclusion):
        raise InvalidRequest(f"conclusion has to be one of {', '.join(Conclusion)}")
    return Conclusion(text)


def _person(values: FieldReader, name: str) -> str:
    return read_person(values.text(name), name)


def _signatures(values: FieldReader) -> int:
    number = values.values.get("signatures")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= _MAX_SIGNATURES:
        raise InvalidRequest("signatures has to be the number of signatures in the history that the signer saw")
    return number
