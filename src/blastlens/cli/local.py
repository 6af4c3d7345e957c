"""`blastlens local`: the complete service on this machine until Ctrl-C."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from blastlens.cli.embedded_cloud import run_embedded_cloud
from blastlens.cli.page_address import page_lines
from blastlens.cli.printed_commands import program
from blastlens.cli.stop_signals import wait_until_stopped

if TYPE_CHECKING:
    from blastlens.local.cloud import EmbeddedCloud
    from blastlens.local.outbox.messages import Message

_OPEN_TO_ALL = (
    "Listening on {host}: anybody who can reach this machine can read and write all data here, without "
    "authentication. Containers reach it under this machine's address in their network, for Docker http://172.17.0.1:{port}"
)


_CLINIC = "my-clinic"
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
@click.option(
    "--outbox-port", type=PORT, default=4568, show_default=True, help="Port of the page of messages; 0 for a free one."
)
@click.option(
    "--outbox",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also keep every e-mail, push message and SMS in this folder, as .eml files.",
)
@click.option(
    "--sam",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write environment and events for `sam local invoke` into this folder; only the API runs here then.",
)
@click.option("--verbose", is_flag=True, help="Show the log of the functions and the resources that are left out.")
def local(
    port: int,
    api_port: int,
    host: str,
    template: Path | None,
    retry_seconds: int,
    parameters: dict[str, str],
    outbox_port: int,
    outbox: Path | None,
    sam: Path | None,
    verbose: bool,
) -> None:
    """Run the complete service on this machine until Ctrl-C.

    The resources are those of template.yaml. Any S3 client can upload; nothing leaves this machine. Each field and
    each examination is shown in one line, and messages on a page. All data is deleted when it ends, except for the
    folder of --outbox.
    """
    click.echo("Starting the embedded cloud ...", err=True)
    settings = {"quiet": not verbose, "containers": sam is not None}
    with run_embedded_cloud(template, host, port, api_port, retry_seconds, parameters=parameters, **settings) as cloud:
        from blastlens.local.answer_lines import examination_pump, field_pump
        from blastlens.local.event_sources.pump import Pumps
        from blastlens.local.outbox.messages import Outbox
        from blastlens.local.outbox.page import OutboxPage
        from blastlens.local.stack.clinics import add_clinic

        box = Outbox(_keeper(outbox))
        with (
            OutboxPage(box, host, outbox_port) as page,
            Pumps(
                {
                    "outbox": box.run,
                    "fields": field_pump(cloud, click.echo).run,
                    "examinations": examination_pump(cloud, click.echo).run,
                }
            ),
        ):
            if verbose:
                click.echo(cloud.stack.left_out)
            add_clinic(cloud.clients, cloud.deployment, _CLINIC)
            if cloud.stack.user_pool:
                cloud.accounts.add_ready_users(_CLINIC)
            _print_addresses(cloud, host, page.address)
            if sam:
                _print_sam_commands(cloud, sam)
            wait_until_stopped()
    kept = f" The messages are kept in {outbox}." if outbox else ""
    click.echo(f"Stopped. All data of this run is deleted.{kept}")


def _keeper(folder: Path | None) -> "Callable[[Message], None]":
    from blastlens.local.outbox.folder import keep_in_folder, prepare_folder

    if folder is None:
        return lambda message: None
    prepare_folder(folder)
    return lambda message: click.echo(f"{message.kind}: {keep_in_folder(message, folder)}")


def _print_addresses(cloud: "EmbeddedCloud", host: str, page: str) -> None:
    from blastlens.local.clients import ACCESS_KEY, REGION, SECRET_KEY
    from blastlens.local.http.addresses import is_loopback

    settings = f"AWS_ACCESS_KEY_ID={ACCESS_KEY} AWS_SECRET_ACCESS_KEY={SECRET_KEY} AWS_DEFAULT_REGION={REGION}"
    bucket = cloud.stack.resources["UploadBucket"]
    key = f"uploads/{_CLINIC}/patient-1/upload-1.jpg"
    click.echo(f"The embedded cloud is ready at {cloud.endpoint}, with any credentials. Upload a smear, for example:\n")
    click.echo(f"  curl --fail --upload-file smear.jpg {cloud.endpoint}/{bucket}/{key}\n")
    click.echo("or with the AWS CLI:\n")
    click.echo(f"  {settings} \\\n  aws s3 cp smear.jpg s3://{bucket}/{key} --endpoint-url {cloud.endpoint}\n")
    click.echo("Connect a microscope, with images in IMAGES/PATIENT/EXAMINATION/:\n")
    click.echo(_microscope_commands(cloud, settings))
    click.echo("")
    for line in page_lines(cloud) if cloud.stack.user_pool else ():
        click.echo(line)
    click.echo("The HTTP API is at the same address. Signatures of requests are not checked here, tokens are.")
    for route in cloud.stack.routes:
        click.echo(f"  {route.key}")
    click.echo(f"Read e-mails and push messages at {page}. Answers follow here, one a line.")
    if not is_loopback(host):
        click.echo(_OPEN_TO_ALL.format(host=host, port=cloud.endpoint.rpartition(":")[2]), err=True)
    click.echo("Ctrl-C ends it.")


def _microscope_commands(cloud: "EmbeddedCloud", settings: str) -> str:
    from blastlens.local.stack.deployment import STACK_NAME

    lines = (
        f"{program()} device request microscope-1",
        f"{settings} AWS_ENDPOINT_URL={cloud.endpoint} \\",
        f"{program()} device enroll microscope-1 --clinic {_CLINIC} --request microscope-1.csr --stack {STACK_NAME} \\",
        f"  --storage {cloud.endpoint} --api {cloud.api_address} --spool spool \\",
        f"  --authority {cloud.credentials.authority_file}",
        f"{program()} device watch IMAGES --config microscope-1.toml",
    )
    return "\n".join(f"  {line}" for line in lines)


def _print_sam_commands(cloud: "EmbeddedCloud", folder: Path) -> None:
    from blastlens.inference.package import SHIPPED, load_package
    from blastlens.local.clients import REGION
    from blastlens.local.sam_files import ENVIRONMENT, EVENTS, write_sam_files

    write_sam_files(cloud, folder, load_package(SHIPPED).identity.digest)
    click.echo("\nHere only the API runs. After `sam build`, classify, examine and notify run in containers:\n")
    for function, event in EVENTS.items():
        options = f"--env-vars {folder / ENVIRONMENT} --region {REGION}"
        click.echo(f"  sam local invoke {function} --event {folder / event} {options}")
