"""Refusals as problems, each with the examination as it is now."""

from blastlens.domain.refusal import Refused
from blastlens.domain.reviewing import FieldsArriving
from blastlens.domain.signing import BasisChanged, CellsMoved, ChecksMissing
from blastlens.domain.text_catalogue import Catalogue
from blastlens.functions.clinician.problems import Problem, ProblemKind
from blastlens.functions.clinician.views import clinician_view
from blastlens.functions.responses import View

REFUSED = (ProblemKind.REFUSED, ProblemKind.CHANGED)
"""Kinds that a route answers which signs or changes what a signature rests on."""


def to_problem(refused: Refused, catalogue: Catalogue) -> Problem:
    """Return the problem of a refusal in the language of a catalogue."""
    more: View = {"examination": clinician_view(refused.examination, catalogue)}
    if isinstance(refused, ChecksMissing):
        more["missing"] = [str(one) for one in refused.missing]
    return Problem(_kind_of(refused), refused.in_language(catalogue), more)


def _kind_of(refused: Refused) -> ProblemKind:
    if isinstance(refused, BasisChanged | CellsMoved):
        return ProblemKind.CHANGED
    if isinstance(refused, FieldsArriving):
        return ProblemKind.SERVICE_BUSY
    return ProblemKind.CHECKS_MISSING if isinstance(refused, ChecksMissing) else ProblemKind.REFUSED
