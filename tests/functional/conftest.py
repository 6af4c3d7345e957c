"""The embedded cloud with a fast reader, one for each test file."""

import pytest

from blastlens.cli.embedded_cloud import DEMO_PARAMETERS
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.handlers import functions_maker
from blastlens.local.stack.template import find_template
from tests.functional.quick_reader import QuickReader


@pytest.fixture(scope="module")
def reader():
    return QuickReader()


@pytest.fixture(scope="module")
def cloud(reader):
    makes = functions_maker(reader, "CRITICAL")
    with EmbeddedCloud(find_template(), makes, retry_seconds=0, parameters=DEMO_PARAMETERS) as cloud:
        yield cloud
