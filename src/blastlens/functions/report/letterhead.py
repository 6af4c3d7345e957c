"""Letterhead of a clinic in a report."""

from typing import Any

from blastlens.domain.clinic import Clinic
from blastlens.domain.text_catalogue import Language


def make_letterhead(clinic: Clinic) -> dict[str, Any]:
    """Return name and contact of a clinic, as templates print them."""
    return {"name": clinic.name, "lines": list(clinic.contact_lines)}


def unknown_clinic(clinic_id: str) -> Clinic:
    """Return what stands on a letterhead of a clinic that was not added, or was removed: its id."""
    return Clinic(clinic_id, clinic_id, "", Language.ENGLISH, topic_arn="")
