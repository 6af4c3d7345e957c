"""Refusals: why an examination does not admit something, in each language."""

from collections.abc import Callable

from blastlens.domain.errors import BlastlensError
from blastlens.domain.examination import Examination
from blastlens.domain.text_catalogue import Catalogue, Language, load_catalogue

Sentence = Callable[[Catalogue], str]
"""Fills a sentence from the texts of a language."""


class Refused(BlastlensError):
    """The examination does not admit what a person asked for.

    The message is for that person; it says what the examination is like, and what to do.

    Attributes:
        examination: the examination as it is now.
    """

    def __init__(self, sentence: Sentence, examination: Examination) -> None:
        super().__init__(sentence(load_catalogue(Language.ENGLISH)))
        self._sentence = sentence
        self.examination = examination

    def in_language(self, catalogue: Catalogue) -> str:
        """Return the message in the language of a catalogue."""
        return self._sentence(catalogue)


def sentence(key: str, **values: str) -> Sentence:
    """Return a text whose placeholders have the same values in every language."""
    return lambda catalogue: catalogue.fill(key, **values)
