"""Configuration of a microscope: relative paths, and wrong values."""

import pytest

from blastlens.devices.configuration import read_configuration
from blastlens.domain.errors import InvalidSettings

VALID = """
[device]
name = "microscope-1"
clinic = "clinic-7"
[cloud]
region = "eu-central-1"
bucket = "smears"
credentials = "https://credentials.example/"
role_alias = "microscopes"
[identity]
certificate = "certificate.pem"
private_key = "private.key"
[watch]
settle_seconds = 3
[spool]
folder = "spool"
"""


@pytest.fixture
def read(tmp_path):
    """Read VALID with one text replaced by another."""
    path = tmp_path / "microscope.toml"

    def read(before="", after=""):
        path.write_text(VALID.replace(before, after), "utf-8")
        return read_configuration(path)

    return read


def test_paths_are_relative_to_the_file_and_what_is_not_named_has_a_default(read, tmp_path):
    configuration = read()
    assert configuration.certificate == tmp_path / "certificate.pem"
    assert configuration.spool == tmp_path / "spool"
    assert configuration.credentials == "https://credentials.example"
    assert (configuration.folder, configuration.authority) == (None, None)
    assert (configuration.settle_seconds, configuration.scan_seconds) == (3.0, 2.0)


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ('"clinic-7"', '"clinic 7"', "clinic"),
        ('"eu-central-1"', "1", "region"),
        ('bucket = "smears"', "", "bucket"),
        ("https://", "http://", "credentials"),
        ("= 3", "= -1", "settle_seconds"),
        ("= 3", "= true", "settle_seconds"),
        ("settle_seconds", "settle_minutes", "settle_minutes"),
        ("[watch]", "[watches]", "watches"),
        ("[watch]", "[watch", "microscope.toml"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(read, before, after, named):
    with pytest.raises(InvalidSettings, match=named):
        read(before, after)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InvalidSettings, match=r"missing\.toml"):
        read_configuration(tmp_path / "missing.toml")
