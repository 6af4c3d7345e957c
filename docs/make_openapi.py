"""Program that writes the OpenAPI description of the clinicians' API.

python -m docs.make_openapi
"""

import json
import tomllib
from pathlib import Path

from blastlens.functions.clinician.openapi import describe

HERE = Path(__file__).parent
PAGE = HERE / "openapi.json"


def render() -> str:
    """Return the description as JSON, with its keys in the order in which they are written."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    return json.dumps(describe(project["version"]), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render(), "utf-8")
