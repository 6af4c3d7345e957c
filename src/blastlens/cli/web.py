"""`blastlens web`: the page of a deployment."""

from pathlib import Path

import click

from blastlens.cli.deployment import deployment_options


@click.group("web")
def web() -> None:
    """Publish the page of clinicians and patients.

    Uses the deployment that --stack names, with your AWS credentials.
    """


@web.command("publish")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("build/web"),
    show_default=True,
    help="The page that `make web` has built.",
)
@deployment_options
def publish(folder: Path, stack: str) -> None:
    """Upload the page and show its address.

    Also tells the user pool that address, and has CloudFront drop what it kept of an earlier page. Running it again
    changes nothing; it completes an interrupted call. Do so after each deployment.
    """
    import uuid

    from blastlens.cloud import clients
    from blastlens.cloud.operations.publication import PageStack, Publication
    from blastlens.cloud.push_key import PushKey

    page = PageStack.of_stack(clients.cloudformation_client(), stack)
    publication = Publication(clients.s3_client(), clients.cognito_client(), clients.cloudfront_client(), page)
    push_key = PushKey(clients.kms_client(), page.push_key_arn).public_key()
    count = publication.publish(folder, push_key, lambda: str(uuid.uuid4()))
    click.echo(f"{count} files are published at {page.page_url} (CloudFront may show an earlier page for a minute).")
