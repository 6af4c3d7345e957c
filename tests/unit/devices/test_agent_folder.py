"""What the agent makes of its folder: links, other files, a lost share."""

import os

import pytest

from blastlens.devices.spooled_file import State
from blastlens.devices.status import read_status
from tests.agents import drain, small_image, write


@pytest.mark.parametrize("name", [".hidden.jpg", "~1.jpg", "notes.txt", "Thumbs.db", "1.jpg.part"])
def test_temporary_files_and_other_types_are_ignored(folder, storage, make, time, name):
    write(folder, name, small_image("x"))
    drain(make(), time)
    assert storage.objects == {}


def test_a_link_does_not_lead_out_of_the_folder(folder, storage, make, time, tmp_path):
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(small_image("secret"))
    (folder / "patient-1" / "link.jpg").symlink_to(secret)
    (folder / "patient-2").symlink_to(tmp_path)
    drain(make(), time)
    assert storage.objects == {}


def test_the_folder_is_never_written_to_and_may_be_read_only(folder, storage, make, time):
    path = write(folder)
    before = (path.read_bytes(), path.stat().st_mtime_ns, sorted(folder.rglob("*")))
    for place in (path, path.parent, folder):
        place.chmod(0o555)
    try:
        drain(make(), time)
        assert (path.read_bytes(), path.stat().st_mtime_ns, sorted(folder.rglob("*"))) == before
    finally:
        for place in (folder, path.parent):
            place.chmod(0o755)
    assert len(storage.objects) == 1


def test_a_missing_folder_is_reported_and_retried(folder, storage, make, time):
    write(folder)
    folder.rename(folder.with_name("away"))
    one = make()
    one.step()
    assert "the folder cannot be read" in one.spool.notes()["last error"][0]
    folder.with_name("away").rename(folder)
    time.now += 5
    drain(one, time)
    assert len(storage.objects) == 1


def test_a_folder_that_is_empty_for_a_moment_costs_no_image(folder, storage, make, time):
    for number in range(3):
        write(folder, f"{number}.jpg")
    one = make()
    one._scan()
    away = folder.with_name("away")
    folder.rename(away)  # a share that is not mounted: its folder is there, and empty
    folder.mkdir()
    drain(one, time)
    assert one.spool.counts()[State.GONE] == 3
    folder.rmdir()
    away.rename(folder)
    time.now += 5
    drain(one, time)
    assert len(storage.objects) == 3


def test_a_file_name_that_is_not_unicode_is_reported_and_does_not_delay_others(folder, storage, make, time):
    (folder / "patient-1" / os.fsdecode(b"M\xfcller.jpg")).write_bytes(small_image("latin"))
    write(folder)
    reported: list[str] = []
    one = make(report=reported.append)
    drain(one, time)
    time.now += 5
    drain(one, time)
    assert list(storage.objects.values()) == [small_image("1.jpg")]
    (sentence,) = [one for one in reported if "Rename it" in one]
    assert sentence.startswith("patient-1/M\N{REPLACEMENT CHARACTER}ller.jpg is not sent")


def test_what_systems_leave_in_the_folder_is_not_sent_and_is_counted_once(folder, storage, make, time, tmp_path):
    sentences: list[str] = []
    one = make(report=sentences.append)
    write(folder)
    for name in ("patient-1/._1.jpg", "patient-1/Thumbs.db", "patient-1/@eaDir/1.jpg", "patient-1/1.dcm"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(small_image("left"))
    drain(one, time)
    time.now += 60
    drain(one, time)
    assert len(storage.objects) == 1
    told = [sentence for sentence in sentences if sentence.startswith("Left out")]
    assert len(told) == 1
    assert told[0].startswith("Left out: hidden or system files and folders: 3; files whose endings are not read: 1 (")
    assert read_status(tmp_path / "spool").left_out == told[0]
