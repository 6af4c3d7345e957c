"""Program that writes the words of the service for the page, in both languages.

They are the reasons of rejections, the cautions about fields, and the conclusions.
Run `python -m docs.make_page_words` after a change of `domain/words/*.toml`. A test compares the file with them.
"""

import json
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
WORDS = ROOT / "src/blastlens/domain/words"
TARGET = ROOT / "src/blastlens/web/clinic/texts/service_words.js"
LANGUAGES = ("en", "de")

_HEAD = """/**
 * Words of the service: reasons of rejections, cautions about fields, and conclusions.
 *
 * Written by `python -m docs.make_page_words` from src/blastlens/domain/words: change them there.
 */
"""


def main() -> None:
    """Write the file."""
    TARGET.write_text(render(), encoding="utf-8")


def render() -> str:
    """Return the content of the file."""
    catalogues = "\n\n".join(
        f"export const {language} = {json.dumps(_words(language), indent=2, ensure_ascii=False)};"
        for language in LANGUAGES
    )
    return f"{_HEAD}\n{catalogues}\n"


def _words(language: str) -> dict[str, str]:
    """Return keys and texts of one language."""
    texts = tomllib.loads((WORDS / f"{language}.toml").read_text(encoding="utf-8"))
    words = {f"conclusion.{key}": text for key, text in (texts["titles"] | texts["conclusions"]).items()}
    words |= {f"caution.{key}": text[0].upper() + text[1:] for key, text in texts["cautions"].items()}
    for reason, parts in texts["reasons"].items():
        words |= {f"rejected.what.{reason}": parts["what"], f"rejected.do.{reason}": parts["do"]}
    return words


if __name__ == "__main__":
    main()
