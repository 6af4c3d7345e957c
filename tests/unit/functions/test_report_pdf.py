"""Reports as PDF: one page, tags, standards, attachment and hostile texts."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from blastlens.domain.clinic import Clinic
from blastlens.domain.examination import Examination, ExaminationStatus
from blastlens.domain.labels import Label
from blastlens.domain.signature import Conclusion, SignatureKind
from blastlens.domain.text_catalogue import Language, load_catalogue
from blastlens.functions.report.documents import Subject, typeset_for_clinician, typeset_for_patient
from blastlens.functions.report.typesetting import TypesettingFailed, typeset
from tests.answers import NOON
from tests.examinations import OTHERS, examination, examination_answer, signature, totals
from tests.pdf_files import PdfFile
from tests.unit.domain.test_texts import answers, late, ready, signed

MADE_AT = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
CONTACT = "Seestraße 1\n10115 Berlin\n+49 30 123456"
CLINIC = Clinic("clinic-7", "Labor am See", "labor@see.example", Language.GERMAN, "", contact=CONTACT)
HOSTILE = {
    "markup": '#eval("1/0") #panic() *b* _i_ $x^2$ <label> @reference // /* `raw` [a] {b} \\ #{1/0} = - + ~',
    "html": "<script>alert(1)</script> &amp; %s {0} {name} \"'",
    "long word": "x" * 300,
    "arabic": "د. أحمد الحسن",
    "hebrew": "ד״ר כהן (אבג) 12",
    "chinese": "王小明" * 60,
    "devanagari": "डॉ. शर्मा",
    "overridden direction": "\N{RIGHT-TO-LEFT OVERRIDE}legoV .rD",
    "control characters": "Dr.\x07 Vo\x00gel\x1b[31m",
    "private and unassigned": "\ue000 \ufdd0 \U0010ffff \u0378",
    "letters without a font": "\U00012000 \U00013000",
    "emoji": "😀",
    "stacked marks": "Z" + "\u0351\u036b\u0343" * 20,
    "half a pair": "\ud83d",
}
_AMENDMENTS = [
    signature(SignatureKind.AMEND, signed_at=NOON + timedelta(hours=number), reason="A second look. " * 60)
    for number in range(1, 30)
]
AMENDED_OFTEN = examination(ExaminationStatus.AMENDED, signature(), *_AMENDMENTS)
HELD = examination(ExaminationStatus.OPEN, counted=totals(shared_with=OTHERS))


def clinician_report(one: Examination, language: Language = Language.ENGLISH, clinic: Clinic = CLINIC) -> PdfFile:
    return PdfFile(typeset_for_clinician(Subject(one, clinic), language, MADE_AT))


def patient_report(one: Examination, language: Language = Language.ENGLISH, clinic: Clinic = CLINIC) -> PdfFile:
    return PdfFile(typeset_for_patient(Subject(one, clinic), language, MADE_AT))


def typed_by_people(text: str) -> tuple[Examination, Clinic]:
    """An examination and a clinic with a text wherever people type one."""
    line, name = text[:80].replace("\n", " "), text[:200]
    clinic = replace(CLINIC, name=name, contact="\n".join([line] * 6))
    history = (
        signature(signed_by=name),
        signature(SignatureKind.AMEND, signed_by=name, reason=(text * 20)[:1000]),
    )
    return examination(ExaminationStatus.AMENDED, *history), clinic


@pytest.mark.parametrize("language", Language)
def test_a_report_is_one_page_for_archives_and_for_readers_of_tags(language: Language):
    for pdf in (
        clinician_report(signed(Conclusion.PRE_B), language),
        patient_report(signed(Conclusion.PRE_B), language),
    ):
        assert pdf.pages == 1
        assert pdf.standards == {"pdfa": "3A", "pdfua": "1"}
        assert pdf.root["/Lang"] == str(language) and pdf.root["/MarkInfo"]["/Marked"]
        assert pdf.root["/ViewerPreferences"]["/DisplayDocTitle"]
        assert pdf.tags[0] == "Document" and pdf.tags.count("H1") == 1 and "H2" in pdf.tags
        assert pdf.title in pdf.text and pdf.author == "Labor am See"


def test_tables_of_a_report_have_header_cells():
    tags = clinician_report(signed(Conclusion.PRE_B)).tags
    assert tags.count("Table") == 2 and tags.count("TH") == 3 + 4
    assert tags.count("TD") == 3 * 4 + 4


def test_the_fhir_resource_is_attached_to_what_clinicians_get():
    (name, attached), *others = clinician_report(signed(Conclusion.PRE_B)).attachments.items()
    report = json.loads(attached.data)
    assert (name, others) == ("diagnostic-report.fhir.json", [])
    assert (attached.media_type, attached.relationship) == ("application/fhir+json", "Alternative")
    assert (report["resourceType"], report["status"]) == ("DiagnosticReport", "final")
    assert json.loads(clinician_report(HELD).attachments[name].data)["status"] == "registered"


def test_a_patient_gets_no_attachment_with_probabilities_and_reasons():
    assert patient_report(signed(Conclusion.PRE_B)).attachments == {}


@pytest.mark.parametrize("made_of", HOSTILE)
def test_whatever_people_typed_is_printed_on_one_page_and_never_read_as_markup(made_of: str):
    one, clinic = typed_by_people(HOSTILE[made_of])
    for pdf in (clinician_report(one, clinic=clinic), patient_report(one, Language.GERMAN, clinic)):
        assert pdf.pages == 1 and pdf.standards == {"pdfa": "3A", "pdfua": "1"}


def test_markup_stands_in_a_report_as_it_was_typed():
    one, clinic = typed_by_people(HOSTILE["markup"])
    for pdf in (clinician_report(one, clinic=clinic), patient_report(one, clinic=clinic)):
        assert HOSTILE["markup"] in pdf.text


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Dr.\x07 Vogel", "Dr.[U+0007] Vogel"),
        ("\ue000Vogel", "[U+E000]Vogel"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}legoV", "[U+202E]legoV"),
        ("Dr. \U00012000", "Dr. [U+12000]"),
        ("\ud83d", "[U+D83D]"),
        ("Dr. Ångström-Łukasz Ğ", "Dr. Ångström-Łukasz Ğ"),
        ("Др. Петров", "Др. Петров"),
        ("王小明", "王小明"),
    ],
)
def test_a_letter_that_cannot_be_printed_is_written_as_its_code_point_and_the_others_stay(typed: str, printed: str):
    pdf = clinician_report(examination(ExaminationStatus.SIGNED, signature(signed_by=typed)))
    assert f"Signed by {printed} on" in pdf.text


def test_an_id_that_breaks_over_lines_gains_no_character():
    identity = replace(signed(Conclusion.PRE_B).id, examination_id="W" * 64)
    text = clinician_report(replace(signed(Conclusion.PRE_B), id=identity)).text
    assert "W" * 64 in text.replace(" ", "") and text.isprintable()


@pytest.mark.parametrize("language", Language)
def test_a_long_history_fits_by_leaving_out_the_oldest_signatures_and_says_how_many(language: Language):
    pdf = clinician_report(AMENDED_OFTEN, language)
    words = load_catalogue(language)
    (left_out,) = [number for number in range(30) if words.fill("pdf.earlier", number=str(number)) in pdf.text]
    shown = pdf.text.count(words.fill("pdf.kind_amend", conclusion=words.fill("titles.pro_b")))
    assert pdf.pages == 1 and left_out + shown == 30 and shown >= 1
    assert words.format_time(_AMENDMENTS[-1].signed_at) in pdf.text
    assert patient_report(AMENDED_OFTEN, language).pages == 1


def test_every_answer_and_state_fits_on_a_page_in_the_language_with_the_longer_words():
    states = [*(one for name, one in answers() if "uncertain" not in name), HELD, late(signature()), signed(None)]
    assert {clinician_report(one, Language.GERMAN).pages for one in states} == {1}
    assert {patient_report(signed(one), Language.GERMAN).pages for one in (*Conclusion, None)} == {1}


def test_an_unsigned_report_is_marked_as_a_draft_and_a_withdrawn_one_as_withdrawn():
    assert "DRAFT" in clinician_report(ready(examination_answer(Label.BENIGN))).text
    assert "ZURÜCKGEZOGEN" in clinician_report(signed(None), Language.GERMAN).text
    assert "DRAFT" not in clinician_report(signed(Conclusion.BENIGN)).text


def test_the_same_examination_gives_the_same_report():
    one = Subject(signed(Conclusion.PRE_B), CLINIC)
    first, second = (PdfFile(typeset_for_clinician(one, Language.ENGLISH, MADE_AT)) for _ in range(2))
    assert first.text == second.text and len(first.data) == len(second.data)


def test_a_template_that_is_wrong_is_an_error_and_not_an_empty_page():
    with pytest.raises(TypesettingFailed) as failure:
        typeset("clinician.typ", {"title": "Vogel"}, MADE_AT)
    assert "Vogel" not in str(failure.value) and failure.value.__cause__ is None
