import pytest

from blastlens.domain.clinic import is_printable_name, tidy_name


def test_special_spaces_become_plain_ones():
    assert tidy_name("  Dr.\N{NO-BREAK SPACE}Vogel\N{THIN SPACE}") == "Dr. Vogel"


@pytest.mark.parametrize(
    "name", ["Müller-Łukasz", "مهدی\N{ZERO WIDTH NON-JOINER}زاده", "क्\N{ZERO WIDTH JOINER}षमा", "李"]
)
def test_names_of_any_script_are_printable(name: str):
    assert tidy_name(name) == name and is_printable_name(name)


@pytest.mark.parametrize(
    "name",
    ["Dr.\nVogel", "\N{RIGHT-TO-LEFT OVERRIDE}legoV", "Vogel\x00", "\N{ZERO WIDTH SPACE}", "\N{ZERO WIDTH JOINER}", ""],
)
def test_invisible_characters_and_line_breaks_are_not_a_name(name: str):
    assert not is_printable_name(tidy_name(name))
