"""Results files of laboratories that a fold left out of training."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from blastlens.domain.errors import InvalidData


def load_left_out(files: Iterable[Path]) -> tuple[dict[str, Any], ...]:
    """Return the rows of laboratories that the packages of results files were not trained on.

    Each row has `laboratory`, `package` and the counts. A file without `left_out` gives no row.

    Raises:
        InvalidData: a file is not such a results file.
    """
    rows = []
    for file in files:
        results = _load_results(file)
        rows += [
            {"laboratory": name, "package": results["package"], **row}
            for name, row in results["laboratories"].items()
            if name.partition(":")[0] in results["left_out"]
        ]
    return tuple(rows)


def _load_results(file: Path) -> dict[str, Any]:
    """Read the last line of a benchmark's output, or a file that is one JSON object."""
    text = file.read_text("utf-8").strip()
    for held in (text, text.rpartition("\n")[2]):
        try:
            results = json.loads(held)
        except ValueError:
            continue
        if isinstance(results, dict) and {"package", "left_out", "laboratories"} <= set(results):
            return results
    raise InvalidData(
        f"{file} holds no results of other laboratories. Make it by "
        "`python benchmarks/other_laboratories.py --left-out LABORATORY --json > FILE`."
    )
