"""What clinics and patients are told, word by word: class x certainty x language, and every rejection.

The texts lie under `told/`, to be read by people who know the language. After a change of words, write them anew with
`python -m tests.unit.domain.test_told_texts`, and read the difference before it is committed.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from blastlens.domain.catalogue import Language, catalogue
from blastlens.domain.errors import Reason
from blastlens.domain.finding import Finding
from blastlens.domain.labels import LABELS, Label
from blastlens.domain.notice import device_gone_notice, notice_for, untold_notice
from blastlens.domain.notice import test_notice as marked_test
from blastlens.domain.prediction import Answer, Prediction
from blastlens.domain.record import Audience, Record
from blastlens.domain.telling import PatientDetail, Reach, Telling
from tests.answers import PAGE, prediction, record, rejection, result, screening, sign_off

FOLDER = Path(__file__).parent / "told"


def answers() -> Iterator[tuple[str, Prediction]]:
    """Every class, certain and not."""
    for label in LABELS:
        yield f"{label}-certain", prediction(label)
        yield f"{label}-uncertain", prediction(label, tuple(one for one in LABELS[:2] if one is not label)[:1])
    for label, other in ((Label.BENIGN, Label.MALIGNANT), (Label.MALIGNANT, Label.BENIGN)):
        yield f"screening-{label}-certain", screening(label)
        yield f"screening-{label}-uncertain", screening(label, (other,), 0.6)


def told(language: Language) -> dict[str, str]:
    """Every text of a language, by the name of its file."""
    texts = {name: _both(record(result(answer)), language) for name, answer in answers()}
    texts["signed-benign"] = _patient(record(signed_off=sign_off(Label.BENIGN)), language)
    texts["signed-pre_b"] = _patient(record(signed_off=sign_off(Label.PRE_B)), language)
    corrected = replace(record(signed_off=sign_off(Label.PRE_B)), heard=Finding.HARMLESS)
    texts["corrected-pre_b"] = _patient(corrected, language)
    texts["test"] = _email(marked_test("clinic-7", language))
    texts["device-gone"] = _email(device_gone_notice(record(), language))
    texts["untold"] = _email(untold_notice(record(), language))
    texts["rejections"] = "\n".join(_rejected(reason, language) for reason in Reason)
    return texts


def _both(stored: Record, language: Language) -> str:
    clinic = notice_for(Audience.CLINIC, stored, PAGE, Telling(language, reach=Reach.TOLD))
    return f"{_email(clinic)}\n=== patient\n{_patient(stored, language)}"


def _patient(stored: Record, language: Language) -> str:
    notice = notice_for(Audience.PATIENT, stored, PAGE, Telling(language))
    full = notice_for(Audience.PATIENT, stored, PAGE, Telling(language, PatientDetail.FULL))
    shown = f"lock screen: {catalogue(language).say('patient.lock_screen')}\nsms: {notice.bodies['sms']}"
    return f"{notice.bodies['default']}\n{shown}\nsms, full: {full.bodies['sms']}\n"


def _email(notice) -> str:
    return f"Subject: {notice.subject}\n\n{notice.bodies['email']}"


def _rejected(reason: Reason, language: Language) -> str:
    answer: Answer = rejection(reason)
    return (
        f"=== {reason}\n{notice_for(Audience.CLINIC, record(result(answer)), PAGE, Telling(language)).bodies['email']}"
    )


CASES = [(language, name) for language in Language for name in told(language)]


@pytest.mark.parametrize(("language", "name"), CASES, ids=[f"{language}-{name}" for language, name in CASES])
def test_what_is_told_is_what_was_read_and_agreed(language: Language, name: str):
    assert told(language)[name] == (FOLDER / language / f"{name}.txt").read_text("utf-8")


def test_nothing_lies_among_the_agreed_texts_that_nobody_is_told():
    there = {(path.parent.name, path.stem) for path in FOLDER.glob("*/*.txt")}
    assert there == {(str(language), name) for language, name in CASES}


if __name__ == "__main__":
    for language in Language:
        (FOLDER / language).mkdir(parents=True, exist_ok=True)
        for name, text in told(language).items():
            (FOLDER / language / f"{name}.txt").write_text(text, "utf-8")
