"""FHIR Bundle of a patient's examinations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from blastlens.domain.declared_time import format_instant
from blastlens.domain.examination import Examination
from blastlens.domain.fhir import IDS, Resource, make_diagnostic_report


def make_bundle(examinations: Sequence[Examination], made_at: datetime) -> Resource:
    """Return a Bundle of type `collection` with the DiagnosticReport of each examination.

    Args:
        examinations: the examinations, in the order that the Bundle is to have.
        made_at: when the Bundle is made (UTC).
    """
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": format_instant(made_at),
        "entry": [_entry(one) for one in examinations],
    }


def _entry(examination: Examination) -> dict[str, Any]:
    return {"fullUrl": f"{IDS}/examination/{examination.id}", "resource": make_diagnostic_report(examination)}
