"""The embedded cloud with whatever the user's AWS and proxy settings are."""

import json
import os
import subprocess
import sys

import pytest

from blastlens.cli.embedded_cloud import run_embedded_cloud
from blastlens.local.environment import embedded_environment, isolated_from_user_settings

# A new process, because libraries read the environment when they are imported. The model is not needed.
_RUN = """
import json
from blastlens.cli import embedded_cloud
from tests.functional.quick_reader import QuickReader

import blastlens.inference.classifier as classifier
classifier.Classifier = lambda *_, **__: QuickReader()
with embedded_cloud.run_embedded_cloud(None, quiet=True) as cloud:
    bucket = cloud.stack.resources["UploadBucket"]
    cloud.clients.client("s3").put_object(Bucket=bucket, Key="uploads/c/p/u.jpg", Body=b"x")
    print(json.dumps({"bucket": bucket, "endpoint": cloud.endpoint}))
"""

PROXIES = dict.fromkeys(("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy"), "http://127.0.0.1:9")
SETTINGS = {
    **PROXIES,
    "no_proxy": "",
    "AWS_PROFILE": "nobody",
    "AWS_CA_BUNDLE": "/nowhere.pem",
    "AWS_ENDPOINT_URL": "https://production.example",
    "AWS_CONFIG_FILE": "malformed",
    "AWS_SHARED_CREDENTIALS_FILE": "malformed",
    "AWS_DEFAULT_REGION": "",
    "HOME": "/nonexistent",
}
"""A missing profile, dead proxies, a malformed configuration and no region, all at once."""


def test_the_embedded_cloud_runs_whatever_the_environment_holds(tmp_path):
    (tmp_path / "malformed").write_text("[default\nregion eu\n= =\n")
    given = {name: str(tmp_path / value) if value == "malformed" else value for name, value in SETTINGS.items()}
    environment = {**os.environ, **given, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-c", _RUN], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)["endpoint"].startswith("http://127.0.0.1:")


def test_the_users_settings_are_gone_for_the_block_and_restored_after_it(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("BLASTLENS_OTHER", "stays")
    before = dict(os.environ)
    with isolated_from_user_settings():
        assert {name: value for name, value in os.environ.items() if name.startswith("AWS_")} == {
            name: value for name, value in embedded_environment().items() if name.startswith("AWS_")
        }
        assert "https_proxy" not in os.environ
        assert os.environ["BLASTLENS_OTHER"] == "stays"
    assert dict(os.environ) == before


def test_the_settings_are_restored_after_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_PROFILE", "mine")
    before = dict(os.environ)
    with pytest.raises(Exception, match="no template"), run_embedded_cloud(tmp_path / "nothing.yaml"):
        pass
    assert dict(os.environ) == before


def test_the_dummy_credentials_are_those_of_the_embedded_clouds_clients():
    from blastlens.local.clients import ACCESS_KEY, REGION, SECRET_KEY

    given = embedded_environment()
    assert (given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"]) == (ACCESS_KEY, SECRET_KEY)
    assert given["AWS_DEFAULT_REGION"] == REGION
