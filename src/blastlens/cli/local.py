"""`blastlens local`: the complete service on this machine until Ctrl-C."""

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from blastlens.cli.embedded_cloud import run_embedded_cloud
from blastlens.cli.stop_signals import SIGNALS

if TYPE_CHECKING:
    from blastlens.local.cloud import EmbeddedCloud

_OPEN_TO_ALL = (
    "Listening on {host}: anybody who can reach this machine can read and write all data here, without "
    "authentication. Containers reach it under this machine's address in their network, for Docker http://172.17.0.1:{port}"
)


PORT = click.IntRange(0, 65535)


def _parameters(given: tuple[str, ...]) -> dict[str, str]:
    parts = [one.partition("=") for one in given]
    if any(not name or not sign for name, sign, _ in parts):
        raise click.BadParameter("a parameter has the form NAME=VALUE.")
    return {name: value for name, _, value in parts}


@click.command("local")
@click.option(
    "--port", type=PORT, default=4566, show_default=True, help="Port of S3, SQS, DynamoDB and SNS; 0 for a free one."
)
@click.option("--api-port", type=PORT, default=4567, show_default=True, help="Port of the HTTP API; 0 for a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--template", type=click.Path(path_type=Path), help="The template.yaml of the cloud.")
@click.option(
    "--retry-seconds",
    type=click.IntRange(0, 43_200),
    default=2,
    show_default=True,
    help="Time until a failed upload is retried. On AWS it is the queue's visibility timeout: minutes.",
)
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    callback=lambda context, option, given: _parameters(given),
    help="A template parameter, such as PatientRelease=automatic; may be repeated.",
)
def local(
    port: int, api_port: int, host: str, template: Path | None, retry_seconds: int, parameters: dict[str, str]
) -> None:
    """Run the complete service on this machine until Ctrl-C.

    The resources are those of template.yaml. Any S3 client can upload; nothing leaves this machine.
    All data is deleted when it ends.
    """
    with run_embedded_cloud(template, host, port, api_port, retry_seconds, parameters=parameters) as cloud:
        _print_addresses(cloud, host)
        _wait_until_stopped()
    click.echo("Stopped. All data of this run is deleted.")


def _print_addresses(cloud: "EmbeddedCloud", host: str) -> None:
    from blastlens.local.clients import ACCESS_KEY, REGION, SECRET_KEY
    from blastlens.local.http.addresses import is_loopback

    bucket = cloud.stack.resources["UploadBucket"]
    click.echo(cloud.stack.left_out)
    click.echo(f"The embedded cloud is ready at {cloud.endpoint}, with any credentials. Upload a smear, for example:\n")
    click.echo(
        f"  AWS_ACCESS_KEY_ID={ACCESS_KEY} AWS_SECRET_ACCESS_KEY={SECRET_KEY} AWS_DEFAULT_REGION={REGION} \\\n"
        f"  aws s3 cp smear.jpg s3://{bucket}/uploads/my-clinic/patient-1/upload-1.jpg "
        f"--endpoint-url {cloud.endpoint}\n"
    )
    click.echo(f"The HTTP API is at {cloud.api_address}; it has no authentication here.")
    for route in cloud.stack.routes:
        click.echo(f"  {route}")
    if not is_loopback(host):
        click.echo(_OPEN_TO_ALL.format(host=host, port=cloud.endpoint.rpartition(":")[2]), err=True)
    click.echo("Ctrl-C ends it.")


def _wait_until_stopped() -> None:
    """Wait for SIGINT (Ctrl-C), SIGTERM or SIGHUP."""
    stopped = threading.Event()
    for number in (signal.SIGINT, *SIGNALS):
        signal.signal(number, lambda *_: stopped.set())
    while not stopped.wait(1):
        pass
