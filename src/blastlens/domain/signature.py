"""Signatures: the append-only history of what clinicians concluded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from blastlens.domain.finding import Finding
from blastlens.domain.labels import WORDS, Label


class Conclusion(StrEnum):
    """What a clinician concludes from a smear."""

    BENIGN = "benign"
    EARLY_PRE_B = "early_pre_b"
    PRE_B = "pre_b"
    PRO_B = "pro_b"
    MALIGNANT = "malignant"
    """Acute lymphoblastic leukemia whose kind is not determined, as a screening package answers."""
    OTHER_DISEASE = "other_disease"
    NO_LEUKEMIA = "no_leukemia"
    NOT_ASSESSABLE = "not_assessable"


FINDINGS: dict[Conclusion, Finding] = {
    Conclusion.BENIGN: Finding.HARMLESS,
    Conclusion.NO_LEUKEMIA: Finding.HARMLESS,
    Conclusion.EARLY_PRE_B: Finding.LEUKEMIA,
    Conclusion.PRE_B: Finding.LEUKEMIA,
    Conclusion.PRO_B: Finding.LEUKEMIA,
    Conclusion.MALIGNANT: Finding.LEUKEMIA,
    Conclusion.OTHER_DISEASE: Finding.OTHER_DISEASE,
    Conclusion.NOT_ASSESSABLE: Finding.NOT_ASSESSABLE,
}
"""Conclusion -> finding in the plain words of patients."""

_TITLES = {
    Conclusion.OTHER_DISEASE: "Other white-cell disease",
    Conclusion.NO_LEUKEMIA: "No leukemia seen",
    Conclusion.NOT_ASSESSABLE: "Not assessable",
}


class SignatureKind(StrEnum):
    """What a signature does."""

    ACCEPT = "accept"
    CORRECT = "correct"
    AMEND = "amend"
    RETRACT = "retract"


class Check(StrEnum):
    """What a signer confirms to have looked at, where it applies (`signing.applicable_checks`)."""

    UNCERTAIN_CELLS_SEEN = "uncertain_cells_seen"
    FEW_CELLS_CONSIDERED = "few_cells_considered"
    CONTRADICTION_CONSIDERED = "contradiction_considered"


@dataclass(frozen=True)
class Signature:
    """One entry of the history. It replaces the entry before it, which stays.

    Attributes:
        kind: what it does.
        conclusion: what the clinician concluded; None for a retraction.
        signed_by: the clinician, by the name that the clinic uses.
        caller: identity that made the request, as authenticated by the cloud.
        signed_at: when (UTC).
        reason: why; never empty for an amendment or a retraction.
        basis: digest of the fields that the clinician saw (`Examination.basis`).
        checks: what the clinician confirmed; empty for signatures that were not asked for it.
    """

    kind: SignatureKind
    conclusion: Conclusion | None
    signed_by: str
    caller: str
    signed_at: datetime
    reason: str = ""
    basis: str = ""
    checks: tuple[Check, ...] = ()


def current_conclusion(history: Sequence[Signature]) -> Conclusion | None:
    """Return the conclusion that stands; None before the first signature and after a retraction."""
    return history[-1].conclusion if history else None


def describe_signature(signature: Signature) -> str:
    """Return what a signature says, by whom and when, as in "signed as Pre-B ALL by Dr. Vogel on ..."."""
    by = f"by {signature.signed_by} on {format_time(signature.signed_at)}"
    if signature.conclusion is None:
        return f"retracted {by}"
    verb = "amended to" if signature.kind is SignatureKind.AMEND else "signed as"
    return f"{verb} {conclusion_title(signature.conclusion)} {by}"


def conclusion_title(conclusion: Conclusion) -> str:
    """Return the name of a conclusion that a clinician reads."""
    return _TITLES.get(conclusion) or WORDS[Label(conclusion)].title


def format_time(time: datetime) -> str:
    """Format a time for a sentence, to the minute."""
    return f"{time:%Y-%m-%d %H:%M} UTC"
