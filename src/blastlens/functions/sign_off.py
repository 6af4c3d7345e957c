"""A clinician signs a reading: once, however often the request comes."""

from dataclasses import replace

from blastlens.cloud.tables.items import text_of_time
from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.errors import BlastlensError
from blastlens.domain.record import SignOff
from blastlens.domain.result import ResultId


class CannotSign(BlastlensError):
    """A reading cannot be signed so; the message may be shown to who asked."""


def sign(results: ResultsTable, identity: ResultId, word: SignOff) -> SignOff:
    """Store a clinician's word on a reading, and return what is stored.

    A request whose answer was lost comes again, from boto3's own second attempt or from an impatient hand: the same
    word of the same caller is then answered as it was the first time.

    Raises:
        CannotSign: another word is stored already, or the image was rejected.
    """
    if results.sign_off(identity, word):
        return word
    record = results.get(identity)
    stored = record.signed_off if record else None
    if stored is None:
        raise CannotSign("the image was rejected: there is no result to sign")
    if replace(stored, signed_at=word.signed_at) != word:
        when = text_of_time(stored.signed_at)
        raise CannotSign(f"the result is signed already: {stored.label}, by {stored.signed_by}, {when}")
    return stored
