"""Rule of the images of a folder."""

from pathlib import PurePath

import pytest

from blastlens.domain.folder_filter import FolderFilter, is_left_by_system


@pytest.mark.parametrize("name", ["1.jpg", "1.JPG", "1.Tif", "Abstrich 1.jpeg", "1.ome.tif"])
def test_an_image_is_admitted_whatever_the_case_of_its_ending(name):
    assert FolderFilter().admits_file(name)


@pytest.mark.parametrize("name", ["._1.jpg", ".1.jpg", "Thumbs.db", "THUMBS.DB", "desktop.ini", ".DS_Store"])
def test_hidden_files_and_those_of_systems_are_counted(name):
    rule = FolderFilter()
    assert not rule.admits_file(name)
    assert rule.describe() == "Left out: hidden or system files and folders: 1."


@pytest.mark.parametrize("name", ["@eaDir", "__MACOSX", ".ipynb_checkpoints", ".git", "#recycle", "$RECYCLE.BIN"])
def test_folders_of_systems_are_not_entered(name):
    rule = FolderFilter()
    assert not rule.admits_folder(name)
    assert rule.total == 1


@pytest.mark.parametrize("name", ["smears", "2026.01", "Benign", "a.jpg"])
def test_other_folders_are_entered(name):
    assert FolderFilter().admits_folder(name)


def test_endings_are_counted_but_those_that_may_be_names_are_not_told():
    rule = FolderFilter()
    for name in ("1.dcm", "2.DCM", "3.svs", "scan.Smith", "no ending"):
        assert not rule.admits_file(name)
    assert rule.describe() == (
        "Left out: files whose endings are not read: 5 (.dcm 2, .svs 1, other 2). "
        "Read are jpg, jpeg, png, bmp, tif, tiff."
    )


def test_nothing_left_out_is_not_told():
    rule = FolderFilter()
    assert rule.admits_file("1.png") and rule.describe() == ""


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("a/@eaDir/1.jpg/x.jpg", True),
        ("a/._1.jpg", True),
        ("a/.1.jpg", False),
        ("./../1.jpg", False),
        ("/1.jpg", False),
    ],
)
def test_only_what_a_system_left_is_left_out_where_it_is_named(path, left):
    assert is_left_by_system(PurePath(path)) is left
