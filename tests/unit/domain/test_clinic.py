import pytest

from blastlens.domain.clinic import CONTACT_LINE_LENGTH, CONTACT_LINES, is_printable_name, tidy_contact, tidy_name


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


def test_the_lines_of_a_letterhead_are_kept_without_empty_ones():
    assert (
        tidy_contact([" Main Street 1", "", "\N{NO-BREAK SPACE}", "+49 30 123456 "]) == "Main Street 1\n+49 30 123456"
    )
    assert tidy_contact([]) == ""


@pytest.mark.parametrize(
    "lines",
    [["line"] * (CONTACT_LINES + 1), ["x" * (CONTACT_LINE_LENGTH + 1)], ["one\ntwo"], ["\N{RIGHT-TO-LEFT OVERRIDE}x"]],
)
def test_a_letterhead_that_does_not_fit_or_cannot_be_printed_is_refused(lines: list[str]):
    with pytest.raises(ValueError, match="at most"):
        tidy_contact(lines)
