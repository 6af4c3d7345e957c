"""Signatures and releases of examinations, stored once and idempotently."""

from collections.abc import Callable
from dataclasses import replace

from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.domain.errors import BlastlensError, ServiceUnavailable
from blastlens.domain.examination import Examination, Release
from blastlens.domain.signature import Signature
from blastlens.domain.signing import is_released_by, is_repeated, release, sign
from blastlens.domain.upload import ExaminationId

ATTEMPTS = 8
"""How often an examination is read again that changes while a signature is stored, as by a notice that was sent."""

NO_EXAMINATION = "there is no such examination, or none of its fields has been answered yet"


class ExaminationMissing(BlastlensError):
    """There is no such examination."""


def _allow(examination: Examination) -> None:
    """Ask nothing more of an examination that is signed."""


def store_signature(
    table: ExaminationsTable,
    identity: ExaminationId,
    asked: Signature,
    signatures_seen: int,
    check: Callable[[Examination], None] = _allow,
) -> Examination:
    """Store a signature and return the examination with it.

    A request is repeated when its response was lost, by boto3 or by the user. The same signature of the same caller is
    then stored once, and gets the examination as it is now.

    Args:
        table: the examinations.
        identity: the examination.
        asked: the signature; its basis is the one that the signer saw.
        signatures_seen: how many signatures the signer saw in the history.
        check: is called with the examination that is about to be signed, and raises SigningRefused to refuse.

    Raises:
        SigningRefused: another signature was stored meanwhile, or the rules do not allow this one.
        BasisChanged: the fields changed meanwhile.
        ExaminationMissing: there is no such examination.
        ServiceFault: DynamoDB refused; ServiceUnavailable where trying again may help.
    """

    def change(one: Examination) -> Examination:
        if is_repeated(one, asked, signatures_seen):
            return one
        signed = sign(one, asked, signatures_seen)
        check(one)
        return signed

    return _store(table, identity, change)


def store_release(table: ExaminationsTable, identity: ExaminationId, asked: Release) -> Examination:
    """Store the release of a held examination and return it; a repeated request is answered as the first time.

    Raises:
        SigningRefused: it is not held, or somebody else released it.
        BasisChanged: the fields changed meanwhile.
        ExaminationMissing: there is no such examination.
        ServiceFault: DynamoDB refused; ServiceUnavailable where trying again may help.
    """
    return _store(table, identity, lambda one: one if is_released_by(one, asked) else release(one, asked))


def _store(
    table: ExaminationsTable, identity: ExaminationId, change: Callable[[Examination], Examination]
) -> Examination:
    """Store a changed examination; start again from the stored one where that was written meanwhile.

    The change decides each time anew whether it still holds.
    """
    for _ in range(ATTEMPTS):
        found = table.get(identity)
        if found is None:
            raise ExaminationMissing(NO_EXAMINATION)
        changed = change(found)
        if changed is found:
            return found
        changed = replace(changed, revision=found.revision + 1)
        if table.put(changed, found.revision):
            return changed
    raise ServiceUnavailable("could not sign: the examination keeps changing")
