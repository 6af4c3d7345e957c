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

    from blastlens.cloud.clients import cloudformation_client, cloudfront_client, cognito_client, s3_client
    from blastlens.cloud.operations.publication import PageStack, Publication

    page = PageStack.of_stack(cloudformation_client(), stack)
    publication = Publication(s3_client(), cognito_client(), cloudfront_client(), page)
    count = publication.publish(folder, None, lambda: str(uuid.uuid4()))
    click.echo(f"{count} files are published at {page.page_url} (CloudFront may show an earlier page for a minute).")
