import pytest

from blastlens.domain.declared_edge_verdict import (
    DIGEST_KEY,
    PROBABILITIES_KEY,
    SET_KEY,
    EdgeVerdict,
    make_edge_metadata,
    read_edge_verdict,
)
from blastlens.domain.finding import Finding
from blastlens.domain.labels import LABELS, Label

DIGEST = "0123456789abcdef" * 4
METADATA = {DIGEST_KEY: DIGEST, PROBABILITIES_KEY: "benign=0.1234,malignant=0.8766", SET_KEY: "malignant,benign"}


def test_a_verdict_is_read_as_it_was_declared():
    verdict = read_edge_verdict(METADATA)
    assert verdict == EdgeVerdict(
        DIGEST, {Label.BENIGN: 0.1234, Label.MALIGNANT: 0.8766}, (Label.MALIGNANT, Label.BENIGN)
    )
    assert make_edge_metadata(verdict) == METADATA


def test_a_verdict_with_the_kinds_of_leukemia_stays_usable_after_rounding():
    probabilities = dict(zip(LABELS, (0.00005, 0.33325, 0.33335, 0.33335), strict=True))
    verdict = EdgeVerdict(DIGEST, probabilities, (Label.PRO_B, Label.PRE_B))
    read = read_edge_verdict(make_edge_metadata(verdict))
    assert read is not None and read.prediction_set == verdict.prediction_set
    assert read.probabilities == pytest.approx(probabilities, abs=6e-5)
    assert read.finding is Finding.LEUKEMIA


@pytest.mark.parametrize(
    ("labels", "finding"),
    [
        ("benign", Finding.HARMLESS),
        ("malignant", Finding.LEUKEMIA),
        ("malignant,benign", Finding.UNCERTAIN),
    ],
)
def test_a_verdict_has_the_finding_of_its_set(labels: str, finding: Finding):
    verdict = read_edge_verdict(METADATA | {PROBABILITIES_KEY: "benign=0.5,malignant=0.5", SET_KEY: labels})
    assert verdict is not None and verdict.finding is finding


def test_every_verdict_that_is_made_is_read_back():
    probabilities = {Label.BENIGN: -0.0, Label.MALIGNANT: 1.0}
    made = make_edge_metadata(EdgeVerdict(DIGEST, probabilities, (Label.MALIGNANT,)))
    assert made[PROBABILITIES_KEY] == "benign=0.0000,malignant=1.0000"
    assert read_edge_verdict(made) == EdgeVerdict(DIGEST, probabilities, (Label.MALIGNANT,))


def test_an_image_without_a_verdict_declares_none():
    assert read_edge_verdict({"taken-at": "2026-11-22T09:30:15Z"}) is None


@pytest.mark.parametrize("missing", METADATA)
def test_a_part_of_a_verdict_is_not_usable(missing: str):
    with pytest.raises(ValueError, match="not complete"):
        read_edge_verdict({key: value for key, value in METADATA.items() if key != missing})


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (DIGEST_KEY, DIGEST[1:]),
        (DIGEST_KEY, DIGEST.upper()),
        (DIGEST_KEY, "g" * 64),
        (PROBABILITIES_KEY, ""),
        (PROBABILITIES_KEY, "benign"),
        (PROBABILITIES_KEY, "benign=1"),
        (PROBABILITIES_KEY, "benign=0.5,malignant=0.4"),
        (PROBABILITIES_KEY, "benign=0.5,malignant=0.5,pre_b=0"),
        (PROBABILITIES_KEY, "benign=0.5,benign=0.5,malignant=0.5"),
        (PROBABILITIES_KEY, "benign=nan,malignant=1"),
        (PROBABILITIES_KEY, "benign=-0.1,malignant=1.1"),
        (PROBABILITIES_KEY, "benign=1e-1,malignant=0.9"),
        (PROBABILITIES_KEY, "benign=0.\u0661,malignant=0.9"),
        (PROBABILITIES_KEY, "benign=0.1, malignant=0.9"),
        (PROBABILITIES_KEY, "benign=0.1,Erika=0.9"),
        (PROBABILITIES_KEY, "benign=0." + "0" * 5000 + ",malignant=1"),
        (SET_KEY, ""),
        (SET_KEY, "benign"),
        (SET_KEY, "malignant,malignant"),
        (SET_KEY, "malignant,pre_b"),
        (SET_KEY, "malignant,"),
        (SET_KEY, "Erika"),
    ],
)
def test_a_verdict_that_is_not_exactly_of_its_form_is_not_usable_and_not_repeated(key: str, text: str):
    with pytest.raises(ValueError) as fault:
        read_edge_verdict(METADATA | {key: text})
    assert "Erika" not in str(fault.value) and DIGEST not in str(fault.value)
