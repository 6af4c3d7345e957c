"""Agent that screens its files before it sends them, each once."""

import sqlite3
from time import time as now

import pytest

from blastlens.cloud.iot.credentials import CredentialsProvider
from blastlens.devices.configuration import DeviceConfiguration
from blastlens.devices.screening import PAUSED, Screening
from blastlens.devices.spool import Spool
from blastlens.devices.spooled_screenings import ENDED_IN_A_ROW, PAUSE_SECONDS
from blastlens.devices.startup import open_agent
from blastlens.domain.declared_edge_verdict import read_edge_verdict
from blastlens.domain.errors import DamagedPackage
from blastlens.domain.labels import Label
from tests.agents import drain, small_image, write
from tests.answers import verdict

VERDICT = verdict(Label.MALIGNANT, Label.BENIGN)


class Killed(BaseException):
    """The process ends, as by the kernel for a lack of memory."""


class FakeScreener:
    """A package whose answers, or errors, are given in turn; the last one again and again."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.seen: list[bytes] = []

    def screen(self, data: bytes):
        self.seen.append(data)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer


def verdicts(storage) -> list:
    """The verdict of each stored object, in the order of their keys."""
    return [read_edge_verdict(storage.metadata[key]) for key in sorted(storage.objects)]


@pytest.mark.parametrize("part_bytes", [5 * 1024 * 1024, 1_000])
def test_the_verdict_is_sent_with_the_image(folder, storage, make, time, part_bytes):
    data = write(folder).read_bytes()
    screener = FakeScreener(VERDICT)
    drain(make(screener=screener, part_bytes=part_bytes), time)
    assert verdicts(storage) == [VERDICT] and screener.seen == [data]
    ((_, stored),) = storage.metadata.items()
    assert stored["examination-complete"] == "true" and "taken-at" in stored


def test_a_file_is_screened_once_however_often_it_is_sent(folder, storage, make, time):
    write(folder)
    storage.codes = [(503, "SlowDown")] * 3
    screener = FakeScreener(VERDICT, verdict(Label.BENIGN))
    drain(make(screener=screener), time)
    assert verdicts(storage) == [VERDICT] and len(screener.seen) == 1


def test_an_agent_that_was_restarted_sends_the_verdict_that_it_had(folder, storage, make, time):
    write(folder)
    storage.codes = [(503, "SlowDown")]
    make(screener=FakeScreener(VERDICT)).step()
    drain(make(screener=FakeScreener(verdict(Label.BENIGN))), time)
    assert verdicts(storage) == [VERDICT]


def test_a_file_that_the_package_refuses_is_sent_without_a_verdict(folder, storage, make, time):
    write(folder)
    drain(make(screener=FakeScreener(None)), time)
    assert verdicts(storage) == [None]


@pytest.mark.parametrize("fault", [IndexError("Erika Mustermann"), MemoryError(), RuntimeError("Erika")])
def test_a_screening_that_fails_delays_nothing_and_is_reported_without_content(folder, storage, make, time, fault):
    for name in ("1.jpg", "2.jpg"):
        write(folder, name)
    sentences: list[str] = []
    drain(make(screener=FakeScreener(fault, VERDICT), report=sentences.append), time)
    assert sorted(storage.objects.values()) == sorted([small_image("1.jpg"), small_image("2.jpg")])
    assert sorted(map(str, verdicts(storage))) == sorted(map(str, [None, VERDICT]))
    (why,) = [one for one in sentences if "without a screening" in one]
    assert type(fault).__name__ in why and "Erika" not in why


def test_a_file_during_whose_screening_the_agent_ended_is_sent_without_a_verdict(folder, storage, make, time):
    write(folder)
    with pytest.raises(Killed):
        make(screener=FakeScreener(Killed())).step()
    assert storage.objects == {}
    screener = FakeScreener(VERDICT)
    drain(make(screener=screener), time)
    assert verdicts(storage) == [None] and screener.seen == []


def test_after_three_ends_in_a_row_nothing_is_screened_for_a_day(folder, storage, make, time):
    for number in range(ENDED_IN_A_ROW):
        write(folder, f"{number}.jpg")
        with pytest.raises(Killed):
            drain(make(screener=FakeScreener(Killed())), time)
    write(folder, "later.jpg")
    drain(make(screener=FakeScreener(Killed())), time)
    assert len(storage.objects) == ENDED_IN_A_ROW + 1 and verdicts(storage) == [None] * (ENDED_IN_A_ROW + 1)
    time.now += PAUSE_SECONDS
    write(folder, "next day.jpg")
    drain(make(screener=FakeScreener(VERDICT)), time)
    assert VERDICT in verdicts(storage)


def test_another_package_is_tried_at_once(folder, storage, make, time):
    for number in range(ENDED_IN_A_ROW):
        write(folder, f"{number}.jpg")
        with pytest.raises(Killed):
            drain(make(screener=FakeScreener(Killed())), time)
    write(folder, "later.jpg")
    drain(make(screener=FakeScreener(VERDICT), package="fusion"), time)
    assert VERDICT in verdicts(storage)


def test_a_file_that_changed_is_not_screened_as_what_it_was(folder, storage, make, time):
    one = make(screener=FakeScreener(VERDICT))
    path = write(folder)
    one.step()
    (file,) = one.spool.of_state(["waiting", "stored"], 1)
    path.write_bytes(small_image("other"))
    spool = Spool(folder.parent / "other")
    screening = Screening("screening", lambda: FakeScreener(VERDICT), folder, spool.screenings, print)
    assert screening.metadata_of(file) == {}


def test_a_spool_of_before_there_were_screenings_is_still_used(folder, storage, make, time, tmp_path):
    write(folder)
    make().step()
    with sqlite3.connect(tmp_path / "spool" / "spool.sqlite3") as database:
        database.execute("DROP TABLE screenings")
    write(folder, "2.jpg")
    drain(make(screener=FakeScreener(VERDICT)), time)
    assert len(storage.objects) == 2 and VERDICT in verdicts(storage)


@pytest.fixture
def configuration(tmp_path, monkeypatch):
    """A configuration with a package for the screening, and no certificate."""
    monkeypatch.setattr(CredentialsProvider, "__init__", lambda *_: None)
    monkeypatch.setattr("blastlens.devices.startup.CertificateProof", lambda *_: None)
    texts = ("microscope-1", "clinic-7", "eu-central-1", "smears", "https://c.example", "role")
    files = (tmp_path / "a.pem", tmp_path / "a.key", tmp_path / "spool")
    return lambda package: DeviceConfiguration(*texts, *files, screening_package=package)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (DamagedPackage("model.tflite was changed."), "model.tflite was changed."),
        (ModuleNotFoundError("no ai_edge_litert"), "an internal error (ModuleNotFoundError)"),
    ],
)
def test_a_package_that_cannot_be_loaded_is_reported_once_and_delays_nothing(folder, storage, make, time, fault, why):
    def load():
        raise fault

    for name in ("1.jpg", "2.jpg"):
        write(folder, name)
    sentences: list[str] = []
    one = make(screener=FakeScreener(VERDICT), report=sentences.append)
    one.uploader.screening.load = load
    drain(one, time)
    assert verdicts(storage) == [None, None]
    assert [text.strip() for text in sentences if "screening" in text] == [
        f"Images are sent without a screening: {why}"
    ]


def test_an_agent_that_ends_while_it_loads_a_package_sends_the_image_after_its_restart(folder, storage, make, time):
    def load():
        raise Killed

    write(folder)
    one = make(screener=FakeScreener(VERDICT))
    one.uploader.screening.load = load
    with pytest.raises(Killed):
        one.step()
    drain(make(screener=FakeScreener(VERDICT)), time)
    assert verdicts(storage) == [None]


@pytest.mark.parametrize(("package", "is_screened"), [("", False), ("screening", True)])
def test_an_agent_screens_only_where_its_configuration_says_so(folder, configuration, package, is_screened: bool):
    with open_agent(configuration(package), folder, print, lambda _: FakeScreener(VERDICT)) as agent:
        assert (agent.uploader.screening is not None) is is_screened


def test_a_pause_is_shown_when_the_agent_starts(tmp_path, configuration, folder):
    spool = Spool(tmp_path / "spool")
    for number in range(ENDED_IN_A_ROW):
        spool.screenings.begin(f"upload-{number}", "screening", now())
    spool.close()
    with open_agent(configuration("screening"), folder, print, lambda _: FakeScreener(VERDICT)) as agent:
        assert agent.spool.notes()["last error"][0] == PAUSED
