"""One catalogue, two languages: nothing is missing in either, and patients can read what is said."""

import re
import tomllib
from dataclasses import replace
from string import Formatter

import pytest

from blastlens.domain.catalogue import Language, catalogue
from blastlens.domain.errors import Reason
from blastlens.domain.finding import Finding
from blastlens.domain.labels import LABELS, WORDS, Label
from blastlens.domain.record import Record
from blastlens.domain.wording import patient_gist, patient_text
from tests.answers import prediction, record, result, screening, sign_off

READ = [
    *(prediction(label) for label in LABELS),
    *(prediction(label, (other,)) for label, other in ((Label.BENIGN, Label.PRE_B), (Label.PRE_B, Label.PRO_B))),
    *(screening(label) for label in (Label.BENIGN, Label.MALIGNANT)),
]
SIGNED = [record(signed_off=sign_off(label)) for label in (Label.BENIGN, Label.PRE_B)]
PATIENTS = [
    *(record(result(answer)) for answer in READ),
    *SIGNED,
    *(replace(one, heard=heard) for one in SIGNED for heard in Finding),
]

# Björnsson's readability index (LIX): words a sentence, and the percentage of words of more than six letters. Below 30
# texts are very easy, newspapers lie around 40. German builds longer words.
HARDEST = {Language.ENGLISH: 28, Language.GERMAN: 32}
LONGEST_SENTENCE = 25


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def sentences(text: str) -> list[list[str]]:
    return [re.findall(r"[^\W\d_]+", one) for one in re.split(r"[.!?:]\s", text) if re.search(r"\w", one)]


def readability(text: str) -> float:
    words = [word for sentence in sentences(text) for word in sentence]
    return len(words) / len(sentences(text)) + 100 * sum(len(word) > 6 for word in words) / len(words)


@pytest.mark.parametrize("language", Language)
def test_every_language_has_the_same_texts_with_the_same_places(language: Language):
    english, other = catalogue(Language.ENGLISH).texts, catalogue(language).texts
    assert other.keys() == english.keys()
    assert {key: places(text) for key, text in other.items()} == {key: places(text) for key, text in english.items()}


@pytest.mark.parametrize("language", Language)
def test_every_class_has_a_name_and_every_reason_what_happened_and_what_to_do(language: Language):
    texts = catalogue(language).texts
    assert {key for key in texts if key.startswith("titles.")} == {f"titles.{label}" for label in Label}
    wanted = {f"reasons.{reason}.{part}" for reason in Reason for part in ("what", "do")}
    assert {key for key in texts if key.startswith("reasons.")} == wanted
    assert all(text.strip() for text in texts.values())


def test_a_class_is_called_the_same_on_screens_and_in_notices():
    assert {label: catalogue(Language.ENGLISH).say(f"titles.{label}") for label in Label} == {
        label: words.title for label, words in WORDS.items()
    }


def test_no_text_of_one_language_was_left_in_the_other():
    english, german = catalogue(Language.ENGLISH).texts, catalogue(Language.GERMAN).texts
    same = {key for key in german if german[key] == english[key]}
    assert same <= {"clinic.probability"}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("stored", PATIENTS)
def test_a_patient_reads_short_sentences_in_everyday_words(language: Language, stored: Record):
    text = patient_text(stored, language)
    assert readability(text) <= HARDEST[language], f"{readability(text):.0f}: {text}"
    assert max(len(sentence) for sentence in sentences(text)) <= LONGEST_SENTENCE


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("stored", PATIENTS)
def test_no_patient_is_alarmed_without_a_next_step(language: Language, stored: Record):
    words, text = catalogue(language), patient_text(stored, language)
    if words.say("findings.leukemia") in text:
        assert words.say("patient.next_malignant") in text or words.say("patient.looked_at_first") in text
    for told in (text, patient_gist(stored, language)):
        assert words.say("patient.next_malignant") in told or words.say("patient.next_benign") in told


def test_a_text_that_is_not_there_and_a_place_without_a_value_are_refused():
    with pytest.raises(KeyError):
        catalogue(Language.ENGLISH).say("patient.nothing")
    with pytest.raises(KeyError):
        catalogue(Language.ENGLISH).say("patient.finding")


def test_the_texts_are_part_of_what_is_installed(repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))
    assert "domain/words/*.toml" in project["tool"]["setuptools"]["package-data"]["blastlens"]
    folder = repository / "src" / "blastlens" / "domain" / "words"
    assert {path.name for path in folder.iterdir()} == {f"{language}.toml" for language in Language}
