"""The device demo: agents, network faults, power cuts and reconciliation."""

import pytest

from blastlens.cli.device_demo import numbers, reconciliation_table
from blastlens.cli.embedded_cloud import DEMO_PARAMETERS
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.demo.device_demo import DeviceDemoPlan, run_device_demo
from blastlens.local.handlers import functions_maker
from blastlens.local.stack.template import find_template
from tests.effort import in_soak
from tests.functional.quick_reader import QuickReader

pytestmark = in_soak

PLAN = DeviceDemoPlan(devices=2, images=8, kills=3, faults=0.1, limit_seconds=150, write_seconds=6)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    makes = functions_maker(QuickReader(), "CRITICAL")
    with EmbeddedCloud(find_template(), makes, parameters=DEMO_PARAMETERS) as cloud:
        yield run_device_demo(cloud, PLAN, tmp_path_factory.mktemp("microscopes"), lambda done: None)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_every_image_arrives_once_through_power_cuts_and_a_bad_network(outcome):
    assert (outcome.lost, outcome.twice) == (0, 0)
    assert outcome.kills >= PLAN.kills
    assert sum(row.written for row in outcome.rows) == PLAN.images
    for row in outcome.rows:
        assert row.uploads == row.fields == row.written
        assert row.clinic_notices == row.clinic_told >= row.examinations > 0
        assert row.patient_notices == row.patient_told >= row.examinations  # all images show leukemia


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_reconciliation_has_bytes_sent_and_time_to_notice(outcome):
    told = numbers(outcome)
    assert told["kills_survived"] == outcome.kills
    assert outcome.bytes_sent > outcome.bytes_needed > 0
    seconds = outcome.seconds_to_notice
    assert 0 < len(seconds) <= sum(row.examinations for row in outcome.rows)
    # S3's upload times have whole seconds: the difference may be off by half a second.
    assert -1 <= seconds[0] <= seconds[-1] < PLAN.limit_seconds
    assert told["uploads_answered_as_microscopes_know"] == PLAN.images
    assert reconciliation_table(outcome).row_count == len(outcome.rows) + 1
