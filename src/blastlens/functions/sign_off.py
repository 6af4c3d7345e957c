"""Sign-off of a reading: stored once, idempotent for repeated requests."""

from dataclasses import replace

from blastlens.cloud.tables.items import text_of_time
from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.errors import BlastlensError
from blastlens.domain.record import SignOff
from blastlens.domain.result import ResultId


class SignOffRefused(BlastlensError):
    """A reading cannot be signed off in this way.

    The message may be shown to the client.
    """


def store_sign_off(results: ResultsTable, identity: ResultId, sign_off: SignOff) -> SignOff:
    """Store a sign-off and return the stored one.

    A request is repeated when its response was lost, by boto3 or by the user. The same sign-off of the same caller then
    gets the same response as the first time.

    Raises:
        SignOffRefused: another sign-off is stored already, or the image was rejected.
    """
    if results.sign_off(identity, sign_off):
        return sign_off
    record = results.get(identity)
    stored = record.signed_off if record else None
    if stored is None:
        raise SignOffRefused("the image was rejected: there is no result to sign")
    if replace(stored, signed_at=sign_off.signed_at) != sign_off:
        when = text_of_time(stored.signed_at)
        raise SignOffRefused(f"the result is signed already: {stored.label}, by {stored.signed_by}, {when}")
    return stored
