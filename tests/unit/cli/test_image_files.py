"""Search for image files in folders."""

import os

import pytest

from blastlens.cli.image_files import find_image_files, printable_path


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "smears"
    for name in ("b/2.png", "a/1.JPG", "3.tif", "notes.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


def names(folder):
    found, _ = find_image_files([folder])
    return [file.relative_to(folder).as_posix() for file in found]


def test_all_images_below_a_folder_are_found_in_order(folder):
    assert names(folder) == ["3.tif", "a/1.JPG", "b/2.png"]


def test_a_folder_that_cannot_be_read_is_named_and_counted(folder, monkeypatch, capsys):
    scandir = os.scandir

    def refuse_one(path):
        if str(path) == str(folder / "a"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    # Whoever runs the tests may be let into every folder.
    monkeypatch.setattr(os, "scandir", refuse_one)
    assert find_image_files([folder]) == ([folder / "3.tif", folder / "b" / "2.png"], 1)
    assert capsys.readouterr().err.startswith(f"{folder / 'a'}: Permission denied\n")


def test_a_broken_link_is_found_so_that_it_is_reported(folder):
    (folder / "4.png").symlink_to(folder / "gone.png")
    assert "4.png" in names(folder)


def test_a_file_named_like_a_suffix_is_not_an_image(folder):
    for name in ("jpg", "TIF", ".png"):
        (folder / name).write_bytes(b"")
    assert not {"jpg", "TIF", ".png"} & set(names(folder))


def write_leftovers(folder):
    """What macOS, Windows, a NAS and Jupyter leave in a folder."""
    files = ("._3.tif", "Thumbs.db", "desktop.ini")
    for name in (*files, "@eaDir/3.tif/x.jpg", "__MACOSX/3.tif", ".ipynb_checkpoints/3.tif"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def test_what_systems_leave_in_a_folder_is_left_out_and_counted_in_one_line(folder, capsys):
    write_leftovers(folder)
    (folder / "scan.svs").write_bytes(b"")
    (folder / "1.DCM").write_bytes(b"")
    (folder / "2.dcm").write_bytes(b"")
    assert names(folder) == ["3.tif", "a/1.JPG", "b/2.png"]
    assert capsys.readouterr().err.splitlines() == [
        "Left out: hidden or system files and folders: 6; files whose endings are not read: 4 (.dcm 2, .svs 1, "
        ".txt 1). Read are jpg, jpeg, png, bmp, tif, tiff."
    ]


def test_what_systems_left_is_left_out_where_a_pattern_names_it(folder, capsys):
    write_leftovers(folder)
    found, _ = find_image_files([*sorted(folder.iterdir()), folder / "@eaDir" / "3.tif" / "x.jpg"])
    assert [file.name for file in found] == ["3.tif", "1.JPG", "2.png", "notes.txt"]
    assert "hidden or system files and folders: 7." in capsys.readouterr().err


def test_a_hidden_file_that_is_named_itself_is_read(folder):
    hidden = folder / ".1.png"
    hidden.write_bytes(b"")
    assert find_image_files([hidden]) == ([hidden], 0)


def test_a_folder_of_images_alone_needs_no_line(folder, capsys):
    (folder / "notes.txt").unlink()
    names(folder)
    assert capsys.readouterr().err == ""


def test_a_pipe_is_not_an_image(folder):
    os.mkfifo(folder / "pipe.png")
    assert "pipe.png" not in names(folder)


def test_a_linked_folder_is_followed(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "5.png").write_bytes(b"")
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    assert names(folder) == ["3.tif", "a/1.JPG", "b/2.png", "link/5.png"]


def test_links_in_a_ring_are_followed_once_and_folders_keep_their_own_path(folder):
    (folder / "a" / "up").symlink_to(folder)
    (folder / "0").symlink_to(folder / "b")
    assert names(folder) == ["3.tif", "a/1.JPG", "b/2.png"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Abstrich für heute\u3000二.png", "Abstrich für heute\u3000二.png"),
        ("\x1b[2J\x07.png", r"\x1b[2J\x07.png"),
        ("two\nlines.png", r"two\nlines.png"),
        ("gnp\u202e.png", r"gnp\u202e.png"),
        (os.fsdecode(b"\xff.png"), r"\udcff.png"),
    ],
    ids=["words", "escape", "line", "direction", "no text"],
)
def test_a_path_is_shown_without_what_would_steer_a_terminal(name, shown):
    assert printable_path(name) == shown
