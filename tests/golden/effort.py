"""Share of the golden corpus in a test run: a sample, or the whole."""

import os
from pathlib import Path

from tests.golden.corpus import FOLDER, PACKAGES, write_corpus
from tests.golden.fields import list_fields

WHOLE = "BLASTLENS_GOLDEN" in os.environ
"""Whether this is a run of `make golden`."""

FIELDS = tuple(field for field in list_fields() if WHOLE or field.is_sampled)
SHIPPED = PACKAGES if WHOLE else ("screening",)
"""Shipped packages whose steps are compared; the one with a stricter rule always is."""


def prepare_corpus(folder: Path) -> Path:
    """Return the folder of the whole corpus, which `make golden` has written; else write the sample into a folder."""
    if WHOLE:
        return FOLDER
    write_corpus(folder, FIELDS, SHIPPED)
    return folder
