"""`blastlens classify --out FILE`: interruption and continuation."""

import json
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from blastlens.cli.answer_file import open_answer_file
from blastlens.cli.main import cli
from blastlens.inference.package import load_package

IMAGES = 6
MANY = 60
# Tests that run in the background are started with the signal ignored, and so are their processes.
STOPPABLE = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from blastlens.cli.main import main; main()"
)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "answers.jsonl"


def run(*arguments):
    return CliRunner().invoke(cli, ["classify", *map(str, arguments)])


def paths_in(file):
    return [json.loads(line)["path"] for line in file.read_text().splitlines()]


def all_of(folder):
    return [str(path) for path in sorted(folder.iterdir())]


def test_every_answer_is_written_to_the_file_and_not_printed(folder, package, out):
    result = run(folder, "--package", package, "--out", out)
    assert result.exit_code == 0
    assert paths_in(out) == all_of(folder)
    assert result.stdout == ""
    assert f"Images answered: {IMAGES} in" in result.stderr
    assert "not a diagnosis" in result.stderr


def test_lines_of_the_file_are_those_that_json_prints(folder, package, out):
    run(folder, "--package", package, "--out", out)
    assert run(folder, "--package", package, "--json").stdout == out.read_text()


def test_a_file_that_exists_is_refused_and_left_as_it_is(folder, package, out):
    out.write_text("mine\n")
    result = run(folder, "--package", package, "--out", out)
    assert result.exit_code != 0
    assert "--resume" in str(result.exception)
    assert out.read_text() == "mine\n"


def test_resuming_reads_only_what_is_not_answered(folder, package, out):
    run(folder / "0.png", folder / "3.png", "--package", package, "--out", out)
    result = run(folder, "--package", package, "--out", out, "--resume")
    assert f"Images answered: {IMAGES - 2} in" in result.stderr
    assert sorted(paths_in(out)) == all_of(folder)


def test_answers_of_other_images_are_counted_with_the_file_and_not_with_the_command(folder, package, out):
    run(folder / "0.png", "--package", package, "--out", out)
    result = run(folder / "1.png", folder / "2.png", "--package", package, "--out", out, "--resume")
    assert "Images answered: 2 in" in result.stderr
    assert f"3 in total in {out}." in result.stderr


def test_what_a_stopped_command_has_left_is_counted_without_answers_of_other_images(folder, package, out, monkeypatch):
    run(folder / "0.png", "--package", package, "--out", out)
    others = [folder / f"{number}.png" for number in range(1, IMAGES)]

    def stop_at_three(path):
        if path.name == "3.png":
            raise KeyboardInterrupt
        return path.read_bytes()

    monkeypatch.setattr("blastlens.cli.classified_files.read_image_file", stop_at_three)
    result = run(*others, "--package", package, "--out", out, "--resume", "--threads", "1")
    assert f"2 of {len(others)} images are answered in {out}. Continue" in result.stderr


def test_an_incomplete_last_line_is_dropped_and_its_image_classified_again(folder, package, out):
    run(folder, "--package", package, "--out", out)
    whole = out.read_bytes()
    out.write_bytes(whole[:-40])
    result = run(folder, "--package", package, "--out", out, "--resume")
    assert "Images answered: 1 in" in result.stderr
    assert out.read_bytes() == whole


def test_resuming_without_a_file_begins_one(folder, package, out):
    assert run(folder, "--package", package, "--out", out, "--resume").exit_code == 0
    assert paths_in(out) == all_of(folder)


def test_resuming_what_is_finished_changes_nothing(folder, package, out):
    run(folder, "--package", package, "--out", out)
    before = out.read_bytes()
    assert run(folder, "--package", package, "--out", out, "--resume").exit_code == 0
    assert out.read_bytes() == before


def test_a_file_with_answers_of_another_model_is_not_continued(folder, package, out):
    answer = {"path": "a.png", "model": {"name": "other", "version": "1.0.0", "digest": "not this one"}}
    out.write_text(json.dumps(answer) + "\n")
    result = run(folder, "--package", package, "--out", out, "--resume")
    assert "other 1.0.0" in str(result.exception)
    assert len(paths_in(out)) == 1


@pytest.mark.parametrize("line", ["no JSON", "[1]", '{"path": "a.png"}'])
def test_a_file_that_holds_something_else_is_refused_and_left_as_it_is(folder, package, out, line):
    out.write_text(line + "\n")
    result = run(folder, "--package", package, "--out", out, "--resume")
    assert "Line 1" in str(result.exception)
    assert out.read_text() == line + "\n"


@pytest.mark.parametrize("text", ['{"important": "notes"}', "notes", '{"path"; "notes"}'])
def test_an_incomplete_line_that_is_not_an_answer_is_refused_and_not_changed(folder, package, out, text):
    out.write_text(text)
    result = run(folder, "--package", package, "--out", out, "--resume")
    assert "Line 1" in str(result.exception)
    assert out.read_text() == text


@pytest.mark.parametrize("length", [1, 8, 40])
def test_a_file_with_an_incomplete_first_answer_is_continued(folder, package, out, length):
    run(folder, "--package", package, "--out", out)
    whole = out.read_bytes()
    out.write_bytes(whole[:length])
    assert run(folder, "--package", package, "--out", out, "--resume").exit_code == 0
    assert out.read_bytes() == whole


def test_a_file_that_another_run_is_writing_is_refused_and_left_as_it_is(folder, package, out):
    digest = load_package(package).identity.digest
    with open_answer_file(out, resume=False, digest=digest) as answers:
        answers.add({"path": "a.png", "model": {"digest": digest}})
        result = run(folder, "--package", package, "--out", out, "--resume")
        assert f"Another run is writing {out}" in str(result.exception)
    assert paths_in(out) == ["a.png"]
    assert run(folder, "--package", package, "--out", out, "--resume").exit_code == 0


def test_resuming_needs_the_name_of_the_file(folder, package):
    result = run(folder, "--package", package, "--resume")
    assert result.exit_code == 2
    assert "--out" in result.stderr


def test_a_file_that_cannot_be_opened_is_tried_again_when_resumed(folder, package, out, monkeypatch):
    def refuse_one(path):
        if path.name == "2.png":
            raise PermissionError(13, "Permission denied")
        return path.read_bytes()

    with monkeypatch.context() as refusing:
        refusing.setattr("blastlens.cli.classified_files.read_image_file", refuse_one)
        result = run(folder, "--package", package, "--out", out)
    assert result.exit_code == 2
    assert "1 of 6 files could not be opened" in result.stderr
    assert len(paths_in(out)) == IMAGES - 1
    assert run(folder, "--package", package, "--out", out, "--resume").exit_code == 0
    assert sorted(paths_in(out)) == all_of(folder)


def test_control_c_keeps_answers_and_prints_how_to_continue(folder, out):
    picture = (folder / "0.png").read_bytes()
    for number in range(IMAGES, MANY):
        (folder / f"{number}.png").write_bytes(picture)
    # The model that ships takes its time: the small one would be done before the signal on a busy machine.
    options = [str(folder), "--threads", "1", "--out", str(out)]
    command = [sys.executable, "-c", STOPPABLE, "classify", *options]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while running.poll() is None and not (out.is_file() and out.read_bytes().count(b"\n") > 2):
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    done = paths_in(out)
    assert 2 < len(done) < MANY
    assert f"{len(done)} of {MANY} images are answered in {out}. Continue with the same command and --resume." in errors
    assert run(*options, "--resume").exit_code == 0
    assert sorted(paths_in(out)) == sorted(all_of(folder))
