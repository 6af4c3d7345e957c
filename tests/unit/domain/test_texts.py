"""Texts for clinics and patients: every answer, state and language.

The texts are stored under `texts/`, to be read by people who know the language. After a change in `domain/words/`,
write them again with `python -m tests.unit.domain.test_texts`, and read the difference before the commit.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from blastlens.domain.errors import Reason
from blastlens.domain.examination import Examination, ExaminationStatus, Meaning, Told
from blastlens.domain.examination_answer import ExaminationAnswer
from blastlens.domain.field import Caution
from blastlens.domain.labels import LABELS, SCREENING_LABELS, Label
from blastlens.domain.notice import (
    Notice,
    make_clinic_notice,
    make_patient_notice,
    make_phone_gone_notice,
    make_test_notice,
    make_undelivered_notice,
)
from blastlens.domain.notification_plan import NoticeOptions, PatientNotification, PatientRelease
from blastlens.domain.patient_texts import format_patient_text
from blastlens.domain.record import Audience
from blastlens.domain.signature import Conclusion, Signature, SignatureKind
from blastlens.domain.text_catalogue import Language
from tests.answers import NOON, PAGE, TAKEN
from tests.examinations import OTHERS, examination, examination_answer, signature, totals

FOLDER = Path(__file__).parent / "texts"
TOLD_BEFORE = Told(Meaning.HARMLESS, NOON - timedelta(minutes=20), "earlier", TAKEN + timedelta(minutes=4))


def screening(label: Label, *others: Label) -> ExaminationAnswer:
    """A screening package's answer to an examination."""
    shares = {one: 0.9 if one is label else 0.1 for one in SCREENING_LABELS}
    return replace(examination_answer(label, *others), probabilities=shares)


def contradiction() -> ExaminationAnswer:
    """An answer whose fields contradict one another."""
    return replace(examination_answer(Label.PRE_B, Label.BENIGN), contradicts=True)


def few_cells(label: Label = Label.BENIGN) -> ExaminationAnswer:
    """What was seen in too few cells."""
    blasts = 0 if label is Label.BENIGN else 30
    answer = examination_answer(label, missing_cells=60)
    return replace(answer, white_cells=40, blasts=blasts, blast_interval=(0.0, 0.088) if not blasts else (0.6, 0.86))


def ready(answer: ExaminationAnswer | None, **changes: Any) -> Examination:
    """An examination that waits for its first signature."""
    is_insufficient = answer is None or answer.missing_cells
    status = ExaminationStatus.INSUFFICIENT if is_insufficient else ExaminationStatus.READY
    return examination(status, counted=totals(answer, **changes))


def answers() -> Iterator[tuple[str, Examination]]:
    """Every class, certain and not; contradictory, insufficient and unreadable."""
    for label in LABELS:
        yield f"{label}-certain", ready(examination_answer(label))
        others = tuple(one for one in LABELS[:2] if one is not label)[:1]
        yield f"{label}-uncertain", ready(examination_answer(label, *others))
    for label, other in ((Label.BENIGN, Label.MALIGNANT), (Label.MALIGNANT, Label.BENIGN)):
        yield f"screening-{label}-certain", ready(screening(label))
        yield f"screening-{label}-uncertain", ready(screening(label, other))
    yield "contradicts", ready(contradiction())
    yield "blasts", ready(replace(examination_answer(Label.BENIGN, Label.PRO_B), excess_blasts=True))
    yield "insufficient-benign", ready(few_cells())
    yield "insufficient-leukemia", ready(few_cells(Label.PRE_B))
    rejected = {Reason.BLURRED: 5, Reason.TOO_DARK: 3}
    yield "unreadable", ready(None, fields_read=0, fields_rejected=rejected)
    hidden = {"fields_excluded": 2, "hides_leukemia": True}
    yield "excluded-leukemia", ready(examination_answer(Label.BENIGN, Label.PRE_B), **hidden)
    yield "all-excluded", ready(None, fields_read=0, **hidden)


def signed(conclusion: Conclusion | None, **changes: Any) -> Examination:
    """An examination with one signature; after a retraction with two."""
    first = signature(conclusion=conclusion or Conclusion.PRE_B)
    if conclusion is not None:
        return examination(ExaminationStatus.SIGNED, first, **changes)
    second = signature(SignatureKind.RETRACT, signed_at=NOON + timedelta(hours=1))
    return examination(ExaminationStatus.RETRACTED, first, second, **changes)


