"""Session of `blastlens sign`: examinations, proven caller and audit trail."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from blastlens.cli.printed_commands import program, typed_options
from blastlens.cloud.audit_trail import AuditTrail
from blastlens.cloud.clients import cloudformation_client, dynamodb_client, logs_client, sts_client
from blastlens.cloud.operations.caller import ProvenCaller, prove_caller
from blastlens.cloud.stack_outputs import stack_outputs
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.domain.access import Access, Subject
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.examination import SIGNED, Examination
from blastlens.domain.upload import ExaminationId

_PAGE = 100


@dataclass(frozen=True)
class Session:
    """What one command works with.

    Whatever it reads is recorded in the audit trail before it is shown, as the HTTP API does.

    Attributes:
        table: the examinations.
        trail: the audit trail.
        caller: who runs the command, as AWS has authenticated them.
        action: the command, for the audit trail.
    """

    table: ExaminationsTable
    trail: AuditTrail
    caller: ProvenCaller
    action: str

    def get(self, identity: ExaminationId) -> Examination:
        """Return an examination.

        Raises:
            InvalidSettings: there is none.
            ServiceFault: AWS refused; ServiceUnavailable where trying again may help.
        """
        found = self.table.get(identity)
        if found is None:
            raise InvalidSettings(
                f"There is no examination {identity}, or none of its fields has been answered yet: see "
                f"`{program()} sign list {identity.clinic_id}{typed_options()}`."
            )
        self._record([found])
        return found

    def worklist(self, clinic_id: str, everything: bool) -> Iterator[Examination]:
        """Yield a clinic's examinations that wait for a signature, urgent ones first.

        With `everything`, signed ones follow.

        Raises:
            ServiceFault: AWS refused; ServiceUnavailable where trying again may help.
        """
        place = None
        while True:
            page = self.table.worklist(clinic_id, _PAGE, place)
            shown = [one for one in page.examinations if everything or one.status not in SIGNED]
            self._record(shown)
            yield from shown
            place = page.next
            if place is None or len(shown) < len(page.examinations):
                return

    def current_time(self) -> datetime:
        """Return the time by AWS's clock (UTC), after a person has taken theirs to decide.

        Raises:
            ServiceFault: AWS refused; ServiceUnavailable where trying again may help.
        """
        return prove_caller(sts_client()).now

    def _record(self, shown: Sequence[Examination]) -> None:
        ids = (one.id for one in shown)
        subjects = [Subject(one.clinic_id, one.patient_id, one.examination_id) for one in ids]
        caller = self.caller
        accesses = [
            Access(caller.now, caller.arn, "command", self.action, 200, caller.request_id, one) for one in subjects
        ]
        if accesses:
            self.trail.write(accesses)


def open_session(stack: str, action: str) -> Session:
    """Return the session of a command of `blastlens sign` for a stack.

    Raises:
        InvalidSettings: the stack does not exist or is too old.
        ServiceFault: AWS refused; ServiceUnavailable where trying again may help.
    """
    names = ("ExaminationsTableName", "AuditLogGroupName")
    outputs = stack_outputs(cloudformation_client(), stack, names)
    table, group = (outputs[name] for name in names)
    return Session(
        ExaminationsTable(dynamodb_client(), table),
        AuditTrail(logs_client(), group),
        prove_caller(sts_client()),
        f"blastlens sign {action}",
    )
