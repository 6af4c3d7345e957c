"""Architecture rules: owners of libraries, sizes of files and functions, paths."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "src" / "blastlens"
SOURCES = sorted(PACKAGE.rglob("*.py"))

# Which of our files may import what; a folder ends in a slash.
HOMES = {
    "ai_edge_litert": ("inference/graph.py",),
    "boto3": ("cloud/", "local/"),
    "botocore": ("cloud/", "local/"),
    "fhir": ("cli/",),
    "cryptography": ("devices/certificate_request.py", "cloud/notifications/web_push.py", "local/"),
    # A verifier with keys of its own could be given moto's: deployed code leaves tokens to API Gateway.
    "joserfc": ("local/",),
    "keras": ("training/",),
    "moto": ("local/",),
    "pyarrow": ("cli/",),
    "samtranslator": ("local/",),
    "tensorflow": ("training/",),
    "typst": ("functions/report/",),
    "urllib3": ("cloud/",),
}
MADE_BY_TOOLS = re.compile(
    r"^(\.git|\.venv.*|\..*_cache|\.aws-sam|\.hypothesis|\.coverage.*|__pycache__|build|dist|.*\.egg-info)$"
)
# Where checkouts and people's files usually lie; the paths of Lambda (/tmp, /var/task, /opt) are none of them.
MACHINE_PATH = re.compile(r"(?<![\w.~*-])/(?:home|root|Users|work|workspaces?)/\w+")


def inside(path: Path) -> str:
    """Return the path of one of our modules as seen from the package, with slashes."""
    return path.relative_to(PACKAGE).as_posix()


def imported_names(path: Path) -> set[str]:
    """Return the first part of every absolute import in a file, those inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def reads_environment(path: Path) -> bool:
    """Check whether a file accesses environment variables."""
    names = {"environ", "getenv", "putenv", "unsetenv"}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr=attribute) if attribute in names:
                return True
            case ast.ImportFrom(module="os", names=aliases) if names & {alias.name for alias in aliases}:
                return True
    return False


def written_files() -> Iterator[Path]:
    """Yield every text file of the repository that a person wrote."""
    folders = [REPOSITORY]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            if MADE_BY_TOOLS.match(path.name):
                continue
            if path.is_dir():
                folders.append(path)
            elif b"\0" not in path.read_bytes()[:8192]:
                yield path


def share_within(lengths: dict[str, int], limit: int) -> float:
    """Return which share of the lengths is at most `limit`."""
    return sum(length <= limit for length in lengths.values()) / len(lengths)


def longest(lengths: dict[str, int]) -> str:
    """Name the ten longest, for the message of a failing test."""
    return ", ".join(f"{name} {lengths[name]}" for name in sorted(lengths, key=lambda name: -lengths[name])[:10])


@pytest.mark.parametrize("library", HOMES)
def test_a_library_is_imported_only_in_the_layer_that_owns_it(library):
    others = [
        inside(path)
        for path in SOURCES
        if library in imported_names(path) and not inside(path).startswith(HOMES[library])
    ]
    assert not others, f"{library} belongs in {HOMES[library]}"


def test_the_environment_is_read_in_settings_besides_tensorflows_log_level_and_the_embedded_cloud():
    readers = {inside(path) for path in SOURCES if reads_environment(path)}
    settings = {one for one in readers if re.fullmatch(r"functions/(\w+/|\w+_)?settings\.py", one)}
    assert readers - settings <= {"cli/tensorflow_import.py", "local/environment.py"}


def test_asking_for_help_loads_neither_pixels_nor_services_nor_models():
    program = (
        "import sys\n"
        "from blastlens.cli.main import cli\n"
        "cli.main(['--help'], standalone_mode=False)\n"
        "print(sorted({'numpy', 'cv2', 'PIL', 'boto3', 'moto', 'ai_edge_litert', 'tensorflow'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_files_are_short_enough_to_read_in_one_go():
    lengths = {inside(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert max(lengths.values()) <= 400, longest(lengths)
    assert share_within(lengths, 250) >= 0.9, longest(lengths)


def test_functions_do_one_thing():
    lengths = {
        f"{inside(path)}:{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert max(lengths.values()) <= 60, longest(lengths)
    assert share_within(lengths, 25) >= 0.9, longest(lengths)


def test_no_file_knows_the_machine_it_was_written_on():
    found = [
        f"{path.relative_to(REPOSITORY)}: {match[0]}"
        for path in written_files()
        for match in MACHINE_PATH.finditer(path.read_text("utf-8", errors="replace"))
    ]
    assert not found