def late(*history: Signature, **changes: Any) -> Examination:
    """An examination whose fields changed after its last signature."""
    status = ExaminationStatus.RETRACTED if history[-1].conclusion is None else ExaminationStatus.SIGNED
    return examination(status, *history, counted=totals(basis="another", **changes))


def make_texts(language: Language) -> dict[str, str]:
    """Every text of a language, by the name of its file."""
    texts = {name: _both(one, language) for name, one in answers()}
    texts |= {f"signed-{one}": _patient(signed(one), language) for one in Conclusion}
    texts["retracted"] = _patient(signed(None), language)
    told = {Audience.PATIENT: (replace(TOLD_BEFORE, meaning=Meaning.LEUKEMIA),)}
    texts["corrected-benign"] = _patient(signed(Conclusion.BENIGN, told=told), language)
    texts["open"] = format_patient_text(examination(ExaminationStatus.OPEN), language)
    replaced = examination(told={Audience.CLINIC: (TOLD_BEFORE,)})
    texts["replaces"] = _clinic(replaced, Meaning.LEUKEMIA, language)
    held = examination(ExaminationStatus.OPEN, counted=totals(shared_with=OTHERS))
    texts["held"] = _clinic(held, Meaning.HELD, language)
    texts["late"] = _clinic(late(signature()), Meaning.LATE_FIELD, language)
    retracted = (signature(), signature(SignatureKind.RETRACT))
    texts["late-retracted"] = _clinic(late(*retracted, shared_with=OTHERS), Meaning.LATE_FIELD, language)
    texts["test"] = _email(make_test_notice("clinic-7", language))
    texts["device-gone"] = _email(make_phone_gone_notice(examination(), language))
    texts["untold"] = _email(make_undelivered_notice(examination(), language))
    reasons = ready(examination_answer(), fields_rejected=dict.fromkeys(Reason, 1))
    cautious = ready(examination_answer(), cautions=dict.fromkeys(Caution, 2))
    texts["cautions"] = _clinic(cautious, Meaning.LEUKEMIA, language)
    texts["rejections"] = _clinic(reasons, Meaning.LEUKEMIA, language)
    return texts


def _both(one: Examination, language: Language) -> str:
    meaning = one.owes(Audience.CLINIC, PatientRelease.AFTER_SIGN_OFF)
    assert meaning is not None
    return f"{_clinic(one, meaning, language)}\n=== patient\n{format_patient_text(one, language)}"


def _patient(one: Examination, language: Language) -> str:
    meaning = one.meaning_for(Audience.PATIENT, PatientRelease.AFTER_SIGN_OFF)
    assert meaning is not None
    notice = make_patient_notice(one, meaning, language, bool(one.told))
    page = format_patient_text(one, language)
    return f"{page}\npush: {notice.bodies['default']}\nsms: {notice.bodies['sms']}\n"


def _clinic(one: Examination, meaning: Meaning, language: Language) -> str:
    options = NoticeOptions(language, PatientNotification.AFTER_SIGN_OFF)
    return _email(make_clinic_notice(one, meaning, PAGE, options))


def _email(notice: Notice) -> str:
    return f"Subject: {notice.subject}\n\n{notice.bodies['email']}"


CASES = [(language, name) for language in Language for name in make_texts(language)]


@pytest.mark.parametrize(("language", "name"), CASES, ids=[f"{language}-{name}" for language, name in CASES])
def test_a_text_is_the_one_that_was_read_and_approved(language: Language, name: str):
    assert make_texts(language)[name] == (FOLDER / language / f"{name}.txt").read_text("utf-8")


def test_the_approved_texts_contain_no_file_that_is_not_used():
    there = {(path.parent.name, path.stem) for path in FOLDER.glob("*/*.txt")}
    assert there == {(str(language), name) for language, name in CASES}


if __name__ == "__main__":
    for language in Language:
        (FOLDER / language).mkdir(parents=True, exist_ok=True)
        for name, text in make_texts(language).items():
            (FOLDER / language / f"{name}.txt").write_text(text, "utf-8")
