"""The `blastlens` command: a face over commands that are loaded only when called."""

import importlib
import os
import sys

import click

from blastlens.domain.errors import BlastlensError, InvalidData, InvalidSettings

COMMANDS: dict[str, tuple[str, str]] = {
    "classify": ("blastlens.cli.classify", "Read smears: a class and its probabilities, or why not."),
    "segment": ("blastlens.cli.segment", "Find the blasts of a smear and write their mask."),
    "demo": ("blastlens.cli.demo", "See the whole service at work on this machine."),
    "local": ("blastlens.cli.local", "Run the whole service on this machine until Ctrl-C."),
    "redrive": ("blastlens.cli.redrive", "See what a deployment set aside, and put it back."),
    "clinic": ("blastlens.cli.clinic", "Add clinics that are told of results, and see that they are."),
    "patient": ("blastlens.cli.patient", "Say on which devices patients are told."),
    "export": ("blastlens.cli.export", "Hand a clinic's records to other systems."),
    "device": ("blastlens.cli.device", "Connect a microscope, and send what it writes."),
    "train": ("blastlens.cli.train", "Make a model package from folders of images."),
    "evaluate": ("blastlens.cli.evaluate", "Measure a model package on images whose classes are known."),
    "audit": ("blastlens.cli.audit", "Find out what a model package really looks at."),
    "tune": ("blastlens.cli.tune", "Search for better numbers in a recipe."),
}
"""Name of each command → the module that holds a click command of that name, and its line in the help."""


class LazyGroup(click.Group):
    """Imports a command's module when the command is called, so that `--help` is quick."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the commands in the order a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Import and return a command, or None for an unknown name."""
        if name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[name][0]), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="blastlens")
def cli() -> None:
    """Reads blood smears: finds the blasts and says which of four classes they look like.

    Decision support for specialists and for research: it makes no diagnosis.

    \b
    Try:  blastlens demo
          blastlens classify smear.jpg
          blastlens classify smears/ --json > answers.jsonl
    """


def main() -> None:
    """Run the command line; exit 0 when answered, 2 for wrong usage or data, 1 for a fault of ours."""
    try:
        cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (InvalidData, InvalidSettings) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    except BlastlensError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        _give_up_full_stdout()
        what = error.strerror or str(error)
        click.echo(f"Error: {what if error.filename is None else f'{error.filename}: {what}'}", err=True)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        sys.exit(130)


def _give_up_full_stdout() -> None:
    """Drop what stdout cannot take: Python would try again at its end, and fail with a traceback."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
