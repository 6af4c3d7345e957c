"""Records and examinations that a command reads, noted in the audit trail."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from blastlens.domain.access import Access, Subject
from blastlens.domain.upload import ExaminationId

if TYPE_CHECKING:
    from blastlens.cloud.audit_trail import AuditTrail
    from blastlens.cloud.operations.caller import ProvenCaller

Read = TypeVar("Read")

_AT_ONCE = 100


def recorded_reads(
    found: Iterable[Read],
    examination_of: Callable[[Read], ExaminationId | None],
    trail: "AuditTrail",
    caller: "ProvenCaller",
    action: str,
) -> Iterator[Read]:
    """Yield what a command reads, after an access to each examination of it was recorded.

    Args:
        found: what is read.
        examination_of: returns the examination that it belongs to; None for none.
        trail: the audit trail.
        caller: who runs the command, as AWS has authenticated them.
        action: the command.

    Raises:
        ServiceFault: the accesses could not be recorded, and what was not recorded is not yielded.
    """
    rest = iter(found)
    while some := list(islice(rest, _AT_ONCE)):
        ids = dict.fromkeys(one for one in map(examination_of, some) if one is not None)
        subjects = [Subject(one.clinic_id, one.patient_id, one.examination_id) for one in ids]
        if subjects:
            trail.write(
                [Access(caller.now, caller.arn, "command", action, 200, caller.request_id, one) for one in subjects]
            )
        yield from some


def open_reads(stack: str) -> "tuple[AuditTrail, ProvenCaller]":
    """Return the audit trail of a stack, and the caller of this command as AWS has authenticated them.

    Raises:
        InvalidSettings: there is no such stack, or it was deployed from an older template.
        ServiceFault: AWS refused; ServiceUnavailable where trying again may help.
    """
    from blastlens.cli.audit_trail import load_audit_trail
    from blastlens.cloud.clients import sts_client
    from blastlens.cloud.operations.caller import prove_caller

    return load_audit_trail(stack), prove_caller(sts_client())
