"""Signed results, as they stand on the patient's page."""

from datetime import timedelta

import pytest

from blastlens.domain.examination import ExaminationStatus
from blastlens.domain.finding import Finding
from blastlens.domain.patient_results import make_patient_result
from blastlens.domain.patient_texts import format_patient_text
from blastlens.domain.signature import FINDINGS, Conclusion, SignatureKind
from blastlens.domain.text_catalogue import Language, load_catalogue
from tests.answers import NOON
from tests.examinations import examination, signature
from tests.unit.domain.test_texts import signed

LANGUAGES = pytest.mark.parametrize("language", Language)


def test_nothing_is_shown_that_nobody_has_signed():
    for status in ExaminationStatus:
        with pytest.raises(ValueError, match="signed"):
            make_patient_result(examination(status), Language.ENGLISH)


@LANGUAGES
@pytest.mark.parametrize("conclusion", [*Conclusion, None])
def test_the_page_says_what_the_text_says(language: Language, conclusion: Conclusion | None):
    one = signed(conclusion)
    shown, text = make_patient_result(one, language), format_patient_text(one, language)
    assert sorted([*shown.text, shown.next_step]) == sorted(text.strip().split("\n\n"))
    assert shown.finding is (None if conclusion is None else FINDINGS[conclusion])


@LANGUAGES
def test_a_harmless_result_is_never_alone_and_a_heading_states_no_finding(language: Language):
    words = load_catalogue(language)
    shown = make_patient_result(signed(Conclusion.BENIGN), language)
    assert shown.finding is Finding.HARMLESS and words.fill("patient.benign") in shown.text
    titles = {make_patient_result(signed(one), language).title for one in Conclusion}
    assert len(titles) == 1


@LANGUAGES
def test_the_history_says_what_happened_and_when_but_no_finding_that_no_longer_counts(language: Language):
    words, day = load_catalogue(language), timedelta(days=1)
    kinds = (SignatureKind.ACCEPT, SignatureKind.AMEND, SignatureKind.RETRACT, SignatureKind.CORRECT)
    signatures = [
        signature(kind, signed_at=NOON + number * day, conclusion=None if kind is SignatureKind.RETRACT else conclusion)
        for number, (kind, conclusion) in enumerate(
            zip(kinds, (Conclusion.BENIGN, Conclusion.PRE_B, None, Conclusion.NOT_ASSESSABLE), strict=True)
        )
    ]
    shown = make_patient_result(examination(ExaminationStatus.SIGNED, *signatures), language)
    events = [words.fill(f"patient_page.was_{one}") for one in ("signed", "changed", "withdrawn", "changed")]
    assert [one.text for one in shown.history] == events
    assert [one.at for one in shown.history] == [NOON + number * day for number in range(4)]
    plain = [words.fill(f"findings.{one}") for one in ("harmless", "leukemia", "no_leukemia")]
    assert not any(word in repr(shown) for word in plain)
    assert shown.signed_at == NOON + 3 * day


@LANGUAGES
def test_a_withdrawn_result_says_so_in_its_heading(language: Language):
    shown = make_patient_result(signed(None), language)
    assert shown.finding is None and shown.title != make_patient_result(signed(Conclusion.PRE_B), language).title
    assert load_catalogue(language).fill("patient.retracted") in shown.text
