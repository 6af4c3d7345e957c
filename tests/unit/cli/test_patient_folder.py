"""Folder and index page of an exported patient."""

import hashlib
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from blastlens.cli.patient_folder import CHECKSUMS, PatientFolder, examination_of, to_plain
from blastlens.cli.patient_index import make_index
from blastlens.cloud.object_versions import StoredVersion
from blastlens.domain.patient import PatientId
from blastlens.domain.upload import ObjectVersion
from tests.answers import NOON

PATIENT = PatientId("c-1", "p-1")


def version(key: str, version_id: str = "v1", is_marker: bool = False) -> StoredVersion:
    return StoredVersion(ObjectVersion("bucket", key, version_id, size=3), NOON, not is_marker, is_marker)


def save(found: StoredVersion, path: Path) -> None:
    path.write_text(f"{found.source.key} {found.source.version_id}", "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> PatientFolder:
    return PatientFolder(tmp_path, PATIENT)


def add(folder: PatientFolder, *versions: StoredVersion) -> dict[tuple[str, str], str | None]:
    """Write versions; return the file of each, by key and version id."""
    folder.add_versions(versions, save, lambda: None)
    rows = [row for one in folder.path.rglob("versions.json") for row in json.loads(one.read_text("utf-8"))]
    return {(row["key"], row["version_id"]): row["file"] for row in rows}


def test_two_versions_of_an_image_and_names_that_differ_by_case_are_files_of_their_own(folder):
    files = add(
        folder,
        version("uploads/c-1/p-1/e-1/a.jpg"),
        version("uploads/c-1/p-1/e-1/a.jpg", "v2"),
        version("uploads/c-1/p-1/E-1/A.jpg"),
    )
    assert len({str(name).lower() for name in files.values()}) == 3
    for (key, version_id), name in files.items():
        assert (folder.path / str(name)).read_text("utf-8") == f"{key} {version_id}"


def test_a_deleted_image_is_listed_without_a_file(folder):
    assert add(folder, version("uploads/c-1/p-1/e-1/a.jpg", is_marker=True)) == {
        ("uploads/c-1/p-1/e-1/a.jpg", "v1"): None
    }


@pytest.mark.parametrize("name", ["../../../etc/passwd", "Jane Doe.jpg", "a/b/c/d.png", "x" * 300 + ".jpg", "ä\n.jpg"])
def test_a_name_that_breaks_the_contract_stays_inside_of_the_folder(folder, name):
    (file,) = add(folder, version(f"uploads/c-1/p-1/{name}")).values()
    assert (folder.path / str(file)).resolve().is_relative_to(folder.path.resolve())
    assert (folder.path / str(file)).is_file()


def test_an_image_without_an_examination_lies_with_its_artifacts(folder):
    add(folder, version("uploads/c-1/p-1/u-1.jpg"), version("artifacts/c-1/p-1/u-1/v1/d/overlay.png"))
    (examination,) = (folder.path / "examinations").iterdir()
    assert sorted(one.name for one in examination.iterdir()) == ["artifacts", "images", "versions.json"]


def test_the_checksums_cover_every_file_and_are_those_of_sha256sum(folder):
    add(folder, version("uploads/c-1/p-1/e-1/a.jpg"))
    folder.add_json("patient.json", {"number": Decimal("0.5"), "marks": {"b", "a"}})
    folder.finish()
    listed = dict(reversed(line.split("  ")) for line in (folder.path / CHECKSUMS).read_text("utf-8").splitlines())
    files = {one.relative_to(folder.path).as_posix() for one in folder.path.rglob("*") if one.is_file()}
    assert set(listed) == files - {CHECKSUMS}
    assert all(hashlib.sha256((folder.path / name).read_bytes()).hexdigest() == listed[name] for name in listed)
    assert json.loads((folder.path / "patient.json").read_text("utf-8")) == {"number": 0.5, "marks": ["a", "b"]}


def test_numbers_of_items_become_numbers_and_nothing_is_guessed():
    assert [to_plain(Decimal(one)) for one in ("3", "3.0", "0.25")] == [3, 3, 0.25]
    with pytest.raises(TypeError):
        to_plain(replace(version("uploads/c-1/p-1/u.jpg")))


def test_the_examination_of_a_key_is_its_fourth_part():
    assert examination_of("uploads/c/p/e/u.jpg") == examination_of("uploads/c/p/e.jpg") == "e"
    assert examination_of("uploads/c/p") == "other"


def test_what_the_index_shows_is_text_and_never_markup():
    rows = [{"examination": "<script>", "folder": "examinations/001-e"}]
    page = make_index({"clinic": "a & b"}, rows, ["not <readable>"])
    assert (
        "&lt;script&gt;" in page and "<script>" not in page and "a &amp; b" in page and "not &lt;readable&gt;" in page
    )
    assert '<a href="examinations/001-e/">' in page and make_index({}, [], []).count("There are none.") == 1
