"""Configuration of a microscope: relative paths, and wrong values."""

from dataclasses import replace

import pytest

from blastlens.devices.configuration import read_configuration
from blastlens.devices.configuration_text import format_configuration
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


@pytest.mark.parametrize(
    ("optics", "um"),
    [
        ("", None),
        ("[optics]", None),
        ("[optics]\npixel_size_um = 0.25", 0.25),
        ("[optics]\nobjective = 100\ncamera_pixel_um = 6.5", 0.065),
        ("[optics]\nobjective = 100\nadapter = 0.5\ncamera_pixel_um = 3.45", 0.069),
    ],
)
def test_the_pixel_size_is_that_of_camera_objective_and_adapter(read, optics: str, um: float | None):
    assert read("[spool]", f"{optics}\n[spool]").pixel_size_um == (None if um is None else pytest.approx(um))


@pytest.mark.parametrize(
    ("optics", "named"),
    [
        ("objective = 100", "camera_pixel_um is missing"),
        ("camera_pixel_um = 3.45", "objective is missing"),
        ("pixel_size_um = 0.25\nobjective = 100", "remove objective"),
        ("pixel_size_um = 0", "no microscope has"),
        ("pixel_size_um = -0.25", "a number of at least 0"),
        ("pixel_size_um = 1e9", "pixel_size_um must be"),
        ('pixel_size_um = "0.25"', "pixel_size_um must be"),
        ("objective = 0\ncamera_pixel_um = 3.45", "no microscope has"),
        ("objective = 100\nadapter = 0\ncamera_pixel_um = 3.45", "no microscope has"),
        ("objective = 1e308\nadapter = 1e8\ncamera_pixel_um = 3.45", "objective must be"),
        ("magnification = 100", "magnification is unknown"),
    ],
)
def test_optics_that_cannot_be_are_refused_by_name(read, optics: str, named: str):
    with pytest.raises(InvalidSettings, match=named):
        read("[spool]", f"[optics]\n{optics}\n[spool]")


@pytest.mark.parametrize("um", [None, 0.0690000000001])
def test_the_optics_that_are_written_are_those_that_are_read(read, tmp_path, um: float | None):
    path = tmp_path / "written.toml"
    path.write_text(format_configuration(replace(read(), pixel_size_um=um)), "utf-8")
    assert read_configuration(path).pixel_size_um == um


def test_the_pattern_and_the_rest_of_examinations_are_read_and_written(read, tmp_path):
    pattern = r"(?P<examination>\d+)-.*"
    given = read("[spool]", f"[examination]\npattern = '{pattern}'\nrest_seconds = 90\n[spool]")
    assert given.examinations.find_place("p/7-1.jpg").examination_id == "7"
    assert given.rest_seconds == 90
    path = tmp_path / "written.toml"
    for configuration in (given, read()):
        path.write_text(format_configuration(configuration), "utf-8")
        written = read_configuration(path)
        assert (written.examinations, written.rest_seconds) == (configuration.examinations, configuration.rest_seconds)


@pytest.mark.parametrize("pattern", ["(", "field-.*", "(?P<smear>.*)"])
def test_a_pattern_that_names_no_examination_is_refused_with_an_example(read, pattern: str):
    with pytest.raises(InvalidSettings, match=r"\[examination\] pattern must be a regular expression .*single quotes"):
        read("[spool]", f"[examination]\npattern = '{pattern}'\n[spool]")


@pytest.mark.parametrize(
    ("section", "package", "threads"),
    [
        ("", "", 1),
        ('[screening]\npackage = "screening"', "screening", 1),
        ('[screening]\npackage = "fusion"\nthreads = 2', "fusion", 2),
        ('[screening]\npackage = "packages/own"', "{folder}/packages/own", 1),
        ('[screening]\npackage = "./screening"', "{folder}/screening", 1),
        ('[screening]\npackage = "/srv/own"', "/srv/own", 1),
    ],
)
def test_the_screening_names_a_shipped_package_or_a_folder(read, tmp_path, section: str, package: str, threads: int):
    given = read("[spool]", f"{section}\n[spool]")
    assert (given.screening_package, given.screening_threads) == (package.format(folder=tmp_path), threads)
    path = tmp_path / "written.toml"
    path.write_text(format_configuration(given), "utf-8")
    written = read_configuration(path)
    assert (written.screening_package, written.screening_threads) == (given.screening_package, threads)


@pytest.mark.parametrize("line", ["package = 1", "threads = 0", "threads = 1.5", "threads = 65", 'model = "screening"'])
def test_a_screening_that_cannot_be_is_refused_by_name(read, line: str):
    with pytest.raises(InvalidSettings, match=rf"\[screening\] {line.split()[0]} "):
        read("[spool]", f"[screening]\n{line}\n[spool]")
