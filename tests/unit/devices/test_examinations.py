"""Examinations at the microscope: folders, file names and the last image."""

import os
from pathlib import Path

import pytest

from blastlens.devices.spooled_file import State
from blastlens.domain.declared_examination import DeclaredExamination, read_declared_examination
from tests.agents import agent, drain, small_image, write

DAY = 86_400
UNMARKED = DeclaredExamination(False, None)


@pytest.fixture
def make(folder, tmp_path, storage, time):
    return lambda **more: agent(folder, tmp_path / "spool", storage.address, time=time, scan=2.0, **more)


@pytest.fixture
def smear(folder):
    """Write an image of an examination of patient-1."""
    (folder / "patient-1" / "smear-1").mkdir()
    return lambda number, examination="smear-1": write(folder, f"{examination}/{number}.jpg")


def declared(storage):
    """What each object says of its examination, by the text that its image was made of."""
    texts = {small_image(f"smear-1/{number}.jpg"): number for number in range(1, 20)}
    return {texts[storage.objects[key]]: read_declared_examination(storage.metadata[key]) for key in storage.objects}


def pass_time(one, time, seconds):
    """Let time pass as the agent wants to wait, or in ten steps where that is longer."""
    end = time.now + seconds
    while time.now < end:
        time.now += max(one.step(), seconds / 10)
    one.step()


def end_file(folder, name="smear-1/COMPLETE"):
    path = folder / "patient-1" / name
    path.write_bytes(b"")
    return path


def test_the_images_of_a_folder_are_fields_of_one_examination_and_the_last_one_says_so(
    folder, storage, make, time, smear
):
    for number in (1, 2, 3):
        smear(number)
    drain(make(), time)
    assert {key.rpartition("/")[0] for key in storage.objects} == {"uploads/clinic-7/patient-1/smear-1"}
    marks = declared(storage)
    assert sorted(marks) == [1, 2, 3]
    assert sorted(marks.values(), key=repr) == [UNMARKED, UNMARKED, DeclaredExamination(True, 3)]


def test_the_marked_image_is_sent_last(folder, storage, make, time, smear):
    for number in range(1, 9):
        smear(number)
    drain(make(), time)
    sent = [key for method, key, _ in storage.requests if method == "PUT"]
    assert read_declared_examination(storage.metadata[sent[-1]]) == DeclaredExamination(True, 8)


def test_an_image_in_the_patients_folder_is_a_whole_examination(folder, storage, make, time):
    write(folder)
    drain(make(), time)
    ((key, metadata),) = storage.metadata.items()
    assert key.count("/") == 3
    assert read_declared_examination(metadata) == DeclaredExamination(True, 1)


def test_folders_inside_an_examination_belong_to_it(folder, storage, make, time, smear):
    (folder / "patient-1" / "smear-1" / "more").mkdir()
    smear(1)
    write(folder, "smear-1/more/2.jpg")
    drain(make(), time)
    assert {key.rpartition("/")[0] for key in storage.objects} == {"uploads/clinic-7/patient-1/smear-1"}


def test_the_newest_image_is_held_until_another_follows(folder, storage, make, time, smear):
    one = make()
    smear(1)
    pass_time(one, time, 30)
    assert storage.objects == {}
    assert one.spool.counts()[State.HELD] == 1
    smear(2)
    pass_time(one, time, 30)
    assert declared(storage) == {1: UNMARKED}


def test_after_a_minute_of_rest_the_newest_image_is_sent_as_the_last(folder, storage, make, time, smear):
    one = make()
    smear(1)
    smear(2)
    pass_time(one, time, 50)
    assert len(storage.objects) == 1
    pass_time(one, time, 20)
    assert DeclaredExamination(True, 2) in declared(storage).values()


def test_an_image_that_comes_after_the_end_is_the_last_of_more(folder, storage, make, time, smear):
    one = make()
    smear(1)
    drain(one, time)
    smear(2)
    drain(one, time)
    assert declared(storage) == {1: DeclaredExamination(True, 1), 2: DeclaredExamination(True, 2)}


def test_a_file_complete_ends_the_examination_and_is_not_uploaded(folder, storage, make, time, smear):
    one = make()
    smear(1)
    end_file(folder)
    pass_time(one, time, 10)
    assert declared(storage) == {1: DeclaredExamination(True, 1)}
    assert one.folder.rule.total == 0


def test_a_file_complete_ends_only_the_examination_of_its_folder(folder, storage, make, time, smear):
    one = make()
    (folder / "patient-1" / "smear-2").mkdir()
    smear(1)
    write(folder, "smear-2/1.jpg")
    end_file(folder)
    end_file(folder, "COMPLETE")
    pass_time(one, time, 30)
    assert declared(storage) == {1: DeclaredExamination(True, 1)}


