"""The classify function under Lambda's runtime client, after a restore."""

import json
import os
from functools import partial

import pytest

from tests.unit.functions.runtime_api import NOTHING_TO_DO, runtime_api

pytest.importorskip("awslambdaric", reason="Lambda's runtime client comes for Linux alone")

# The function that is deployed, with notes of what it does and when; the hooks are registered and run by the real ones.
WATCHED = """
import json, os, sys, time
from blastlens.cloud import clients
from blastlens.inference.classifier import Classifier

def note(what):
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(json.dumps([what, time.monotonic()]) + "\\n")

new_session, read_bytes = clients.new_session, Classifier.read_bytes
clients.new_session = lambda: (note("clients made"), new_session())[1]
Classifier.read_bytes = lambda self, data: (note("image read"), read_bytes(self, data))[1]
from blastlens.functions.entry.classify import handler as _handler
note("started")

def handler(event, context):
    note("event")
    return _handler(event, context)
"""


@pytest.fixture
def start(start_function, tmp_path):
    """Return what starts the watched function."""
    (tmp_path / "watched.py").write_text(WATCHED)
    here = os.pathsep.join((str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])))
    return partial(start_function, handler="watched.handler", PYTHONPATH=here, NOTES=str(tmp_path / "notes"))


def notes(tmp_path):
    return [json.loads(line)[0] for line in (tmp_path / "notes").read_text().splitlines()]


def test_a_snapshot_holds_a_warm_model_and_clients_are_made_after_the_restore(start, tmp_path):
    with runtime_api(NOTHING_TO_DO) as api:
        start(api, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start")
        assert api.waiting.wait(60), "it never asked to be restored"
        assert notes(tmp_path) == ["clients made", "started", "image read"]
        assert api.calls == ["GET restore/next"]
        api.restore.set()
        assert api.answered.wait(60), "it never answered"
        assert api.answer == {"batchItemFailures": []}
        assert notes(tmp_path) == ["clients made", "started", "image read", "clients made", "event"]
        assert api.calls[:3] == ["GET restore/next", "GET invocation/next", "POST invocation/ID/response"]


def test_without_a_snapshot_no_hook_is_run(start, tmp_path):
    with runtime_api(NOTHING_TO_DO) as api:
        start(api, AWS_LAMBDA_INITIALIZATION_TYPE="on-demand")
        assert api.answered.wait(60), "it never answered"
        assert api.answer == {"batchItemFailures": []}
        assert notes(tmp_path) == ["clients made", "started", "event"]


def test_a_restore_that_fails_is_reported_and_ends_the_function(start, tmp_path):
    (tmp_path / "watched.py").write_text(WATCHED.replace('note("started")', "clients = None\nimport watched_fails"))
    (tmp_path / "watched_fails.py").write_text(
        "from snapshot_restore_py import register_after_restore\n"
        "def fail():\n    raise RuntimeError('no credentials yet')\n"
        "register_after_restore(fail)\n"
    )
    with runtime_api(NOTHING_TO_DO) as api:
        process = start(api, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start")
        api.restore.set()
        assert process.wait(60) != 0
        assert api.calls == ["GET restore/next", "POST restore/error"]
