"""Program that trains the shipped package from nothing and compares its figures.

    python -m docs.reproduce [--data FOLDER] [--work FOLDER] [--check] [--compare PACKAGE]

FOLDER of real images is by default ../shared/data beside the repository. Every step resumes where it was interrupted;
a step whose package exists is not repeated. With --check, nothing is trained: the steps are listed with how long they
take, and whether the recipes, the options and the data exist. With --compare, an existing package is compared.
Exit status 0 means that the figures hold, 1 that they do not, 2 that something is missing.
"""

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from blastlens.cli.main import cli
from blastlens.inference.package import SHIPPED, load_package

ROOT = Path(__file__).parent.parent
RECIPES = ROOT / "src" / "blastlens" / "training" / "recipes"
DATA = ROOT.parent / "shared" / "data"
WORK = ROOT / "build" / "reproduce"
COMMAND = (sys.executable, "-c", "from blastlens.cli.main import main; main()")

SHARE, RELATIVE = 0.02, 0.1
"""How far a figure may lie from the shipped one: absolute for shares from 0 to 1, relative for all others."""

_NOT_COMPARED = ("confusion", "largest_difference", "elsewhere", "change_without_input", "images")
"""Figures that follow from others, that other programs measure, or that count images."""

SOURCE = (
    "Acute Lymphoblastic Leukemia (ALL) image dataset of Taleqani Hospital, Tehran (M. Aria et al., DOI "
    "10.34740/KAGGLE/DSV/2175623; 89 patients, none named), its licence field not verified; and, to learn that it does "
    "not know them, white blood cells of other laboratories (Dataset 2 of X. Zheng et al. 2018, DOI "
    "10.1016/j.micron.2018.01.010), their licence not verified either"
)
"""The data of the window model and its terms, as the package states them."""


@dataclass(frozen=True)
class Step:
    """One command of the reproduction.

    Attributes:
        name: of the step and of the folder that it writes.
        minutes: that it takes on two cores with AVX512_BF16; processors without it are slower.
        arguments: of `blastlens`, quoted as in a shell; {data} and {work} stand for the folders.
        recipe: name of the recipe that must exist; empty for none.
    """

    name: str
    minutes: int
    arguments: str
    recipe: str = ""

    def words(self, data: Path, work: Path) -> list[str]:
        """Return the command line after `blastlens`."""
        return [word.format(data=data, work=work) for word in shlex.split(self.arguments)]


STEPS = (
    Step(
        "scale",
        15,
        "train --recipe scale --data {data}/taleqani-all --labs {data}/labs --unfamiliar {data}/other-smears "
        "--not-smears {data}/not-smears --work {work}/scale-work --package {work}/scale",
        "scale",
    ),
    Step(
        "cells",
        15,
        "train --recipe cells --data {data}/taleqani-all --labs {data}/labs --unfamiliar {data}/other-smears "
        "--work {work}/cells-work --package {work}/cells",
        "cells",
    ),
    Step(
        "windows",
        120,
        "train --recipe windows --data {data}/taleqani-all --unfamiliar {data}/wbc-masks "
        f"--source '{SOURCE}' --work {{work}}/windows-work --package {{work}}/windows",
        "windows",
    ),
    Step(
        "fusion",
        10,
        "assemble --scale {work}/scale --cells {work}/cells --windows {work}/windows --data {data}/taleqani-all "
        "--package {work}/fusion",
    ),
)
"""The commands that make the shipped package, in order; the last writes it."""


def find_missing(steps: Sequence[Step], data: Path, recipes: Path = RECIPES) -> list[str]:
    """Return a sentence for each recipe, option and folder of data that the steps need and that does not exist."""
    faults = []
    for step in steps:
        if step.recipe and not (recipes / f"{step.recipe}.toml").is_file():
            faults.append(f"{step.name}: there is no recipe {step.recipe}.")
        faults += [f"{step.name}: {fault}" for fault in _unknown_options(shlex.split(step.arguments))]
    folders = {word for step in steps for word in shlex.split(step.arguments) if word.startswith("{data}/")}
    for folder in sorted(Path(word.format(data=data)) for word in folders):
        if not folder.is_dir():
            faults.append(f"there is no folder {folder}. Name the folder of real images with --data.")
    return faults


