"""Tests of the order and the content of both model cards."""

from pathlib import Path

import pytest

from blastlens.inference.package import CARD_FILE
from docs.make_model_card import CARDS, RESULTS

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {card: (DOCS / f"{card}.md").read_text("utf-8") for card in CARDS}


@pytest.mark.parametrize("card", CARDS)
def test_the_limits_are_read_before_any_accuracy(card):
    sections = [line for line in PAGES[card].splitlines() if line.startswith("## ")]
    assert sections[:2] == ["## Read this first", "## Results"]
    limits = PAGES[card].split("## Results")[0]
    for topic in (
        "makes no diagnosis",
        "does not rule leukemia out",
        "Other laboratories",
        "Magnification",
        "blasts visible",
    ):
        assert topic in limits
    assert "accuracy [95 % interval]" not in limits


@pytest.mark.parametrize("card", CARDS)
def test_a_package_ships_with_its_card(card):
    assert (CARDS[card] / CARD_FILE).read_text("utf-8") == PAGES[card]


@pytest.mark.parametrize("card", CARDS)
def test_it_is_said_that_the_weights_cannot_be_trained_again(card):
    assert "cannot be trained again to the same weights" in PAGES[card]


@pytest.mark.parametrize("card", CARDS)
def test_there_are_three_rows_of_results_one_for_each_kind_of_split(card):
    results = PAGES[card].split("## Results")[1].split("## ")[0]
    rows = [line.split("|")[1].strip() for line in results.splitlines() if line.startswith("| ")][1:]
    assert rows == list(RESULTS[card]) == ["group", "staining", "random"]


def test_a_split_by_which_nothing_was_evaluated_is_not_measured():
    assert "| staining |  |  | not measured |  |  |" in PAGES["model-card-screening"]


def test_rows_of_other_packages_are_marked():
    assert "| group | this one | 291 |" in PAGES["model-card"]
    assert "| random | another one, `fusion-in-even-light` | 293 |" in PAGES["model-card"]
