"""Language of module first lines and file names: words of the field only."""

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDERS = ("src", "benchmarks", "docs", "layers", "security", "tests")
MODULES = sorted(path for folder in FOLDERS for path in (REPOSITORY / folder).rglob("*.py"))
MODULE_NAMES = [path.relative_to(REPOSITORY).as_posix() for path in MODULES]

# Words and phrases that stand for a word of the field in a name or in a module's first line.
REPLACED = """
    alone, anew, bear, bears, books, brought, deal, dealing, deals, dealt, dear, ere, eye, eyes, hear,
    heard, hearing, hears, judge, judged, judges, judging, learn, learned, learns, lesson, lessons, look,
    looks, mend, mended, ours, pupil, room, rooms, said, say, says, somebody, steadied, steady, steadying,
    strange, stranger, strangers, taught, teach, teaches, teaching, tell, telling, tells, told, unfamiliar,
    wake, wakes, whoever, are no, at fault, at home, by hand, from home, is no, kind to, of it, set aside,
    way of
"""
_WORD = re.compile(rf"\b(?:{'|'.join(word.strip() for word in REPLACED.split(','))})\b", re.IGNORECASE)


def first_line(path: Path) -> str | None:
    """Return the first line of a module's docstring; None without a docstring."""
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    return None if docstring is None else docstring.partition("\n")[0]


def needs_docstring(path: Path) -> bool:
    """Check whether a module must have a docstring: not if it is empty, and not in tests, where names describe it."""
    return not path.is_relative_to(REPOSITORY / "tests") and bool(path.read_text("utf-8").strip())


def find_problems(path: Path) -> list[str]:
    name, line = path.relative_to(REPOSITORY).as_posix(), first_line(path)
    problems = [f"the file name contains {word!r}" for word in _WORD.findall(re.sub(r"[/_.]", " ", name))]
    if line is None:
        return [*problems, "there is no docstring"] if needs_docstring(path) else problems
    problems += [f"the first line contains {word!r}" for word in _WORD.findall(line)]
    if len(line) >= 80:
        problems.append(f"the first line has {len(line)} characters")
    if not line.endswith("."):
        problems.append("the first line does not end in a period")
    return problems


@pytest.mark.parametrize("name", MODULE_NAMES)
def test_a_module_is_introduced_in_words_of_the_field(name: str):
    assert not find_problems(REPOSITORY / name)
