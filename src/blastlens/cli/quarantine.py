"""`blastlens quarantine`: images with invalid keys, and their way to a valid one."""

import json
from typing import TYPE_CHECKING

import click

from blastlens.cli.deployment import deployment_options
from blastlens.domain.errors import UploadRefused
from blastlens.domain.upload import Upload, parse_key

if TYPE_CHECKING:
    from blastlens.cloud.operations.quarantine import Quarantine, QuarantinedImage

_SHOWN_DIGITS = 12
_HOW = (
    "The keys are not shown, because they may hold names. To see one, and to give its image a valid key:\n"
    "  {program} quarantine {id}{options} --show-key\n"
    "  {program} quarantine {id}{options} --rename CLINIC/PATIENT/EXAMINATION/UPLOAD.jpg\n"
    "Without blastlens, by its version:\n"
    "  aws s3api list-object-versions --bucket {bucket} --prefix uploads/ "
    "--query \"Versions[?VersionId=='{version}'].Key\""
)


def _upload(context: click.Context, parameter: click.Parameter, value: str | None) -> Upload | None:
    if value is None:
        return None
    try:
        return parse_key(f"uploads/{value.removeprefix('uploads/')}")
    except UploadRefused as refusal:
        raise click.BadParameter(refusal.message) from None


@click.command("quarantine")
@click.argument("image", required=False, metavar="[HASH]")
@click.option("--rename", callback=_upload, metavar="KEY", help="Copy image HASH to this valid key, to be classified.")
@click.option("--show-key", is_flag=True, help="Print the key of image HASH. It may hold a person's name.")
@click.option("--version", "version_id", default=None, help="Version of the image, if its key has several.")
@click.option("--all", "everything", is_flag=True, help="List renamed images, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per image.")
@deployment_options
def quarantine(
    image: str | None,
    rename: Upload | None,
    show_key: bool,
    version_id: str | None,
    everything: bool,
    as_json: bool,
    stack: str,
) -> None:
    """List the images that were not read because their key is not of the required form.

    Nobody is notified of them, because their key names no clinic. Nothing is deleted.
    """
    if image is None and (rename or show_key or version_id):
        raise click.UsageError("name the image by its HASH.")
    found = load_quarantine(stack)
    if image is None:
        _list([one for one in found.images() if everything or one.renamed_to is None], as_json)
        return
    from blastlens.cloud.operations.quarantine import choose

    one = choose(found.images(), image, version_id)
    if show_key:
        click.echo(found.find_key(one))
    if rename is not None:
        found.rename(one, rename)
        click.echo(f"{one.key_hash[:_SHOWN_DIGITS]} is copied to {rename.key} and will be classified.")
        click.echo("The object under the old key stays. If that holds a name, find it by --show-key and delete it.")
    if rename is None and not show_key:
        _list([one], as_json)


def load_quarantine(stack: str) -> "Quarantine":
    """Return the quarantine of a stack.

    Raises:
        InvalidSettings: there is no such stack, or it was deployed from an older template.
    """
    from blastlens.cloud.clients import cloudformation_client, dynamodb_client, s3_client
    from blastlens.cloud.operations.quarantine import Quarantine
    from blastlens.cloud.stack_outputs import stack_outputs

    table = stack_outputs(cloudformation_client(), stack, ("ResultsTableName",))["ResultsTableName"]
    return Quarantine(dynamodb_client(), table, s3_client())


def _list(images: "list[QuarantinedImage]", as_json: bool) -> None:
    for one in images:
        click.echo(
            json.dumps(_fields(one)) if as_json else "  ".join(value for value in _fields(one).values() if value)
        )
    if as_json:
        return
    if not images:
        click.echo("No image is in quarantine.")
    elif images[0].renamed_to is None:
        from blastlens.cli.printed_commands import program, typed_options

        first = images[0]
        shown = first.key_hash[:_SHOWN_DIGITS]
        click.echo(
            _HOW.format(
                program=program(), id=shown, options=typed_options(), bucket=first.bucket, version=first.version_id
            )
        )


def _fields(one: "QuarantinedImage") -> dict[str, str | None]:
    return {
        "key_hash": one.key_hash,
        "uploaded_at": f"{one.uploaded_at:%Y-%m-%dT%H:%M:%SZ}",
        "bucket": one.bucket,
        "version_id": one.version_id,
        "renamed_to": one.renamed_to,
    }
