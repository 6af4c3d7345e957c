"""Generated pages of docs/ against their sources."""

from pathlib import Path

import pytest

from blastlens.inference.package import load_package
from blastlens.local.stack.template import find_template, read_template
from docs import make_suppressions
from docs.evaluations import load_audits, load_evaluations, load_examinations, load_laboratories
from docs.make_model_card import CARDS, render

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("card", CARDS)
def test_a_model_card_is_made_from_the_package_that_ships(card):
    shipped = load_package(CARDS[card]).manifest
    assert (DOCS / f"{card}.md").read_text("utf-8") == render(
        card, shipped, load_evaluations(), load_audits(), load_laboratories(), load_examinations()
    )


def test_the_result_picture_is_there():
    assert (DOCS / "images" / "result.png").read_bytes().startswith(b"\x89PNG")


def test_the_table_of_suppressed_rules_is_made_from_the_template():
    page = (DOCS / "security.md").read_text("utf-8")
    assert page == make_suppressions.render(page, read_template(find_template()))


def test_every_suppressed_rule_has_a_reason():
    found = make_suppressions.suppressed(read_template(find_template()))
    assert found and all(len(reason) > 30 for _, _, reason in found)
