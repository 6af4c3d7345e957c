"""NumPy archives in a model package."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import DamagedPackage


def read_arrays(file: Path) -> dict[str, NDArray[Any]]:
    """Return every array of an archive by its name.

    Raises:
        DamagedPackage: the file is missing or is not an archive of plain arrays.
    """
    try:
        with np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, EOFError, ValueError, TypeError, AttributeError, BadZipFile) as error:
        raise DamagedPackage(f"{file} is not an archive of arrays: {error!r}") from error


def arrays_to_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the bytes of an archive of arrays; the same arrays give the same bytes."""
    stream = BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    return stream.getvalue()
