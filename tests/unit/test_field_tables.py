"""Tables and sentences on fields and other laboratories in the docs."""

from docs.field_tables import (
    fields_sentence,
    fields_table,
    find_fields,
    find_laboratories,
    laboratories_sentence,
    laboratories_table,
    left_out_table,
)


def share(count, images):
    return {"count": count, "value": count / images, "low": 0.0, "high": 0.5}


def field(kind, accuracy, missed=0, readable=True):
    return {
        "kind": kind,
        "readable": readable,
        "images": 16,
        "accuracy": {"value": accuracy, "low": 0.0, "high": 1.0},
        "leukemias": 12,
        "leukemia_as_benign_alone": missed,
        "benign_alone": share(missed, 16),
        "refused": {"too_dark": 2, "blurred": 1} if missed else {},
        "set_size": 1.25,
    }


def laboratory(images, without, leukemias=0, area=None):
    row = {
        "images": images,
        "refused": {},
        "malignant_without_benign": share(without, images),
        "benign_alone": share(0, images),
        "leukemias": leukemias,
        "leukemia_as_benign_alone": 0,
        "set_size": None,
    }
    return row if area is None else {**row, "ill_against_well": area}


AUDIT = {
    "package": {"digest": "5f"},
    "fields": [field("as taken", 1.0), field("round", 0.5, missed=3), field("far", 0.1, readable=False)],
}
AREA = {"value": 0.75, "low": 0.5, "high": 1.0}
RESULTS = {
    "package": {"digest": "5f"},
    "laboratories": {
        "raabin": laboratory(10, 1),
        "snam": laboratory(8, 4, 4, AREA),
        "snam: acute_lymphoblastic_leukemia": laboratory(4, 4, 4),
        "snam: myeloma": laboratory(4, 0),
        "not-smears": laboratory(5, 0),
    },
}


def test_a_field_has_its_counts_in_a_row():
    lines = fields_table(AUDIT).splitlines()
    assert lines[3] == "| round | 0.5000 | 3 of 12 | 3 of 16 | 2 too_dark, 1 blurred | 1.2500 |"
    assert lines[4].startswith("| far | (0.1000) | 0 of 12 |")


def test_the_sentence_names_the_worst_fields():
    assert fields_sentence(AUDIT) == (
        "3 of 36 leukemic fields come back as benign, with no other label, most in *round* (3 of 12); "
        "the lowest accuracy is 0.5000 (*round*)."
    )
    assert "other label; the lowest" in fields_sentence({"fields": [field("as taken", 1.0)]})
    assert fields_sentence(None) == "not measured."


def test_a_laboratory_has_its_counts_in_a_row():
    lines = laboratories_table(RESULTS).splitlines()
    assert lines[3].startswith("| snam | 8 | 0 | 4 (0.5000 [0.0000, 0.5000]) | 0 (0.0000 [")
    assert lines[3].endswith("| 0 of 4 | 0.7500 [0.5000, 1.0000] |  |")


def test_the_sentence_names_the_worst_laboratory_without_leukemia():
    assert laboratories_sentence(RESULTS) == (
        "of 10 images without acute leukemia, 1 come back with leukemias only (0.1000) "
        "in the worst laboratory (*raabin*)."
    )
    assert laboratories_sentence(None) == "not measured."


def test_a_laboratory_left_out_of_training_has_a_row_with_its_package():
    row = {"package": {"name": "fold", "version": "1.0.0"}, "laboratory": "raabin", **laboratory(10, 1)}
    lines = left_out_table({**AUDIT, "laboratories": [row]}).splitlines()
    assert lines[0].startswith("| package | laboratory |") and lines[2].startswith(
        "| fold 1.0.0 | raabin | 10 | 0 | 1 ("
    )
    assert left_out_table(None) == left_out_table(AUDIT) == "Not measured yet."


def test_the_results_of_a_package_are_found_by_its_digest():
    assert find_fields([{"package": {"digest": "5f"}}, AUDIT], "5f") is AUDIT
    assert find_fields([AUDIT], "7a") is None
    assert find_laboratories([RESULTS], "5f") is RESULTS and find_laboratories([RESULTS], "7a") is None
