"""Benchmark of the report of an examination: time, size and memory.

    python benchmarks/reports.py [--repeat N] [--json]

Typesets a signed examination of 200 fields that was amended twice, for clinicians and for its patient, as the report
function does. The first report of a process includes the import of typst and the search for fonts, as at a cold start;
files are in the system's cache. The others are medians of N. Tables are not read. Memory is the peak of the process.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from blastlens.domain.chance import wilson_interval
from blastlens.domain.clinic import Clinic
from blastlens.domain.differential import Differential
from blastlens.domain.examination import Examination, ExaminationStatus, FieldTotals
from blastlens.domain.examination_answer import ExaminationAnswer
from blastlens.domain.labels import Label
from blastlens.domain.prediction import ModelIdentity
from blastlens.domain.review import CellClass
from blastlens.domain.signature import Conclusion, Signature, SignatureKind
from blastlens.domain.text_catalogue import Language
from blastlens.domain.upload import ExaminationId
from output import make_parser, peak_mb, report

_NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_BASIS = "ba" * 32
_CELLS, _BLASTS = 4800, 3600


@dataclass(frozen=True)
class ReportFigures:
    """Figures of one report.

    Attributes:
        first_ms: time to the first report of a process, imports included.
        ms: time of a report for clinicians.
        patient_ms: time of a report for a patient.
        bytes: size of a report for clinicians, the FHIR resource included.
        patient_bytes: size of a report for a patient.
        peak_mb: peak memory of the process, in MB of 10^6 bytes.
    """

    first_ms: float
    ms: float
    patient_ms: float
    bytes: int
    patient_bytes: int
    peak_mb: float


def measure(repeat: int) -> ReportFigures:
    """Return the figures of this process, which has typeset nothing yet."""
    begun = time.perf_counter()
    from blastlens.functions.report.documents import Subject, typeset_for_clinician, typeset_for_patient

    differential = Differential({CellClass.PRE_B: _BLASTS, CellClass.OTHER_WHITE: _CELLS - _BLASTS}, moved=12)
    clinic = Clinic("clinic-7", "Labor am See", "", Language.GERMAN, "", contact="Seestraße 1\n+49 30 123456")

    def for_clinician(number: int) -> bytes:
        subject = Subject(make_examination(number), clinic, differential)
        return typeset_for_clinician(subject, Language.GERMAN, _NOON)

    def for_patient(number: int) -> bytes:
        return typeset_for_patient(Subject(make_examination(number), clinic), Language.GERMAN, _NOON)

    size = len(for_clinician(0))
    first = (time.perf_counter() - begun) * 1000
    return ReportFigures(
        first_ms=round(first, 1),
        ms=_median_ms(for_clinician, repeat),
        patient_ms=_median_ms(for_patient, repeat),
        bytes=size,
        patient_bytes=len(for_patient(0)),
        peak_mb=round(peak_mb(), 1),
    )


def make_examination(number: int) -> Examination:
    """Return an examination of 200 fields with three signatures; the number makes it another one."""
    answer = ExaminationAnswer(
        label=Label.PRE_B,
        probabilities={Label.BENIGN: 0.001, Label.EARLY_PRE_B: 0.03, Label.PRE_B: 0.949, Label.PRO_B: 0.02},
        prediction_set=(Label.PRE_B,),
        white_cells=_CELLS,
        blasts=_BLASTS,
        blast_interval=wilson_interval(_BLASTS, _CELLS),
        contradicts=False,
        missing_cells=0,
    )
    model = ModelIdentity("fusion", "1.0.0", "5f" * 32)
    totals = FieldTotals(200, {}, answer, model, _BASIS, _NOON, _NOON, _NOON, _NOON)
    kinds = (SignatureKind.ACCEPT, SignatureKind.AMEND, SignatureKind.AMEND)
    history = tuple(
        Signature(one, Conclusion.PRE_B, "Dr. Vogel", "arn", _NOON + timedelta(hours=hours), "A second look.", _BASIS)
        for hours, one in enumerate(kinds)
    )
    identity = ExaminationId("clinic-7", "patient-41", f"smear-{number}")
    return Examination(identity, 1, ExaminationStatus.AMENDED, totals, history)


def _median_ms(typeset: Callable[[int], bytes], repeat: int) -> float:
    times = []
    for number in range(1, repeat + 1):
        begun = time.perf_counter()
        typeset(number)
        times.append((time.perf_counter() - begun) * 1000)
    return round(median(times), 1)


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = make_parser(__doc__)
    parser.add_argument("--repeat", type=int, default=20, help="Reports of each kind.")
    options = parser.parse_args()
    report(asdict(measure(options.repeat)), options.json)


if __name__ == "__main__":
    main()
