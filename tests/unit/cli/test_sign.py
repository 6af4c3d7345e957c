"""Output, refusals and signatures of `blastlens sign`, on tables of moto."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import replace

import click
import pytest
from click.testing import CliRunner

from blastlens.cli import sign as sign_command
from blastlens.cli import sign_session
from blastlens.cli.main import cli
from blastlens.cli.sign_words import describe_news, format_lines, format_row
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.domain.access import Subject
from blastlens.domain.edge_comparison import EdgeTotals
from blastlens.domain.examination import Examination, ExaminationStatus, Meaning, Told
from blastlens.domain.labels import Label
from blastlens.domain.record import Audience
from blastlens.domain.signature import Conclusion, SignatureKind
from blastlens.domain.signing import BasisChanged, SigningRefused, sign
from blastlens.domain.upload import ExaminationId
from tests.answers import NOON
from tests.aws import AUDIT_LOG_GROUP, EXAMINATIONS_TABLE, Services, services
from tests.examinations import BASIS, EXAMINATION, OTHERS, examination, examination_answer, signature, totals

ID = str(EXAMINATION)
SIGNED, OPEN = ExaminationStatus.SIGNED, ExaminationStatus.OPEN
TOLD = {Audience.PATIENT: (Told(Meaning.LEUKEMIA, NOON, BASIS, NOON),)}


@pytest.fixture
def aws(monkeypatch) -> Iterator[Services]:
    with services() as made:
        names = {"ExaminationsTableName": EXAMINATIONS_TABLE, "AuditLogGroupName": AUDIT_LOG_GROUP}
        monkeypatch.setattr(sign_session, "stack_outputs", lambda *given: names)
        yield made


def ask(*arguments: str, typed: str = "y\n"):
    return CliRunner().invoke(cli, ["sign", *arguments], input=typed)


def stored(aws: Services) -> Examination:
    found = aws.examinations.get(EXAMINATION)
    assert found is not None
    return found


def put(table: ExaminationsTable, *examinations: Examination) -> None:
    for one in examinations:
        assert table.put(one, None)


def test_the_list_has_what_waits_for_a_signature_urgent_first(aws: Services):
    named = lambda name, one: replace(one, id=ExaminationId("clinic-7", "patient-41", name))  # noqa: E731
    put(
        aws.examinations,
        named("signed", examination(SIGNED, signature())),
        named("benign", examination(counted=totals(examination_answer(Label.BENIGN)))),
        named("urgent", examination()),
    )
    lines = ask("list", "clinic-7").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [f"clinic-7/patient-41/{one}" for one in ("urgent", "benign")]
    assert "READY  Pre-B ALL  taken 2026-11-20 09:39 UTC" in lines[0]
    everything = ask("list", "clinic-7", "--all", "--json").stdout.splitlines()
    assert [json.loads(line)["examination_id"] for line in everything] == ["urgent", "benign", "signed"]
    assert "No patient of clinic clinic-8 has an examination that waits" in ask("list", "clinic-8").stderr


def test_an_examination_is_shown_with_who_signed_it_and_what_people_were_told(aws: Services):
    put(aws.examinations, examination(SIGNED, signature(), told=TOLD))
    shown = ask("show", ID).stdout
    assert "8 read, rejected: 1 blurred" in shown and "180 look like blasts (95 % interval 69% to 80%)" in shown
    assert "signed as Pre-B ALL by Dr. Vogel on 2026-11-22 12:00 UTC" in shown
    assert "caller arn:aws:sts::123456789012:assumed-role/clinic-7/dr-vogel" in shown
    assert "patient: leukemia on 2026-11-22 12:00 UTC" in shown
    assert json.loads(ask("show", ID, "--json").stdout)["status"] == "SIGNED"


def test_a_signature_is_stored_after_a_yes_with_the_identity_that_aws_knows(aws: Services):
    put(aws.examinations, examination())
    asked = ask("accept", ID, "--signed-by", "Dr. Vogel", typed="n\n")
    assert "About to be stored: signed as Pre-B ALL by Dr. Vogel" in asked.output and stored(aws).history == ()
    done = ask("accept", ID, "--signed-by", "Dr. Vogel")
    assert "Stored: SIGNED, signed as Pre-B ALL by Dr. Vogel" in done.output
    (one,) = stored(aws).history
    assert one.caller.startswith("arn:aws:sts::123456789012:") and one.basis == BASIS


def test_whoever_looks_is_in_the_audit_trail(aws: Services):
    put(aws.examinations, examination())
    ask("list", "clinic-7")
    ask("show", ID)
    ask("accept", ID, "--signed-by", "Dr. Vogel", typed="n\n")
    seen = list(aws.trail.read(Subject("clinic-7", "patient-41", "examination-1")))
    assert {one.action for one in seen} == {"blastlens sign list", "blastlens sign show", "blastlens sign accept"}
    assert all(one.caller.startswith("arn:aws:sts::123456789012:") and one.address == "command" for one in seen)


def test_a_history_is_written_by_commands(aws: Services):
    put(aws.examinations, examination())
    ask("correct", ID, "--conclusion", "other_disease", "--signed-by", "Dr. Vogel")
    ask("amend", ID, "--conclusion", "no_leukemia", "--reason", "second look", "--signed-by", "Dr. Amsel")
    ask("retract", ID, "--reason", "wrong patient", "--signed-by", "Dr. Amsel")
    assert [(str(one.kind), one.conclusion) for one in stored(aws).history] == [
        ("correct", Conclusion.OTHER_DISEASE),
        ("amend", Conclusion.NO_LEUKEMIA),
        ("retract", None),
    ]
    assert stored(aws).history[2].reason == "wrong patient"


def test_a_held_examination_is_released_and_what_to_do_next_is_printed(aws: Services):
    put(aws.examinations, examination(OPEN, counted=totals(shared_with=OTHERS)))
    refused = ask("accept", ID, "--signed-by", "Dr. Vogel")
    assert isinstance(refused.exception, SigningRefused)
    done = ask("release", ID, "--signed-by", "Dr. Vogel")
    assert "Dr. Vogel states that these images are of patient patient-41" in done.output
    assert f"sign show {ID}" in done.output
    assert stored(aws).released is not None and stored(aws).status is ExaminationStatus.READY


def test_what_arrives_while_a_person_decides_is_not_signed(aws: Services, monkeypatch):
    put(aws.examinations, examination())

    def decide(*_, **__) -> None:
        one = stored(aws)
        aws.examinations.put(replace(one, totals=totals(basis="cd" * 32), revision=2), one.revision)

    monkeypatch.setattr(click, "confirm", decide)
    refused = ask("accept", ID, "--signed-by", "Dr. Vogel")
    assert isinstance(refused.exception, BasisChanged) and stored(aws).history == ()


def test_without_a_question_the_fields_that_were_looked_at_are_named(aws: Services):
    put(aws.examinations, examination())
    assert "--yes needs --basis" in ask("accept", ID, "--signed-by", "Dr. Vogel", "--yes").output
    other = ask("accept", ID, "--signed-by", "Dr. Vogel", "--yes", "--basis", "of yesterday")
    assert isinstance(other.exception, BasisChanged)
    assert ask("accept", ID, "--signed-by", "Dr. Vogel", "--yes", "--basis", BASIS, typed="").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("show", "upload-0001"), "CLINIC/PATIENT/EXAMINATION"),
        (("show", "clinic-7/Jane Doe/e"), "CLINIC/PATIENT/EXAMINATION"),
        (("accept", ID), "Missing option '--signed-by'"),
        (("correct", ID, "--signed-by", "x"), "Missing option '--conclusion'"),
        (("correct", ID, "--signed-by", "x", "--conclusion", "leukemia"), "'leukemia' is not one of"),
        (("amend", ID, "--signed-by", "x", "--conclusion", "pre_b"), "reason is missing: say why"),
        (("retract", ID, "--signed-by", "x", "--reason", " "), "reason is missing: say why"),
        (("accept", ID, "--signed-by", " "), "--signed-by has to be a name"),
        (("release", ID, "--signed-by", "\n"), "--signed-by has to be a name"),
    ],
)
def test_wrong_usage_is_refused_before_anything_is_asked_of_aws(arguments: tuple[str, ...], why: str):
    refused = ask(*arguments)
    assert refused.exit_code == 2 and why in refused.output


def test_the_commands_of_the_guide_are_understood(repository):
    guide = (repository / "docs" / "clinics.md").read_text("utf-8")
    lines = [shlex.split(line, comments=True)[2:] for line in guide.splitlines() if line.startswith("blastlens sign ")]
    assert {line[0] for line in lines} == set(sign_command.sign.commands)
    for name, *arguments in lines:
        sign_command.sign.commands[name].make_context(name, arguments)


def test_an_examination_that_is_not_there_is_refused_with_the_list(aws: Services):
    assert "sign list clinic-7" in str(ask("show", ID).exception)


@pytest.mark.parametrize("conclusion", Conclusion)
@pytest.mark.parametrize("told", [{}, TOLD])
def test_what_the_patient_is_told_is_said_for_every_conclusion(conclusion: Conclusion, told):
    after = sign(
        examination(told=told, counted=totals(None)), signature(SignatureKind.CORRECT, conclusion=conclusion), 0
    )
    sentence = describe_news(after)
    is_harmless = conclusion in (Conclusion.BENIGN, Conclusion.NO_LEUKEMIA)
    assert ("nothing that points to leukemia" in sentence) is is_harmless
    if told and after.finding is not None and str(after.finding) == "leukemia":
        assert sentence.startswith("The patient is not told again")
    else:
        message = "There is a result for you, from images of your blood of 20 November 2026."
        assert message in sentence and ("It replaces an earlier result." in sentence) is bool(told)


def test_what_the_patient_is_told_of_a_retraction_depends_on_what_they_were_told():
    untold = sign(examination(SIGNED, signature()), signature(SignatureKind.RETRACT), 1)
    assert describe_news(untold) == "The patient was told nothing of this examination, and is told nothing now."
    told = sign(examination(SIGNED, signature(), told=TOLD), signature(SignatureKind.RETRACT), 1)
    assert "Your doctor has withdrawn a result that you were told of" in describe_news(told)
    assert "tell the patient yourself" in describe_news(replace(told, left_to_clinic=True))


def test_states_that_need_care_are_named():
    late = examination(SIGNED, signature(basis="of yesterday"))
    assert "late fields" in format_row(late)
    assert "look at them" in "\n".join(format_lines(late))
    held = examination(OPEN, counted=totals(None, shared_with=OTHERS))
    assert "held  so far: no field could be read" in format_row(held)
    assert "release it if it is this patient's" in "\n".join(format_lines(held))
    unsure = replace(examination_answer(Label.PRE_B, Label.BENIGN), contradicts=True)
    text = "\n".join(format_lines(examination(counted=totals(unsure))))
    assert "not ruled out: Pre-B ALL, Benign (hematogones)" in text and "contradict one another" in text
    few = examination(ExaminationStatus.INSUFFICIENT, counted=totals(examination_answer(missing_cells=60)))
    assert "about 60 more white cells are needed" in format_row(few)


@pytest.mark.parametrize(
    ("edge", "is_marked", "line"),
    [
        (EdgeTotals(), False, None),
        (EdgeTotals(8, 0, False), False, "differs in 0 of 8 fields"),
        (EdgeTotals(8, 1, False), False, "differs in 1 of 8 fields"),
        (EdgeTotals(8, 3, True), True, "differs in 3 of 8 fields"),
    ],
)
def test_a_screening_at_the_microscope_that_differs_is_named(edge: EdgeTotals, is_marked: bool, line: str | None):
    one = examination(counted=totals(edge=edge))
    text = "\n".join(format_lines(one))
    assert ("screening differs" in format_row(one)) is is_marked
    assert ("The answer does not use it" in text) is is_marked
    assert line in text if line else "screening" not in text