def compare_figures(shipped: Mapping[str, Any], made: Mapping[str, Any]) -> list[tuple[str, float, float | None, bool]]:
    """Return each figure of a manifest's `measured`: name, shipped value, value made again, and whether it holds."""
    again = dict(_figures(made))
    return [
        (name, value, again.get(name), name in again and _holds(value, again[name]))
        for name, value in _figures(shipped)
    ]


def _holds(shipped: float, made: float) -> bool:
    allowed = SHARE if 0 <= shipped <= 1 else RELATIVE * abs(shipped)
    return abs(made - shipped) <= allowed + 1e-12


def _figures(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Yield the numbers of nested figures by their dotted names, without those that are not compared."""
    for name, value in values.items():
        if name in _NOT_COMPARED:
            continue
        if isinstance(value, Mapping):
            yield from _figures(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{prefix}{name}", float(value)


def _unknown_options(words: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for a command or option that `blastlens` does not have."""
    command = cli.get_command(click.Context(cli), words[0])
    if command is None:
        yield f"there is no command {words[0]}."
        return
    known = {name for parameter in command.params for name in parameter.opts}
    for word in words[1:]:
        if word.startswith("--") and word not in known:
            yield f"`blastlens {words[0]}` has no option {word}."


def run_step(step: Step, data: Path, work: Path) -> None:
    """Run one step and print how long it took; a step whose package exists is not repeated."""
    folder = work / step.name
    if folder.is_dir() and any(folder.iterdir()):
        print(f"== {step.name}: exists in {folder}", flush=True)
        return
    print(
        f"== {step.name}: about {step.minutes} minutes\n   blastlens {shlex.join(step.words(data, work))}", flush=True
    )
    begun = time.monotonic()
    subprocess.run([*COMMAND, *step.words(data, work)], check=True)
    print(f"   {step.name} took {(time.monotonic() - begun) / 60:.0f} minutes", flush=True)


def print_steps(steps: Sequence[Step], data: Path, work: Path) -> None:
    """Print every step with how long it takes."""
    for step in steps:
        print(f"{step.name} (about {step.minutes} minutes): blastlens {shlex.join(step.words(data, work))}")
    print(f"About {sum(step.minutes for step in steps) / 60:.1f} hours on two cores.")


def compare_packages(made: Path) -> bool:
    """Print the figures of the shipped package beside those of another, and return whether all hold."""
    shipped, again = load_package(SHIPPED).manifest, load_package(made).manifest
    same = shipped.training_data.get("data_sha256") == again.training_data.get("data_sha256")
    rows = compare_figures(shipped.measured, again.measured)
    for name, value, other, holds in rows:
        shown = "missing" if other is None else f"{other:.4f}"
        print(f"{name:40} shipped {value:10.4f}   again {shown:>10}   {'holds' if holds else 'DIFFERS'}")
    if not same:
        print("The packages were trained on different data: their figures cannot be compared.")
    holding = same and all(holds for *_, holds in rows)
    print(f"The figures {'hold' if holding else 'do not hold'} (shares within {SHARE}, others within {RELATIVE:.0%}).")
    return holding


def main() -> None:
    """Check, compare or reproduce, as the options say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of real images")
    parser.add_argument("--work", type=Path, default=WORK, help="folder for checkpoints and packages")
    parser.add_argument("--check", action="store_true", help="train nothing; say what would run and what is missing")
    parser.add_argument("--compare", type=Path, metavar="PACKAGE", help="train nothing; compare this package")
    options = parser.parse_args()
    if options.compare:
        sys.exit(not compare_packages(options.compare))
    missing = find_missing(STEPS, options.data)
    if options.check:
        print_steps(STEPS, options.data, options.work)
    for sentence in missing:
        print(sentence, file=sys.stderr)
    if missing or options.check:
        sys.exit(2 if missing else 0)
    options.work.mkdir(parents=True, exist_ok=True)
    for step in STEPS:
        run_step(step, options.data, options.work)
    sys.exit(not compare_packages(options.work / STEPS[-1].name))


if __name__ == "__main__":
    main()
