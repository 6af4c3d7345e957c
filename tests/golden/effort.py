"""How much of the golden corpus a run reads: `make test` a sample, `make golden` all."""

import os
from pathlib import Path

from tests.golden.corpus import FOLDER, write_corpus
from tests.golden.fields import list_fields

WHOLE = "BLASTLENS_GOLDEN" in os.environ
"""Whether this is a run of `make golden`."""

FIELDS = tuple(field for field in list_fields() if WHOLE or field.is_sampled)
PACKAGES = ("screening", "fusion") if WHOLE else ("screening",)
"""Packages whose steps are compared."""


def prepare_corpus(folder: Path) -> Path:
    """Return the folder of the whole corpus, which `make golden` has written; else write the sample into a folder."""
    if WHOLE:
        return FOLDER
    write_corpus(folder, FIELDS, PACKAGES)
    return folder
