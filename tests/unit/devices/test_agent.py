"""Agent with a minimal storage and a controllable clock."""

import os
import sqlite3
from datetime import timedelta

import pytest

from blastlens.cloud.iot.upload_status import UploadStatus
from blastlens.devices.spooled_file import State
from blastlens.domain.errors import ServiceUnavailable
from blastlens.imaging.containers.parser import parse_container
from tests.agents import agent, device_connection, drain, small_image, write
from tests.unit.imaging.pictures import saved


def test_a_file_arrives_under_its_clinic_and_patient_with_an_id_that_begins_with_the_device(
    folder, storage, make, time
):
    data = write(folder).read_bytes()
    drain(make(), time)
    ((key, stored),) = storage.objects.items()
    assert key.startswith("uploads/clinic-7/patient-1/microscope-1_")
    assert key.endswith(".jpg")
    assert stored == data


def test_a_file_that_is_there_already_is_sent_but_not_stored_twice(folder, storage, make, time, tmp_path):
    write(folder)
    drain(make(), time)
    (tmp_path / "spool" / "spool.sqlite3").unlink()
    drain(make(), time)
    assert set(storage.created.values()) == {1}


def test_a_file_overwritten_with_other_bytes_is_another_upload(folder, storage, make, time):
    one = make()
    for text in "ab":
        path = write(folder, data=small_image(text))
        os.utime(path, (time.now, time.now))
        drain(one, time)
        time.now += 60
    assert sorted(storage.objects.values()) == sorted([small_image("a"), small_image("b")])


def test_a_file_must_have_come_to_rest(folder, storage, make, time):
    one = make(settle=10.0)
    write(folder)
    one.step()
    time.now += 9
    one.step()
    assert storage.objects == {}
    time.now += 2
    drain(one, time)
    assert len(storage.objects) == 1


def test_half_a_file_is_waited_for_and_in_the_end_refused_with_the_services_own_sentence(folder, storage, make, time):
    one = make(patience=600.0)
    write(folder, data=small_image("half")[:1000])
    drain(one, time)
    assert one.spool.counts()[State.REFUSED] == 0
    time.now += 601
    drain(one, time)
    (refused,) = one.spool.of_state([State.REFUSED], 5)
    assert refused.message.startswith("The JPEG file ends before its image does: copy it from the microscope again")
    assert storage.requests == []


def test_a_jpeg_without_its_end_mark_is_waited_for_and_in_the_end_sent(folder, storage, make, time):
    one = make(patience=600.0)
    data = saved("JPEG")[:-2]
    write(folder, data=data)
    drain(one, time)
    assert storage.objects == {}
    time.now += 601
    drain(one, time)
    assert list(storage.objects.values()) == [data]


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("patient-1/text.jpg", b"no image at all" * 10, "The file is no JPEG, PNG, BMP or TIFF image"),
        ("patient-1/large.png", bytes(25 * 1024**2 + 1), "The file has more than 25 MiB: save"),
        ("nobody.jpg", small_image("x"), "The object's key is not of the form"),
        ("Jane Doe/1.jpg", small_image("x"), "The object's key is not of the form"),
    ],
)
def test_what_the_service_would_refuse_is_refused_here_and_never_sent(
    folder, storage, make, time, name, data, sentence
):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    one = make()
    drain(one, time)
    (refused,) = one.spool.of_state([State.REFUSED], 5)
    assert refused.message.startswith(sentence)
    assert storage.requests == []


def test_a_file_that_causes_an_internal_error_is_refused_and_does_not_delay_others(
    folder, storage, make, time, monkeypatch
):
    def fall_over_one(data, keep):
        if data == b"unexpected":
            raise IndexError("what the file holds")
        return parse_container(data, keep)

    monkeypatch.setattr("blastlens.devices.file_check.parse_container", fall_over_one)
    write(folder, "1.jpg", b"unexpected")
    write(folder, "2.jpg")
    one = make()
    drain(one, time)
    (refused,) = one.spool.of_state([State.REFUSED], 5)
    assert "an internal error (IndexError)" in refused.message
    assert "what the file holds" not in refused.message
    assert list(storage.objects.values()) == [small_image("2.jpg")]


