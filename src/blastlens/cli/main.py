"""Command line `blastlens`, with commands that are imported when called."""

import importlib
import os
import sys
from io import TextIOWrapper
from typing import Any

import click

from blastlens.domain.errors import BlastlensError, InvalidData, InvalidSettings

COMMANDS: dict[str, tuple[str, str]] = {
    "classify": ("blastlens.cli.classify", "Classify images of smears."),
    "examine": ("blastlens.cli.examine", "Answer all images of one smear together."),
    "segment": ("blastlens.cli.segment", "Segment the blasts of images and write their masks."),
    "demo": ("blastlens.cli.demo", "Run the complete service here with synthetic smears."),
    "local": ("blastlens.cli.local", "Run the complete service on this machine until Ctrl-C."),
    "redrive": ("blastlens.cli.redrive", "Show the dead-letter queue of a deployment, and retry."),
    "reconcile": ("blastlens.cli.reconcile", "Compare images, records and notices, and repair."),
    "migrate": ("blastlens.cli.migrate", "Write examinations for records from before them."),
    "audit-trail": ("blastlens.cli.audit_trail", "Show who has seen which results."),
    "quarantine": ("blastlens.cli.quarantine", "List images with invalid keys, and rename them."),
    "clinic": ("blastlens.cli.clinic", "Add clinics that receive notices, and check delivery."),
    "clinician": ("blastlens.cli.clinician", "Add people who sign in to the page."),
    "web": ("blastlens.cli.web", "Publish the page of clinicians and patients."),
    "patient": ("blastlens.cli.patient", "Register patients' phones; export or erase their data."),
    "sign": ("blastlens.cli.sign", "List and sign examinations, and correct signatures."),
    "report": ("blastlens.cli.report", "Write the report of an examination as a PDF."),
    "export": ("blastlens.cli.export", "Export a clinic's records as FHIR, CSV or Parquet."),
    "device": ("blastlens.cli.device", "Connect a microscope and upload its images."),
    "train": ("blastlens.cli.train", "Train a model on folders of images."),
    "assemble": ("blastlens.cli.assemble", "Join graphs of windows, scale and cells."),
    "evaluate": ("blastlens.cli.evaluate", "Evaluate a model package on labelled images."),
    "audit": ("blastlens.cli.audit", "Test a model package for shortcuts."),
    "tune": ("blastlens.cli.tune", "Tune the hyperparameters of a recipe."),
}
"""Name of each command → module with the click command of that name, and its line in the help."""


class LazyGroup(click.Group):
    """Group that imports a command's module when the command is called.

    So `--help` is fast.
    """

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run a command; a character that the terminal cannot show ends none."""
        _replace_unencodable_characters()
        return super().main(*arguments, **options)

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the commands in the order of a newcomer's use."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Import and return a command, or None for an unknown name."""
        if name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[name][0]), name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="blastlens")
def cli() -> None:
    """Classify blood-smear images for B-cell acute lymphoblastic leukemia.

    Decision support for specialists and research, not a diagnosis.

    \b
    Try:  blastlens demo
          blastlens classify smear.jpg
          blastlens classify smears/ --json > answers.jsonl
    """


def main() -> None:
    """Run the command line.

    The exit status is 0, 2 for wrong usage or data, 1 for an internal error, 130 if stopped.
    """
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
        _discard_stdout()
        what = error.strerror or str(error)
        click.echo(f"Error: {what if error.filename is None else f'{error.filename}: {what}'}", err=True)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        sys.exit(130)


def _discard_stdout() -> None:
    """Discard output that stdout cannot accept.

    Python would retry at exit and fail with a traceback.
    """
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _replace_unencodable_characters() -> None:
    """Make stdout and stderr print a question mark for characters outside their encoding."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
