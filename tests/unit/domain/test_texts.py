"""Texts for clinics and patients: every class, certainty, rejection and language.

The texts are stored under `texts/`, to be read by people who know the language. After a change in `domain/words/`,
write them again with `python -m tests.unit.domain.test_texts`, and read the difference before the commit.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from blastlens.domain.errors import Reason
from blastlens.domain.field import Caution, FieldSummary, PixelSize, PixelSizeSource
from blastlens.domain.finding import Finding
from blastlens.domain.labels import LABELS, Label
from blastlens.domain.notice import make_notice, make_phone_gone_notice, make_test_notice, make_undelivered_notice
from blastlens.domain.notice_texts import format_patient_text
from blastlens.domain.notification_plan import NoticeOptions, PatientNotification, Standing
from blastlens.domain.prediction import Answer, Prediction
from blastlens.domain.record import Audience, Record
from blastlens.domain.text_catalogue import Language
from tests.answers import PAGE, TAKEN, field_summary, prediction, record, rejection, result, screening, sign_off

FOLDER = Path(__file__).parent / "texts"


def answers() -> Iterator[tuple[str, Prediction]]:
    """Every class, certain and not."""
    for label in LABELS:
        yield f"{label}-certain", prediction(label)
        yield f"{label}-uncertain", prediction(label, tuple(one for one in LABELS[:2] if one is not label)[:1])
    for label, other in ((Label.BENIGN, Label.MALIGNANT), (Label.MALIGNANT, Label.BENIGN)):
        yield f"screening-{label}-certain", screening(label)
        yield f"screening-{label}-uncertain", screening(label, (other,), 0.6)


def make_texts(language: Language) -> dict[str, str]:
    """Every text of a language, by the name of its file."""
    texts = {name: _both(record(result(answer)), language) for name, answer in answers()}
    texts["taken"] = _both(record(result(taken_at=TAKEN)), language)
    texts["signed-benign"] = _patient(record(signed_off=sign_off(Label.BENIGN)), language)
    texts["signed-pre_b"] = _patient(record(signed_off=sign_off(Label.PRE_B)), language)
    corrected = replace(record(signed_off=sign_off(Label.PRE_B)), reported_finding=Finding.HARMLESS)
    texts["corrected-pre_b"] = _patient(corrected, language)
    for standing in (Standing.REPLACES, Standing.REPLACED):
        texts[standing] = _replacing(record(), language, standing)
    texts["test"] = _email(make_test_notice("clinic-7", language))
    texts["device-gone"] = _email(make_phone_gone_notice(record(), language))
    texts["untold"] = _email(make_undelivered_notice(record(), language))
    field = field_summary(*Caution)
    texts["cautions"] = _clinic(replace(prediction(Label.PRE_B, LABELS[:2]), field=field), language)
    texts["cautions-rejected"] = _clinic(replace(rejection(Reason.SCALE_UNKNOWN), field=field), language)
    texts["pixel-sizes"] = "".join(_field_line(source, language) for source in PixelSizeSource)
    texts["rejections"] = "\n".join(_rejected(reason, language) for reason in Reason)
    return texts


def _both(stored: Record, language: Language) -> str:
    clinic = make_notice(Audience.CLINIC, stored, PAGE, NoticeOptions(language, reach=PatientNotification.NOTIFIED))
    return f"{_email(clinic)}\n=== patient\n{_patient(stored, language)}"


def _replacing(stored: Record, language: Language, standing: Standing) -> str:
    options = NoticeOptions(language, standing)
    email = make_notice(Audience.CLINIC, stored, PAGE, options).bodies["email"]
    push = make_notice(Audience.PATIENT, stored, PAGE, options).bodies["default"]
    return f"{email}\n=== patient\n{format_patient_text(stored, language, standing)}\npush: {push}\n"


def _patient(stored: Record, language: Language) -> str:
    notice = make_notice(Audience.PATIENT, stored, PAGE, NoticeOptions(language))
    page = format_patient_text(stored, language)
    return f"{page}\npush: {notice.bodies['default']}\nsms: {notice.bodies['sms']}\n"


def _email(notice) -> str:
    return f"Subject: {notice.subject}\n\n{notice.bodies['email']}"


def _clinic(answer: Answer, language: Language) -> str:
    return _email(make_notice(Audience.CLINIC, record(result(answer)), PAGE, NoticeOptions(language)))


def _field_line(source: PixelSizeSource, language: Language) -> str:
    size = PixelSize(None if source is PixelSizeSource.UNKNOWN else 0.25, source, 0.1)
    text = _clinic(replace(prediction(), field=FieldSummary(size, windows=9, white_cells=24)), language)
    return next(line for line in text.splitlines(keepends=True) if "24" in line)


def _rejected(reason: Reason, language: Language) -> str:
    answer: Answer = rejection(reason)
    notice = make_notice(Audience.CLINIC, record(result(answer)), PAGE, NoticeOptions(language))
    return f"=== {reason}\n{notice.bodies['email']}"


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
