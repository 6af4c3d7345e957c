"""Embedded cloud with the shipped model, for `local` and `demo`."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from blastlens.cli.runtime_log import hide_runtime_notes
from blastlens.domain.errors import InvalidSettings

if TYPE_CHECKING:
    from blastlens.local.cloud import EmbeddedCloud

LOCAL_PARAMETERS = {"ExaminationQuietSeconds": "15"}
"""Parameters of every embedded cloud: nobody waits three minutes here for fields that do not come."""

DEMO_PARAMETERS = {"Stage": "dev", "PatientRelease": "automatic", **LOCAL_PARAMETERS}
"""Parameters of the demo with microscopes: nobody signs there, so patients are notified without a sign-off."""

DEMO_NOTE = (
    "Demo setting: PatientRelease=automatic with Stage=dev, so patients are notified although nobody has signed. "
    "By default they are notified after a clinician has signed."
)


@contextmanager
def run_embedded_cloud(
    template: Path | None,
    host: str = "127.0.0.1",
    port: int = 0,
    api_port: int = 0,
    retry_seconds: int | None = 2,
    quiet: bool = False,
    parameters: Mapping[str, str] | None = None,
    containers: bool = False,
) -> "Iterator[EmbeddedCloud]":
    """Run an embedded cloud with the shipped model until the block ends.

    Args:
        template: path of template.yaml; None to search for it.
        host: address to bind.
        port: port of the services, 0 for a free one.
        api_port: port of the HTTP API, 0 for a free one.
        retry_seconds: time until a failed message is delivered again.
        quiet: whether the functions log only warnings and errors, and the runtime of the model notes nothing.
        parameters: values of template parameters that differ from their defaults.
        containers: whether containers classify and notify, and the functions here do nothing.

    Raises:
        InvalidSettings: the extra `local` is not installed, or a setting is wrong.
        DamagedPackage: the shipped model is damaged.
    """
    from blastlens.local.environment import isolated_from_user_settings

    # The settings go first: libraries read the environment when they are imported.
    with (
        isolated_from_user_settings(),
        _make_cloud(template, host, port, api_port, retry_seconds, quiet, parameters or {}, containers) as cloud,
    ):
        yield cloud


def _make_cloud(
    template: Path | None,
    host: str,
    port: int,
    api_port: int,
    retry_seconds: int | None,
    quiet: bool,
    parameters: Mapping[str, str],
    containers: bool,
) -> "EmbeddedCloud":
    try:
        from blastlens.local.cloud import EmbeddedCloud
        from blastlens.local.handlers import functions_maker
        from blastlens.local.sam_files import with_idle_functions
        from blastlens.local.stack.template import find_template
    except ModuleNotFoundError as missing:
        raise InvalidSettings(
            f"The embedded cloud needs {missing.name}, which is not installed: type `make install` in a checkout."
        ) from missing
    from blastlens.inference.classifier import Classifier
    from blastlens.inference.package import SHIPPED, load_package

    with hide_runtime_notes(verbose=not quiet):
        classifier = Classifier(load_package(SHIPPED), threads=os.cpu_count() or 1)
    makes = functions_maker(classifier, log_level="WARNING" if quiet else "INFO")
    if containers:
        makes = with_idle_functions(makes)
    return EmbeddedCloud(
        find_template(template), makes, host, port, api_port, retry_seconds, {**LOCAL_PARAMETERS, **parameters}
    )
