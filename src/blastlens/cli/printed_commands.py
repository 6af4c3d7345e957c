"""Parts of commands that are printed to be typed: program, options, extras."""

import shlex
import shutil
import sys
from pathlib import Path

import click
from click.core import ParameterSource


def program() -> str:
    """Return how a shell calls this installation: `blastlens` where that is on the PATH, else its whole path."""
    ours, found = Path(sys.executable).with_name("blastlens"), shutil.which("blastlens")
    is_found = found is not None and Path(found).resolve() == ours.resolve()
    return "blastlens" if is_found or not ours.exists() else shlex.quote(str(ours))


def typed_options() -> str:
    """Return --stack, --region and --profile of the running command as its caller typed them, each after a space.

    What the caller left to defaults or to the environment is left out: it will hold for the printed command, too.
    """
    context = click.get_current_context()
    typed = (
        name
        for name in ("stack", "region", "profile")
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    )
    return "".join(f" --{name} {shlex.quote(context.params[name])}" for name in typed)


def install_command(extra: str) -> str:
    """Return the commands that install an extra: blastlens is not on PyPI, so there are the clone and the wheel."""
    return f"`make install EXTRAS={extra}` in a clone of the repository, or pip install 'WHEEL[{extra}]'"
