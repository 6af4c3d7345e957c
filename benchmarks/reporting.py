"""What every benchmark's `main` does alike: its options, its table and its JSON."""

import argparse
import json
from collections.abc import Mapping
from typing import Any


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """Return a parser that shows a module's docstring as its help and knows `--json`."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the figures as one object, last")
    return parser


def report(figures: Mapping[str, Any], as_json: bool) -> None:
    """Print single figures one a line, and with `as_json` all of them as one object, last."""
    for name, figure in figures.items():
        if isinstance(figure, float):
            print(f"{name:32} {figure:12.4g}")
        elif not isinstance(figure, list | dict):
            print(f"{name:32} {figure!s:>12}")
    if as_json:
        print(json.dumps(figures))
