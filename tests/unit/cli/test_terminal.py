"""Rows of `classify` in terminals, in pipes, and in other encodings."""

import json
import os
import subprocess
import sys

import pytest

from blastlens.domain.labels import LABELS, WORDS
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from tests.unit.cli.screen import START, replay, run_in_terminal

WIDTHS = (80, 120, 160)
TITLES = tuple(WORDS[label].title for label in LABELS)
HEADS = (*TITLES, "Uncertain: have it read first", "rejected")


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Smears of all kinds, a file that is no image under a name that no terminal is wide enough for, and a lost one."""
    folder = tmp_path_factory.mktemp("a-folder-with-a-rather-long-name") / "smears of the second week"
    folder.mkdir()
    for number, label in enumerate(LABELS):
        (folder / f"{number}.png").write_bytes(encode_png(draw_smear(number + 1, label).image))
    (folder / f"{'x' * 150}-end.png").write_bytes(b"no image")
    (folder / "lost.png").symlink_to(folder / "gone.png")
    return folder


def run_in_pipe(*arguments, **environment):
    command = [sys.executable, "-c", START, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, env={**os.environ, **environment})


@pytest.fixture(scope="module", params=WIDTHS)
def shown(request, mixed):
    return request.param, run_in_terminal(request.param, "classify", str(mixed))


def test_no_row_shares_a_line_with_the_progress_bar(shown):
    _, screen = shown
    bars = [state for state in screen.states if "images/s" in state or "reading" in state]
    assert bars
    assert not any(head in state for state in bars for head in HEADS)


def test_no_row_is_wrapped_by_the_terminal(shown):
    columns, screen = shown
    assert screen.wrapped == 0
    assert max(map(len, screen.states)) <= columns


def test_a_terminal_shows_every_image_with_its_name_and_nothing_else(shown):
    _, screen = shown
    text = "\n".join(screen.lines)
    for name in ("0.png", "1.png", "2.png", "3.png", "-end.png", "lost.png: No such file or directory"):
        assert text.count(name) == 1
    assert "unknown_format:" in text and "export the image" in " ".join(text.split())
    assert "reading" not in text and "XNNPACK" not in text
    assert screen.status == 2  # because of the link


def test_a_name_is_cut_at_its_beginning_where_it_does_not_fit(shown):
    _, screen = shown
    (row,) = [line for line in screen.lines if "-end.png" in line]
    assert row.endswith("xxx-end.png")
    assert row.startswith("rejected  …")


def test_a_pipe_gets_whole_names_and_no_bar(mixed):
    done = run_in_pipe("classify", mixed, COLUMNS="80")
    lines = done.stdout.decode().splitlines()
    assert len(lines) == 5 + 1 + 2  # the reason of the rejection, and the two lines of the caveat
    assert lines[4] == f"rejected  {mixed}/{'x' * 150}-end.png"
    assert done.stderr.decode().splitlines()[0] == f"{mixed}/lost.png: No such file or directory"
    assert b"reading" not in done.stderr


def test_json_goes_to_the_file_also_when_errors_go_to_a_terminal(mixed, tmp_path):
    script = f"exec {sys.executable} -c '{START}' classify --json '{mixed}' > {tmp_path / 'answers.jsonl'}"
    command = ["import pty, sys; status = pty.spawn(sys.argv[1:]); sys.exit(status >> 8)", "sh", "-c", script]
    subprocess.run([sys.executable, "-c", *command], check=False, capture_output=True)
    answers = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert len(answers) == 5


def test_errors_go_to_their_file_also_when_rows_go_to_a_terminal(mixed, tmp_path):
    script = f"exec {sys.executable} -c '{START}' classify '{mixed}' 2> {tmp_path / 'errors'}"
    command = ["import pty, sys; status = pty.spawn(sys.argv[1:]); sys.exit(status >> 8)", "sh", "-c", script]
    shown = subprocess.run([sys.executable, "-c", *command], check=False, capture_output=True).stdout
    assert b"3.png" in shown and b"No such file" not in shown
    assert (tmp_path / "errors").read_text().splitlines()[0] == f"{mixed}/lost.png: No such file or directory"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_encoding_without_blocks_gets_bars_of_signs(mixed, encoding):
    done = run_in_pipe("classify", mixed, PYTHONIOENCODING=encoding)
    lines = done.stdout.decode(encoding).splitlines()
    assert "########" in lines[3] and "?" not in lines[3]
    assert b"Traceback" not in done.stderr


def test_verbose_shows_the_notes_of_the_runtime(mixed):
    image = mixed / "0.png"
    assert b"INFO" not in run_in_pipe("classify", image).stderr
    assert b"INFO: Created TensorFlow Lite XNNPACK delegate" in run_in_pipe("classify", image, "--verbose").stderr


def test_the_replay_knows_what_a_terminal_does():
    screen = replay("bar\r\x1b[2Krow\r\nabcdef", 5)
    assert screen.lines == ("row", "abcde", "f")
    assert screen.wrapped == 1 and "bar" in screen.states