def test_a_file_that_does_not_fit_into_memory_now_is_sent_later(folder, storage, make, time, monkeypatch):
    def have_no_memory(data, keep):
        raise MemoryError

    write(folder)
    one = make()
    with monkeypatch.context() as short:
        short.setattr("blastlens.devices.file_check.parse_container", have_no_memory)
        one.step()
    assert "out of memory" in one.spool.notes()["last error"][0]
    time.now += 5
    drain(one, time)
    assert len(storage.objects) == 1


def test_a_large_file_goes_in_parts(folder, storage, make, time):
    data = small_image("large", 100_000)
    write(folder, data=data)
    drain(make(part_bytes=20_000), time)
    assert list(storage.objects.values()) == [data]
    assert len([one for one in storage.requests if one[0] == "PUT"]) == 6


@pytest.mark.parametrize("part_bytes", [10_000, 500], ids=["whole", "in parts"])
def test_a_file_is_sent_with_the_time_of_its_last_change_when_it_was_first_found(
    folder, storage, make, time, part_bytes: int
):
    path = write(folder)
    os.utime(path, ns=(0, 1_700_000_000_250_999_999))
    storage.codes = [(503, "SlowDown")]
    one = make(part_bytes=part_bytes)
    one.step()
    os.utime(path)  # a backup touches the file before the next try
    drain(one, time)
    described = [headers for method, _, headers in storage.requests if "x-amz-meta-taken-at" in headers]
    assert len(storage.objects) == 1 and len(described) == 2
    assert {headers["x-amz-meta-taken-at"] for headers in described} == {"2023-11-14T22:13:20.250Z"}


def test_a_part_that_arrived_is_not_sent_again_when_the_line_breaks(folder, storage, make, time):
    data = small_image("large", 100_000)
    write(folder, data=data)
    answered = {"count": 0}
    honest = storage._answer

    def break_after_three(handler, body):
        answered["count"] += 1
        return (503, "SlowDown", {}, "") if answered["count"] == 4 else honest(handler, body)

    storage._answer = break_after_three
    drain(make(part_bytes=20_000), time)
    parts = [one for one in storage.requests if one[0] == "PUT"]
    assert list(storage.objects.values()) == [data]
    assert len(parts) == 6  # the one that broke off is not among them


def test_parts_that_s3_deleted_are_sent_again(folder, storage, make, time):
    data = small_image("large", 50_000)
    write(folder, data=data)
    one = make(part_bytes=20_000)
    honest, answered = storage._answer, {"count": 0}

    def forget_once(handler, body):
        answered["count"] += 1
        if answered["count"] == 3:
            storage.lose_parts()
        return honest(handler, body)

    storage._answer = forget_once
    drain(one, time)
    assert list(storage.objects.values()) == [data]


def test_a_file_that_changes_during_its_upload_is_checked_again(folder, storage, make, time):
    path = write(folder)
    one = make()
    one._scan()
    old = path.stat()
    path.write_bytes(small_image("other")[: old.st_size])
    os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))
    drain(one, time)
    assert list(storage.objects.values()) == [path.read_bytes()]


def test_a_removed_file_is_reported_and_does_not_delay_others(folder, storage, make, time):
    path = write(folder)
    one = make()
    one._scan()
    path.unlink()
    write(folder, "2.jpg")
    drain(one, time)
    assert (one.spool.counts()[State.GONE], one.spool.counts()[State.STORED]) == (1, 1)
    assert "was removed" in one.spool.notes()["last error"][0]


def test_days_without_a_line_cost_nothing_but_time_and_every_pause_is_bounded(folder, tmp_path, storage, time):
    for number in range(5):
        write(folder, f"{number}.jpg")
    offline = agent(folder, tmp_path / "spool", "http://127.0.0.1:9/bucket", time=time)
    began, pauses = time.now, []
    while time.now - began < timedelta(days=3).total_seconds():
        pause = offline.step()
        pauses.append(offline._send_at - time.now)
        time.now += max(pause, 3_600.0)
    assert max(pauses) <= 900
    assert offline.spool.counts()[State.WAITING] == 5
    offline.spool.close()
    drain(agent(folder, tmp_path / "spool", storage.address, time=time), time)
    assert len(storage.objects) == 5