def test_a_file_complete_that_appears_while_the_last_image_is_written_waits_for_it(folder, storage, make, time, smear):
    one = make(patience=600.0)
    smear(1)
    last = smear(2)
    whole = last.read_bytes()
    last.write_bytes(whole[:500])
    end_file(folder)
    pass_time(one, time, 300)
    assert storage.objects == {}
    last.write_bytes(whole)
    pass_time(one, time, 10)
    assert declared(storage) == {1: UNMARKED, 2: DeclaredExamination(True, 2)}


def test_images_after_a_file_complete_are_sent_too_and_the_last_of_them_says_so_once(
    folder, storage, make, time, smear
):
    one = make()
    smear(1)
    path = end_file(folder)
    pass_time(one, time, 10)
    for number in (2, 3, 4):
        smear(number)
        pass_time(one, time, 20)
    drain(one, time)
    ends = {1: DeclaredExamination(True, 1), 4: DeclaredExamination(True, 4)}
    assert declared(storage) == {2: UNMARKED, 3: UNMARKED} | ends
    smear(5)
    os.utime(path, (time.now, time.now))  # the person says it again
    pass_time(one, time, 10)
    assert declared(storage)[5] == DeclaredExamination(True, 5)


def test_an_image_that_never_becomes_whole_delays_the_end_until_it_is_refused(folder, storage, make, time, smear):
    one = make(patience=600.0)
    smear(1)
    half = smear(2)
    half.write_bytes(half.read_bytes()[:500])
    pass_time(one, time, 590)
    assert storage.objects == {}
    pass_time(one, time, 20)
    assert one.spool.counts()[State.REFUSED] == 1
    assert declared(storage) == {1: DeclaredExamination(True, 1)}


def test_an_image_that_cannot_be_read_delays_the_end_for_the_patience_only(
    folder, storage, make, time, smear, monkeypatch
):
    def read(path):
        if path.name == "2.jpg":
            raise PermissionError(13, "Permission denied")
        return small_image("smear-1/1.jpg")

    monkeypatch.setattr(Path, "read_bytes", read)
    one = make(patience=100.0)
    smear(1)
    smear(2)
    pass_time(one, time, 90)
    assert storage.objects == {}
    pass_time(one, time, 120)
    assert declared(storage) == {1: DeclaredExamination(True, 1)}


def test_what_the_service_refuses_neither_delays_the_end_nor_is_left_out_of_the_number(
    folder, storage, make, time, smear
):
    honest = storage._answer
    storage._answer = lambda handler, body: (
        (403, "AccessDenied", {}, "") if body == small_image("smear-1/1.jpg") else honest(handler, body)
    )
    one = make()
    smear(1)
    pass_time(one, time, 10)
    smear(2)
    pass_time(one, time, 100)
    assert declared(storage) == {2: DeclaredExamination(True, 2)}


def test_days_without_a_connection_end_in_one_marked_image(folder, tmp_path, storage, time, smear):
    offline = agent(folder, tmp_path / "spool", "http://127.0.0.1:9/bucket", time=time, scan=2.0)
    smear(1)
    pass_time(offline, time, DAY)
    smear(2)
    smear(3)
    pass_time(offline, time, DAY)
    offline.spool.close()
    drain(agent(folder, tmp_path / "spool", storage.address, time=time, scan=2.0), time)
    marks = declared(storage)
    assert marks[1] == UNMARKED
    assert sorted(marks.values(), key=repr) == [UNMARKED, UNMARKED, DeclaredExamination(True, 3)]


def test_the_parts_of_a_large_image_carry_the_mark_of_its_first_request(folder, storage, make, time, smear):
    one = make(part_bytes=500)
    smear(1)
    end_file(folder)
    pass_time(one, time, 10)
    assert declared(storage) == {1: DeclaredExamination(True, 1)}


def test_a_restart_holds_the_newest_image_again_and_marks_it_after_the_rest(
    folder, storage, make, time, smear, tmp_path
):
    one = make()
    smear(1)
    smear(2)
    pass_time(one, time, 50)
    one.spool.close()
    again = make()
    pass_time(again, time, 50)
    assert len(storage.objects) == 1
    drain(again, time)
    assert DeclaredExamination(True, 2) in declared(storage).values()
    assert set(storage.created.values()) == {1}


def test_a_power_cut_after_the_decision_sends_the_same_mark(folder, storage, make, time, smear):
    one = make()
    smear(1)
    one.step()
    time.now += 61
    storage.codes = [(503, "SlowDown")]
    one.step()
    one.spool.close()
    pass_time(make(), time, 10)
    assert declared(storage) == {1: DeclaredExamination(True, 1)}


