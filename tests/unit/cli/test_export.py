import builtins
import csv
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import pytest
from click.testing import CliRunner

from blastlens.cli.export import export
from blastlens.cli.export_formats import COLUMNS, to_row, write_csv, write_fhir, write_parquet
from blastlens.cli.spreadsheet_cells import protect_text, recover_text
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.examination import ExaminationStatus, Meaning, Told
from blastlens.domain.field import Caution
from blastlens.domain.labels import Label
from blastlens.domain.record import Audience, SignOff
from blastlens.domain.signature import Conclusion
from blastlens.domain.upload import Upload
from tests.answers import (
    NOON,
    TAKEN,
    field_record,
    field_summary,
    prediction,
    record,
    rejection,
    result,
    sign_off,
    unreadable_result,
    verdict,
)
from tests.examinations import examination, signature

RECORDS = [
    record(result(prediction(Label.BENIGN, (Label.PRO_B,))), {Audience.CLINIC: NOON}, sign_off()),
    record(result(rejection())),
    record(unreadable_result()),
]


def as_csv(*records) -> list[dict[str, str]]:
    out = StringIO(newline="")
    write_csv(map(to_row, records), out)
    return list(csv.DictReader(StringIO(out.getvalue(), newline="")))


def test_every_row_has_every_column():
    assert all(list(to_row(one)) == list(COLUMNS) for one in RECORDS)


def test_a_signed_prediction_is_one_row_with_the_clinicians_word():
    (row,) = as_csv(RECORDS[0])
    assert (row["clinic_id"], row["patient_id"], row["upload_id"]) == ("clinic-7", "patient-41", "upload-0001")
    assert (row["label"], row["prediction_set"], row["probability_benign"]) == ("benign", "benign pro_b", "0.97")
    assert (row["signed_label"], row["signed_by"]) == ("pre_b", "Dr. Vogel")
    assert row["signed_at"] == "2026-11-22T12:00:00.000Z"
    assert (row["clinic_told_at"], row["patient_told_at"]) == ("2026-11-22T12:00:00.000Z", "")


def test_a_rejection_has_its_reason_and_empty_cells_for_what_it_lacks():
    (row,) = as_csv(RECORDS[1])
    assert (row["status"], row["reason"], row["label"], row["probability_pre_b"]) == ("REJECTED", "blurred", "", "")


def test_a_field_has_cells_of_its_own_and_an_older_record_leaves_them_empty():
    field = field_summary(Caution.FEW_CELLS, Caution.PART_READ)
    new, old = as_csv(record(result(replace(prediction(), field=field))), RECORDS[0])
    assert (new["pixel_size_um"], new["pixel_size_from"], new["pixel_size_error"]) == ("0.25", "red_cells", "0.15")
    assert (new["windows"], new["white_cells"], new["cautions"]) == ("9", "24", "few_cells part_read")
    assert (old["pixel_size_um"], old["windows"], old["cautions"]) == ("", "", "")


def test_the_screening_at_the_microscope_stands_behind_the_answer():
    compared, refused, without = as_csv(
        record(replace(result(prediction(Label.PRE_B)), edge=verdict(Label.BENIGN))),
        record(replace(result(rejection()), edge=verdict(Label.MALIGNANT, Label.BENIGN))),
        RECORDS[0],
    )
    names = ("edge_digest", "edge_prediction_set", "edge_disagrees")
    assert [compared[name] for name in names] == ["7a" * 32, "benign", "yes"]
    assert [refused[name] for name in names] == ["7a" * 32, "malignant benign", ""]
    assert [without[name] for name in names] == ["", "", ""]


def test_a_column_says_when_the_image_was_taken():
    new, old = as_csv(record(result(taken_at=TAKEN)), RECORDS[0])
    assert (new["taken_at"], old["taken_at"]) == ("2026-11-20T09:30:15.250Z", "")


