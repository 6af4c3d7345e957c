"""`blastlens device`: commands at a microscope, and for its administration."""

import json
import signal
import threading
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

import click

from blastlens.cli.device_registry import enroll, list_devices, revoke, rotate
from blastlens.devices.configuration import DEFAULT_PATH, read_configuration
from blastlens.domain.errors import InvalidSettings

_CONFIG = click.option(
    "--config",
    default=DEFAULT_PATH,
    show_default=True,
    type=click.Path(path_type=Path),
    help="Configuration file of the device.",
)


_MEMORY = ("MemoryMax=120M", "MemoryMax=700M")
"""Limit of the unit, and limit with a screening: 560 MB were measured for an image of 50 megapixels."""


@click.group("device")
def device() -> None:
    """Connect a microscope and upload its images.

    \b
    At the microscope:     blastlens device request NAME
    At your desk:          blastlens device enroll NAME --clinic ID --request NAME.csr
    At the microscope:     blastlens device watch DIR --config NAME.toml
    """


@device.command("request")
@click.argument("name")
@click.option("--out", default=".", type=click.Path(file_okay=False, path_type=Path), help="Folder for both files.")
def request(name: str, out: Path) -> None:
    """Make the private key and certificate request of NAME.

    The key never leaves this machine.
    """
    from blastlens.devices.certificate_request import write_certificate_request

    path = write_certificate_request(name, out)
    click.echo(f"{path.with_suffix('.key')} is the private key: it stays on this machine.")
    click.echo(f"{path} is the request: give it to the person who runs `blastlens device enroll`.")


@device.command("watch")
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path), metavar="[DIR]")
@_CONFIG
def watch(folder: Path | None, config: Path) -> None:
    """Upload every image that is written to DIR, until stopped.

    Runs unattended: after an error it waits and tries again.
    """
    from blastlens.cli.device_screening import make_screener
    from blastlens.devices.startup import open_agent

    configuration = read_configuration(config)
    watched = folder or configuration.folder
    if watched is None:
        raise InvalidSettings(f"there is no folder to watch: name it as DIR, or in {config} under [watch]")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with open_agent(configuration, watched, _report, make_screener) as agent:
        agent.run(stop)


@device.command("status")
@_CONFIG
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(config: Path, as_json: bool) -> None:
    """Show counts of files, last error and last answer."""
    from blastlens.devices.status import read_status

    found = read_status(read_configuration(config).spool)
    if as_json:
        click.echo(json.dumps(asdict(found)))
        return
    click.echo(", ".join(f"{count} {state}" for state, count in found.counts.items()))
    click.echo(f"Last scan of the folder: {found.last_look or 'never'}")
    if found.left_out:
        click.echo(found.left_out)
    for title, note in (("Last error", found.last_error), ("Last answer", found.last_answer)):
        click.echo(f"{title}: {f'{note[1]} {note[0]}' if note else 'none'}")
    for path, reason in found.refused:
        click.echo(f"Not sent: {path} {reason}")


@device.command("unit")
@click.option("--screening", is_flag=True, help="With the memory that the screening of images needs.")
def unit(screening: bool) -> None:
    """Print the systemd unit that keeps the agent running."""
    text = (files("blastlens.devices") / "blastlens-device.service").read_text("utf-8")
    click.echo(text.replace(*_MEMORY) if screening else text, nl=False)


def _report(sentence: str) -> None:
    click.echo(sentence, err=True)


for _command in (enroll, rotate, list_devices, revoke):
    device.add_command(_command)
