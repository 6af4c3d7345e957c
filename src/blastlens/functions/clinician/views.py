"""Answers about examinations, with what the page shows beside the data."""

from blastlens.domain.examination import Examination
from blastlens.domain.examination_summary import summarise
from blastlens.domain.signing import applicable_checks
from blastlens.domain.text_catalogue import Catalogue
from blastlens.domain.worklist import urgency_of
from blastlens.functions.examination_views import examination_view
from blastlens.functions.responses import View


def clinician_view(examination: Examination, catalogue: Catalogue) -> View:
    """Return an examination as the page shows it, with a sentence in the language of a catalogue."""
    return examination_view(examination) | {
        "urgency": str(urgency_of(examination)),
        "summary": summarise(examination, catalogue),
        "checks": [str(check) for check in applicable_checks(examination)],
        "hides_leukemia": examination.totals.hides_leukemia,
        "revision": examination.revision,
    }
