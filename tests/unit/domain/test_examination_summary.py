"""An examination in one sentence."""

from dataclasses import replace

import pytest

from blastlens.domain.examination import Examination, ExaminationStatus
from blastlens.domain.examination_summary import summarise
from blastlens.domain.labels import Label
from blastlens.domain.signature import Conclusion, SignatureKind
from blastlens.domain.text_catalogue import Language, load_catalogue
from tests.examinations import OTHERS, examination, examination_answer, signature, totals

INSUFFICIENT, SIGNED, RETRACTED = (
    ExaminationStatus.INSUFFICIENT,
    ExaminationStatus.SIGNED,
    ExaminationStatus.RETRACTED,
)
BENIGN = examination_answer(Label.BENIGN)
UNCERTAIN = examination_answer(Label.PRE_B, Label.BENIGN)


def of(answer, status=ExaminationStatus.READY, *history, **changes) -> Examination:
    return examination(status, *history, counted=totals(answer, **changes))


SENTENCES = {
    "Pre-B ALL: at least 180 of 240 white cells look like blasts.": examination(),
    "Pre-B ALL, by the image as a whole.": of(replace(examination_answer(), white_cells=0, blasts=0)),
    "Benign (hematogones) in 240 white cells, which does not rule leukemia out.": of(BENIGN),
    "Benign (hematogones), which does not rule leukemia out.": of(replace(BENIGN, white_cells=0)),
    "Uncertain. Not ruled out: Benign (hematogones), Pre-B ALL.": of(UNCERTAIN),
    "Uncertain, because the fields contradict each other. Not ruled out: Benign (hematogones), Pre-B ALL.": of(
        replace(UNCERTAIN, contradicts=True)
    ),
    "240 white cells are too few for an answer: about 40 more are needed.": of(
        replace(BENIGN, missing_cells=40), INSUFFICIENT
    ),
    "240 white cells are too few for an answer, but leukemia is possible: take more fields today.": of(
        replace(UNCERTAIN, missing_cells=40), INSUFFICIENT
    ),
    "No field could be read (1 refused): take new images of the smear.": of(None, INSUFFICIENT, fields_read=0),
    "Fields are still arriving (8 read so far), so there is no answer yet.": of(BENIGN, ExaminationStatus.OPEN),
    "Held, because another patient has the same image: find out whose it is.": of(BENIGN, shared_with=OTHERS),
    "Signed as Pre-B ALL by Dr. Vogel.": of(BENIGN, SIGNED, signature()),
    "Signed as No leukemia seen by Dr. Vogel, but fields came later: look at it again.": of(
        BENIGN, SIGNED, signature(conclusion=Conclusion.NO_LEUKEMIA, basis="older")
    ),
    "Retracted by Dr. Vogel: it waits for a new signature.": of(
        BENIGN, RETRACTED, signature(), signature(SignatureKind.RETRACT)
    ),
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_an_examination_is_summarised_in_one_sentence(sentence: str):
    assert summarise(SENTENCES[sentence], load_catalogue(Language.ENGLISH)) == sentence


@pytest.mark.parametrize("language", Language)
def test_benign_never_stands_without_what_it_does_not_rule_out(language: Language):
    catalogue = load_catalogue(language)
    title = catalogue.fill("titles.benign")
    caution = {Language.ENGLISH: "does not rule leukemia out", Language.GERMAN: "schließt Leukämie nicht aus"}[language]
    unsigned = [summarise(one, catalogue) for one in SENTENCES.values() if not one.history]
    named = [one for one in unsigned if title in one and catalogue.fill("titles.pre_b") not in one]
    assert named and all(caution in one for one in named)


def test_every_sentence_differs_in_german():
    english, german = load_catalogue(Language.ENGLISH), load_catalogue(Language.GERMAN)
    assert all(summarise(one, german) != summarise(one, english) for one in SENTENCES.values())
