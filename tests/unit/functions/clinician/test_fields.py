"""Fields, links and cells."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from blastlens.domain.cell_file import encode_cells
from blastlens.domain.field import Cell, CellKind
from blastlens.domain.result import Artifacts
from blastlens.domain.review import CellClass, CellId, Exclusion, Move, Moves, ReviewEvent
from blastlens.functions.clinician import field_routes
from tests.answers import BUCKET, MODEL, NOON, TAKEN, field_summary, rejection
from tests.unit.functions.clinician.conftest import PLACE, Clinic

CELLS = [
    Cell((10, 20, 30, 40), ((10, 20), (40, 20), (40, 60)), 9.5, 0.97, CellKind.PRE_B),
    Cell((50, 20, 30, 40), ((50, 20), (80, 20), (80, 60)), None, 0.02, CellKind.OTHER_WHITE),
]


def store_cells(clinic: Clinic, upload_id: str = "field-1", cells: list[Cell] = CELLS, **changes):
    key = f"artifacts/{clinic.id}/{upload_id}/cells.json"
    data = encode_cells(field_summary(), MODEL, (2592, 1944), [(0, 0, 448, 448)], cells)
    clinic.aws.s3.put_object(Bucket=BUCKET, Key=key, Body=data)
    return clinic.write(upload_id, artifacts=Artifacts(cells=key), **changes)


def query_of(url: str) -> dict[str, str]:
    return {name: one for name, (one,) in parse_qs(urlsplit(url).query).items()}


def test_a_field_is_shown_with_links_to_the_exact_version(clinic: Clinic):
    clinic.put()
    pictures = Artifacts(segmented="artifacts/a/segmented.png", overlay="artifacts/a/overlay.png")
    clinic.write("field-1", extension="TIF", version="v7", artifacts=pictures)
    status, shown = clinic.ask("GET", f"{PLACE}/fields")
    (field,) = shown["fields"]
    assert status == 200 and field["excluded"] is None and field["readings"][0]["counts"]
    image, links = query_of(field["links"]["image"]["url"]), field["links"]
    assert urlsplit(links["image"]["url"]).path.endswith(f"/uploads/{clinic.id}/patient-41/examination-1/field-1.TIF")
    assert (image["versionId"], image["X-Amz-Expires"]) == ("v7", "300")
    assert image["response-content-disposition"] == 'inline; filename="field-1-image.tif"'
    assert image["response-content-type"] == "image/tiff"
    assert links["image"]["expires_at"] == "2026-11-22T12:05:00.000Z"
    assert "artifacts/a/overlay.png" in links["overlay"]["url"] and links["heat"] is None


def test_each_link_is_recorded(clinic: Clinic):
    clinic.put()
    clinic.write(artifacts=Artifacts(overlay="artifacts/a/overlay.png"))
    clinic.ask("GET", f"{PLACE}/fields/field-1")
    found = [(one["action"], one["upload_id"]) for one in clinic.accesses()]
    route = "GET /v1/patients/{patient_id}/examinations/{examination_id}/fields/{upload_id}"
    assert sorted(found) == sorted([(route, "field-1"), ("link image", "field-1"), ("link overlay", "field-1")])


def test_a_link_opens_the_image_that_was_read_although_another_replaced_it(clinic: Clinic):
    clinic.put()
    first = clinic.aws.upload(f"uploads/{clinic.id}/patient-41/examination-1/field-1.jpg", b"first")
    clinic.write(version=first.version_id)
    clinic.aws.upload(first.key, b"second")
    _, field = clinic.ask("GET", f"{PLACE}/fields/field-1")
    query = query_of(field["links"]["image"]["url"])
    assert (
        clinic.aws.s3.get_object(Bucket=BUCKET, Key=first.key, VersionId=query["versionId"])["Body"].read() == b"first"
    )


def test_a_field_that_is_not_there_is_a_problem(clinic: Clinic):
    clinic.put()
    clinic.write()
    status, body = clinic.ask("GET", f"{PLACE}/fields/field-2")
    assert (status, body["type"]) == (404, "urn:blastlens:problem:field-missing")


def test_fields_come_in_the_order_in_which_they_were_taken_page_by_page(clinic: Clinic):
    clinic.put()
    for number in (3, 1, 2):
        clinic.write(f"field-{number}", taken_at=TAKEN + timedelta(minutes=number))
    found, query = [], {"limit": "2"}
    while True:
        _, page = clinic.ask("GET", f"{PLACE}/fields", None, query)
        found.append([one["upload_id"] for one in page["fields"]])
        if page["next"] is None:
            break
        query["next"] = page["next"]
    assert found == [["field-1", "field-2"], ["field-3"]]
    query["next"] = query["next"].swapcase()
    assert clinic.ask("GET", f"{PLACE}/fields", None, query)[0] == 400


def test_a_refused_field_has_its_reason(clinic: Clinic):
    clinic.put()
    clinic.write(answer=rejection())
    _, field = clinic.ask("GET", f"{PLACE}/fields/field-1")
    assert field["readings"][0]["reason"] == "blurred" and field["links"]["image"] is not None


def add(clinic: Clinic, *contents):
    for number, content in enumerate(contents):
        seen = clinic.aws.examinations.of_patient(clinic.id, "patient-41")[0]
        event = ReviewEvent(f"event-{number}", "Dr. Amsel", "user/1", NOON + timedelta(seconds=number), content)
        assert clinic.aws.reviews.add(event, seen)


def test_an_excluded_field_says_by_whom_and_why_until_a_newer_image_replaces_it(clinic: Clinic):
    clinic.put()
    clinic.write()
    add(clinic, Exclusion("field-1", "field-1#v1", "blurred"))
    _, field = clinic.ask("GET", f"{PLACE}/fields/field-1")
    assert field["excluded"] == {"reason": "blurred", "by": "Dr. Amsel", "at": "2026-11-22T12:00:00.000Z"}
    clinic.write(version="v2", sequencer="0B")
    assert clinic.ask("GET", f"{PLACE}/fields/field-1")[1]["excluded"] is None


def test_cells_are_shown_with_what_people_moved(clinic: Clinic):
    clinic.put()
    made = store_cells(clinic)
    cell = CellId("field-1", made.id.reading, 1)
    add(clinic, Moves((Move(cell, CellKind.OTHER_WHITE, CellClass.NOT_A_CELL),)))
    _, page = clinic.ask("GET", f"{PLACE}/cells")
    (field,) = page["fields"]
    assert (field["width"], field["height"], field["windows"], field["missing"]) == (
        2592,
        1944,
        [[0, 0, 448, 448]],
        False,
    )
    assert (field["pixel_size_um"], field["pixel_size_from"]) == (0.25, "red_cells")
    first, second = field["cells"]
    assert (first["cell"], first["box"], first["kind"], first["moved"]) == (0, [10, 20, 30, 40], "pre_b", None)
    assert second["moved"] == {"kind": "not_a_cell", "by": "Dr. Amsel", "at": "2026-11-22T12:00:00.000Z"}
    assert field["image"]["url"] and [one["action"] for one in clinic.accesses()].count("link image") == 1


def test_cells_whose_file_is_gone_are_unknown_and_not_none(clinic: Clinic):
    clinic.put()
    made = store_cells(clinic)
    clinic.aws.s3.delete_object(Bucket=BUCKET, Key=made.artifacts.cells)
    _, page = clinic.ask("GET", f"{PLACE}/cells")
    (field,) = page["fields"]
    assert field["missing"] and field["cells"] == [] and field["width"] is None


@pytest.mark.parametrize("most", [1, 2000, 10_000_000])
def test_a_page_of_cells_fits_into_an_answer_and_no_field_is_left_out(clinic: Clinic, monkeypatch, most: int):
    monkeypatch.setattr(field_routes, "MOST_BYTES", most)
    clinic.put()
    clinic.write("field-0")  # without cells
    for number in range(1, 6):
        store_cells(clinic, f"field-{number}", CELLS * number, taken_at=TAKEN + timedelta(minutes=number))
    found, query, pages = [], {"limit": "4"}, 0
    while True:
        _, page = clinic.ask("GET", f"{PLACE}/cells", None, query)
        found += [(one["upload_id"], len(one["cells"])) for one in page["fields"]]
        pages += 1
        if page["next"] is None:
            break
        query["next"] = page["next"]
    assert found == [(f"field-{number}", 2 * number) for number in range(1, 6)]
    assert pages == {1: 5, 10_000_000: 2}.get(most, pages)


def test_a_cursor_of_fields_does_not_continue_cells(clinic: Clinic):
    clinic.put()
    for name in ("field-1", "field-2"):
        store_cells(clinic, name)
    _, page = clinic.ask("GET", f"{PLACE}/fields", None, {"limit": "1"})
    assert clinic.ask("GET", f"{PLACE}/cells", None, {"next": page["next"]})[0] == 400
