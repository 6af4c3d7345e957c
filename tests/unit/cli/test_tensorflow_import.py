"""Import of TensorFlow without its log lines in the terminal."""

import os
import subprocess
import sys

import pytest

LINE = "I0000 00:00:1 port.cc:153] oneDNN custom operations are on."
IMPORT = "from blastlens.cli.tensorflow_import import import_tensorflow; import_tensorflow()"
SHOW_LEVEL = "; import os; print(os.environ['TF_CPP_MIN_LOG_LEVEL'])"


def run_import(folder, ending="", **environment):
    """Import a TensorFlow that writes a line to file descriptor 2, in a process of its own."""
    (folder / "tensorflow.py").write_text(f"import os\nos.write(2, b'{LINE}\\n')\n{ending}\n")
    usual = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    paths = os.pathsep.join([str(folder), *filter(None, sys.path)])
    command = [sys.executable, "-c", IMPORT + SHOW_LEVEL]
    return subprocess.run(command, capture_output=True, text=True, env={**usual, "PYTHONPATH": paths, **environment})


def test_lines_written_during_the_import_are_dropped_and_the_level_is_set(tmp_path):
    done = run_import(tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == ("2\n", "", 0)


def test_lines_are_shown_where_the_import_fails(tmp_path):
    done = run_import(tmp_path, "raise ImportError('no such library')")
    assert done.returncode == 1
    assert LINE in done.stderr and "no such library" in done.stderr


@pytest.mark.parametrize("level", ["0", "3"])
def test_a_level_set_by_the_user_stays(tmp_path, level):
    done = run_import(tmp_path, TF_CPP_MIN_LOG_LEVEL=level)
    assert done.stdout == f"{level}\n" and done.returncode == 0
