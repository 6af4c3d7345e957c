import pytest

from blastlens.domain.names import can_be_printed, tidied


def test_the_space_of_a_word_processor_becomes_a_plain_one():
    assert tidied("  Dr.\N{NO-BREAK SPACE}Vogel\N{THIN SPACE}") == "Dr. Vogel"


@pytest.mark.parametrize(
    "name", ["Müller-Łukasz", "مهدی\N{ZERO WIDTH NON-JOINER}زاده", "क्\N{ZERO WIDTH JOINER}षमा", "李"]
)
def test_names_of_any_script_can_be_printed(name: str):
    assert tidied(name) == name and can_be_printed(name)


@pytest.mark.parametrize(
    "name",
    ["Dr.\nVogel", "\N{RIGHT-TO-LEFT OVERRIDE}legoV", "Vogel\x00", "\N{ZERO WIDTH SPACE}", "\N{ZERO WIDTH JOINER}", ""],
)
def test_what_hides_or_breaks_a_line_is_no_name(name: str):
    assert not can_be_printed(tidied(name))
