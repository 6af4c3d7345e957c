"""Program that writes the OpenAPI descriptions of both APIs with models.

python -m docs.make_openapi
"""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from blastlens.functions.clinician import openapi as clinicians
from blastlens.functions.patient_page import openapi as patients

HERE = Path(__file__).parent
CLINICIANS = HERE / "openapi.json"
PATIENTS = HERE / "openapi-patient.json"

DESCRIBED: dict[Path, Callable[[str], dict[str, Any]]] = {
    CLINICIANS: clinicians.describe,
    PATIENTS: patients.describe,
}


def render(page: Path) -> str:
    """Return the description that belongs into a page as JSON, with its keys in the order in which they are written."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    return json.dumps(DESCRIBED[page](project["version"]), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for page in DESCRIBED:
        page.write_text(render(page), "utf-8")
