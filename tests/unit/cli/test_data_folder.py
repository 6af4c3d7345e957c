"""Options for folders of images in training commands."""

import click
import pytest
from click.testing import CliRunner

from blastlens.cli.data_folder import data_option
from blastlens.cli.main import cli


@click.command()
@data_option
def list_folder(data):
    click.echo(data.name)


@pytest.fixture
def data(tmp_path):
    for name in ("Pro/1.png", "Pre/2.JPG", "Pro/._1.png", "Pro/3.dcm", "@eaDir/1.png", "Thumbs.db", "groups.csv"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path / "data"


LINE = "Left out: hidden or system files and folders: 3; files whose endings are not read: 1 (.dcm 1)."


def test_what_is_left_out_of_a_data_folder_is_counted_in_one_line(data):
    result = CliRunner().invoke(list_folder, ["--data", str(data)])
    assert result.stdout == "data\n"
    (line,) = result.stderr.splitlines()
    assert line.startswith(LINE)


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("train", ("--package",)),
        ("evaluate", ("--package", "--out")),
        ("audit", ("--package", "--out")),
        ("tune", ("--study",)),
    ],
)
def test_every_command_for_data_counts_what_it_leaves_out(data, tmp_path, command, options):
    others = [text for option in options for text in (option, str(tmp_path))]
    result = CliRunner().invoke(cli, [command, "--data", str(data), *others])
    assert LINE in result.stderr
