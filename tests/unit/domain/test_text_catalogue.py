"""Text catalogue: both languages are complete and readable."""

import re
import tomllib
from string import Formatter

import pytest

from blastlens.domain.errors import Reason
from blastlens.domain.examination import Examination, ExaminationStatus, Meaning, Told
from blastlens.domain.examination_words import format_conclusion
from blastlens.domain.labels import WORDS, Label
from blastlens.domain.patient_texts import format_patient_text
from blastlens.domain.record import Audience
from blastlens.domain.signature import Conclusion, conclusion_title
from blastlens.domain.text_catalogue import Language, load_catalogue
from tests.answers import NOON
from tests.examinations import examination
from tests.unit.domain.test_texts import answers, signed

PATIENTS = [
    *(one for _, one in answers()),
    *(signed(one) for one in (*Conclusion, None)),
    *(signed(one, told={Audience.PATIENT: (Told(Meaning.HARMLESS, NOON, "basis"),)}) for one in Conclusion),
    examination(ExaminationStatus.OPEN),
]

# Björnsson's readability index (LIX): words a sentence, and the percentage of words of more than six letters. Below 30
# texts are very easy, newspapers lie around 40. German builds longer words.
HARDEST = {Language.ENGLISH: 28, Language.GERMAN: 32}
LONGEST_SENTENCE = 25


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def sentences(text: str) -> list[list[str]]:
    return [re.findall(r"[^\W\d_]+", one) for one in re.split(r"[.!?:]\s", text) if re.search(r"\w", one)]


def readability(text: str) -> float:
    words = [word for sentence in sentences(text) for word in sentence]
    return len(words) / len(sentences(text)) + 100 * sum(len(word) > 6 for word in words) / len(words)


@pytest.mark.parametrize("language", Language)
def test_every_language_has_the_same_texts_with_the_same_placeholders(language: Language):
    english, other = load_catalogue(Language.ENGLISH).texts, load_catalogue(language).texts
    assert other.keys() == english.keys()
    assert {key: placeholders(text) for key, text in other.items()} == {
        key: placeholders(text) for key, text in english.items()
    }


@pytest.mark.parametrize("language", Language)
def test_every_class_has_a_name_and_every_reason_what_happened_and_what_to_do(language: Language):
    texts = load_catalogue(language).texts
    assert {key for key in texts if key.startswith("titles.")} == {f"titles.{label}" for label in Label}
    wanted = {f"reasons.{reason}.{part}" for reason in Reason for part in ("what", "do")}
    assert {key for key in texts if key.startswith("reasons.")} == wanted
    assert all(text.strip() for text in texts.values())


def test_a_class_has_the_same_name_on_screens_and_in_notices():
    assert {label: load_catalogue(Language.ENGLISH).fill(f"titles.{label}") for label in Label} == {
        label: words.title for label, words in WORDS.items()
    }
    english = load_catalogue(Language.ENGLISH)
    assert all(format_conclusion(one, english) == conclusion_title(one) for one in Conclusion)


def test_no_text_of_one_language_was_left_in_the_other():
    english, german = load_catalogue(Language.ENGLISH).texts, load_catalogue(Language.GERMAN).texts
    same = {key for key in german if german[key] == english[key]}
    assert same <= {"clinic.probability"}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("stored", PATIENTS)
def test_a_patient_reads_short_sentences_in_everyday_words(language: Language, stored: Examination):
    text = format_patient_text(stored, language)
    assert readability(text) <= HARDEST[language], f"{readability(text):.0f}: {text}"
    assert max(len(sentence) for sentence in sentences(text)) <= LONGEST_SENTENCE


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("stored", PATIENTS)
def test_no_patient_is_alarmed_without_a_next_step(language: Language, stored: Examination):
    words, text = load_catalogue(language), format_patient_text(stored, language)
    if words.fill("findings.leukemia") in text:
        assert words.fill("patient.next_malignant") in text or words.fill("patient.looked_at_first") in text
    assert words.fill("patient.next_malignant") in text or words.fill("patient.next_benign") in text


def test_a_missing_text_and_a_placeholder_without_a_value_are_refused():
    with pytest.raises(KeyError):
        load_catalogue(Language.ENGLISH).fill("patient.nothing")
    with pytest.raises(KeyError):
        load_catalogue(Language.ENGLISH).fill("patient.finding")


def test_the_texts_are_part_of_what_is_installed(repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))
    assert "domain/words/*.toml" in project["tool"]["setuptools"]["package-data"]["blastlens"]
    folder = repository / "src" / "blastlens" / "domain" / "words"
    assert {path.name for path in folder.iterdir()} == {f"{language}.toml" for language in Language}
