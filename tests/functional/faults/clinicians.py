"""What clinicians do in a scenario: they sign examinations, and release those that are held."""

from dataclasses import replace

from blastlens.domain.examination import SETTLED, SIGNED, Examination, ExaminationStatus, Release
from blastlens.domain.signature import Conclusion, Signature, SignatureKind
from tests.functional.faults.world import World

_BECOMES = {
    SignatureKind.ACCEPT: ExaminationStatus.SIGNED,
    SignatureKind.CORRECT: ExaminationStatus.SIGNED,
    SignatureKind.AMEND: ExaminationStatus.AMENDED,
    SignatureKind.RETRACT: ExaminationStatus.RETRACTED,
}
_CALLER = "arn:aws:iam::123456789012:user/vogel"


def sign(world: World, place: int, kind: SignatureKind, conclusion: Conclusion) -> bool:
    """Sign one of the examinations whose state allows this kind of signature; return whether there is one."""
    found = [one for one in world.examinations.all() if _allows(one, kind)]
    if not found:
        return False
    one = found[place % len(found)]
    given = None if kind is SignatureKind.RETRACT else conclusion
    signature = Signature(kind, given, "Dr. Vogel", _CALLER, world.clock(), "seen again", one.totals.basis)
    signed = replace(one, status=_BECOMES[kind], history=(*one.history, signature), revision=one.revision + 1)
    return world.examinations.put(signed, one.revision)


def release(world: World, place: int) -> bool:
    """Release one of the examinations that are held; return whether there is one."""
    found = [one for one in world.examinations.all() if one.is_held]
    if not found:
        return False
    one = found[place % len(found)]
    released = Release("Dr. Vogel", _CALLER, world.clock(), one.totals.basis)
    return world.examinations.put(replace(one, released=released, revision=one.revision + 1), one.revision)


def _allows(one: Examination, kind: SignatureKind) -> bool:
    if kind in (SignatureKind.ACCEPT, SignatureKind.CORRECT):
        return one.status in SETTLED
    return one.status in SIGNED or (kind is SignatureKind.AMEND and one.status is ExaminationStatus.RETRACTED)