@pytest.mark.parametrize("jump", [-DAY, DAY])
def test_clocks_that_are_off_by_a_day_change_neither_the_end_nor_the_number(folder, storage, make, time, smear, jump):
    wrong = {"by": 0.0}
    one = make()
    one.clock = lambda: time.now + wrong["by"]
    for number in (1, 2):
        smear(number)
    pass_time(one, time, 20)
    wrong["by"] = jump  # this machine's clock, and that of the camera
    last = smear(3)
    os.utime(last, (time.now - jump, time.now - jump))
    pass_time(one, time, 50)
    assert len(storage.objects) == 2
    pass_time(one, time, 100)
    assert len(storage.objects) == 3
    assert declared(storage)[3] == DeclaredExamination(True, 3)
    assert [mark for mark in declared(storage).values() if mark.complete] == [DeclaredExamination(True, 3)]


def test_the_marked_image_is_sent_last_although_the_clock_was_set_back(folder, tmp_path, storage, time, smear):
    offline = agent(folder, tmp_path / "spool", "http://127.0.0.1:9/bucket", time=time, scan=2.0)
    smear(1)
    pass_time(offline, time, 10)
    offline.clock = lambda: time.now - DAY
    smear(2)
    pass_time(offline, time, 100)
    offline.spool.close()
    drain(agent(folder, tmp_path / "spool", storage.address, time=time, scan=2.0), time)
    sent = [key for method, key, _ in storage.requests if method == "PUT"]
    assert [storage.objects[key] for key in sent] == [small_image(f"smear-1/{number}.jpg") for number in (1, 2)]
    assert declared(storage) == {1: UNMARKED, 2: DeclaredExamination(True, 2)}


def test_ids_of_64_characters_are_sent(folder, storage, make, time, tmp_path):
    patient, examination = "p" * 64, "e" * 64
    place = folder / patient / examination
    place.mkdir(parents=True)
    (place / "1.jpg").write_bytes(small_image("1"))
    drain(make(), time)
    ((key, _),) = storage.objects.items()
    assert key.startswith(f"uploads/clinic-7/{patient}/{examination}/microscope-1_")


@pytest.mark.parametrize("name", ["e" * 65, "smear 1", "Müller", "microscope-1_7"])
def test_a_folder_whose_name_is_no_id_of_an_examination_is_refused_here(folder, storage, make, time, name):
    (folder / "patient-1" / name).mkdir()
    write(folder, f"{name}/1.jpg")
    one = make()
    drain(one, time)
    assert one.spool.counts()[State.REFUSED] == 1
    assert storage.requests == []


def test_file_names_can_say_which_images_belong_together(folder, storage, make, time):
    for name in ("a_1.jpg", "a_2.jpg", "b_1.jpg", "alone.jpg"):
        write(folder, name)
    drain(make(pattern=r"(?P<examination>[a-z])_\d\.jpg"), time)
    folders = sorted(key.rpartition("/")[0].removeprefix("uploads/clinic-7/patient-1") for key in storage.objects)
    assert folders == ["", "/a", "/a", "/b"]
    marks = [read_declared_examination(metadata) for metadata in storage.metadata.values()]
    assert sorted(mark.fields or 0 for mark in marks) == [0, 1, 1, 2]


def test_a_file_complete_beside_named_images_ends_all_examinations_of_its_folder(folder, storage, make, time):
    for name in ("a_1.jpg", "b_1.jpg"):
        write(folder, name)
    end_file(folder, "COMPLETE")
    pass_time(make(pattern="(?P<examination>[^_]+)_.*"), time, 10)
    assert len(storage.objects) == 2


def test_a_file_that_was_found_before_examinations_existed_keeps_its_key(folder, storage, make, time, smear):
    smear(1)
    one = make()
    one._scan()
    (file,) = one.spool.examinations.held()
    old = f"uploads/clinic-7/patient-1/{file.upload_id}.jpg"
    one.spool._database.execute("UPDATE files SET object_key = ?, state = 'waiting'", (old,))
    drain(one, time)
    assert list(storage.objects) == [old]


def test_a_touched_image_of_the_past_does_not_take_the_place_of_the_newest(folder, storage, make, time, smear):
    one = make()
    first = smear(1)
    smear(2)
    pass_time(one, time, 10)
    os.utime(first, (time.now, time.now))  # a backup
    smear(3)
    drain(one, time)
    assert sum(mark.complete for mark in declared(storage).values()) == 1
    assert set(storage.created.values()) == {1}