def test_pauses_double_and_are_drawn_at_random(make):
    backoff = make().backoff
    pauses = [[backoff.pause(failures) for _ in range(50)] for failures in (1, 2, 3, 40)]
    assert all(len(set(some)) > 40 for some in pauses)
    assert [max(some) <= bound for some, bound in zip(pauses, (2, 4, 8, 900), strict=True)] == [True] * 4
    assert max(pauses[2]) > 4


def test_a_clock_that_jumps_back_does_not_leave_a_file_waiting(folder, storage, make, time):
    write(folder)
    one = make()
    one._scan()
    (file,) = one.spool.due(State.WAITING, time.now)
    one.spool.postpone(file.upload_id, 1, time.now + 30 * 86_400, "the clock was in the next month")
    assert drain(one, time) < 900
    assert len(storage.objects) == 1


def test_a_wrong_clock_is_set_right_by_the_services_and_the_file_arrives(folder, storage, tmp_path, time):
    write(folder)
    storage.date = "Fri, 01 Jan 2027 12:00:00 GMT"
    storage.codes = [(403, "RequestTimeTooSkewed")]
    connection = device_connection(time)
    one = agent(folder, tmp_path / "spool", storage.address, time=time, connection=connection)
    drain(one, time)
    assert len(storage.objects) == 1
    assert storage.requests[-1][2]["X-Amz-Date"].startswith("20270101T12")


def test_what_s3_refuses_for_one_file_holds_up_no_other(folder, storage, make, time):
    write(folder, "1.jpg")
    write(folder, "2.jpg")
    storage.codes = [(403, "AccessDenied")]
    one = make()
    one.step()
    assert "AccessDenied" in one.spool.notes()["last error"][0]
    one.step()
    assert len(storage.objects) == 1
    drain(one, time)
    assert len(storage.objects) == 2


def test_after_a_full_disk_the_agent_continues(folder, storage, make, time):
    one = make()
    pages = one.spool._database.execute("PRAGMA page_count").fetchone()[0]
    one.spool._database.execute(f"PRAGMA max_page_count = {pages}")
    for number in range(40):
        write(folder, f"{number}.jpg")
    with pytest.raises(sqlite3.Error, match="full"):
        one._scan()
    one.spool._database.execute("PRAGMA max_page_count = 100000")
    drain(one, time)
    assert len(storage.objects) == 40
    assert set(storage.created.values()) == {1}


def test_run_goes_on_after_the_spool_could_not_be_written(folder, storage, make, time):
    reported: list = []
    one = make(report=reported.append)
    steps = iter([sqlite3.OperationalError("database or disk is full"), 0.0])

    def step():
        if isinstance(outcome := next(steps), Exception):
            raise outcome
        return outcome

    class Twice:
        left = 2

        def is_set(self):
            self.left -= 1
            return self.left < 0

        def wait(self, seconds):
            return None

    one.step = step
    one.run(Twice())
    assert reported == ["the spool cannot be written: database or disk is full"]


def test_while_the_api_is_unreachable_only_one_answer_is_polled(folder, storage, make, time):
    for number in range(20):
        write(folder, f"{number}.jpg")
    drain(make(), time)
    time.now += 60
    reported: list[str] = []
    one = make(answers=Service(ServiceUnavailable("the API is busy")), report=reported.append)
    for _ in range(50):
        one.step()
    assert reported == ["the API is busy"]


def test_images_are_sent_while_the_api_is_unreachable(folder, storage, make, time):
    write(folder, "1.jpg")
    one = make(answers=Service(ServiceUnavailable("the API is busy")))
    for number in range(2, 5):
        for _ in range(3):
            time.now += 10
            one.step()
        write(folder, f"{number}.jpg")
        time.now += 1
        one.step()
        assert len(storage.objects) == number


class Service:
    """Answers as it is told, last answer for good."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def fetch(self, upload):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_the_agent_asks_until_its_upload_is_answered_and_remembers_the_last_answer(folder, make, time):
    write(folder)
    rejected = UploadStatus("answered", "REJECTED", "blurred", "The image is blurred: focus again.")
    one = make(answers=Service(None, ServiceUnavailable("away"), UploadStatus("stored"), rejected))
    drain(one, time)
    assert one.spool.counts()[State.ANSWERED] == 1
    assert "REJECTED: The image is blurred: focus again." in one.spool.notes()["last answer"][0]