def test_a_field_of_an_examination_has_its_signature_and_notices():
    told = {Audience.CLINIC: (Told(Meaning.LEUKEMIA, NOON, "basis"),)}
    signed = examination(ExaminationStatus.SIGNED, signature(conclusion=Conclusion.OTHER_DISEASE), told=told)
    out = StringIO(newline="")
    write_csv([to_row(field_record(), signed), to_row(field_record())], out)
    first, second = csv.DictReader(StringIO(out.getvalue(), newline=""))
    assert (first["signed_label"], first["signed_by"]) == ("other_disease", "Dr. Vogel")
    assert first["clinic_told_at"] == "2026-11-22T12:00:00.000Z" and first["examination_id"] == "smear-3"
    assert (second["signed_label"], second["clinic_told_at"]) == ("", "")


def test_nothing_of_a_key_that_breaks_the_contract_is_exported():
    assert "Jane" not in str(as_csv(RECORDS[2]))


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@x"])
def test_a_spreadsheet_runs_nothing_that_somebody_signed_with(name: str):
    (row,) = as_csv(record(signed_off=SignOff(name, "caller", Label.PRE_B, NOON)))
    assert row["signed_by"] == f"'{name}"


CHANGED_OR_RUN = [
    "0012",
    "1e5",
    "12E3",
    "-1-2",
    "1-2",
    "2026-11-22",
    "mar1",
    "1-mar",
    "MAY-2026",
    "TRUE",
    "123456789012345678",
]


@pytest.mark.parametrize("text", CHANGED_OR_RUN)
def test_an_id_that_a_spreadsheet_would_change_or_run_survives(text: str):
    (row,) = as_csv(record(result(upload=Upload(text, text, text, "jpg"))))
    assert [row[name] for name in ("clinic_id", "patient_id", "upload_id")] == [f"'{text}"] * 3
    assert recover_text(row["patient_id"]) == text


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1+1", "1.0.0", "12:30", "'x"]
)
def test_a_text_that_a_spreadsheet_would_change_or_run_is_protected_and_can_be_recovered(text: str):
    assert protect_text(text) == f"'{text}" and recover_text(protect_text(text)) == text


@pytest.mark.parametrize(
    "text", ["p-41", "patient-41", "c-3f9a51e07b22c4d8", "device_1", "marker-7", "may", "Dr. Vogel", "", "a1e5"]
)
def test_a_text_that_a_spreadsheet_leaves_alone_is_written_as_it_is(text: str):
    assert protect_text(text) == text == recover_text(text)


@pytest.mark.parametrize("for_excel", [True, False])
def test_a_byte_order_mark_is_written_only_for_excel(for_excel: bool):
    out = StringIO(newline="")
    write_csv(map(to_row, RECORDS), out, for_excel)
    assert out.getvalue().startswith("\ufeffclinic_id" if for_excel else "clinic_id")


def test_the_option_for_excel_is_refused_for_other_formats():
    done = CliRunner().invoke(export, ["--clinic", "clinic-7", "--format", "fhir", "--excel"])
    assert done.exit_code == 2 and "--excel is for --format csv" in done.output


def test_text_with_commas_quotes_and_lines_stays_in_its_cell():
    name = 'Vogel, "Dr."\nx'
    (row,) = as_csv(record(signed_off=SignOff(name, "caller", Label.PRE_B, NOON)))
    assert row["signed_by"] == name


def test_parquet_keeps_numbers_and_times_as_such(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow: make install EXTRAS=export")
    write_parquet(map(to_row, RECORDS), tmp_path / "x.parquet")
    first, second, _ = parquet.read_table(tmp_path / "x.parquet").to_pylist()
    assert first["probability_benign"] == 0.97 and second["probability_benign"] is None
    assert first["signed_at"] == datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_missing_library_is_reported_with_what_to_install(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.partition(".")[0] in ("pyarrow", "fhir"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InvalidSettings, match=r"pyarrow.*make install EXTRAS=export"):
        write_parquet([], tmp_path / "x.parquet")
    with pytest.raises(InvalidSettings, match=r"fhir.*make install EXTRAS=export"):
        write_fhir([], StringIO())
