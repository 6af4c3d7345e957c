"""Targets of the reading engine in docs/targets.py."""

from docs.targets import Measured, list_targets, targets_table


def estimate(value):
    return {"count": 0, "value": value, "low": value, "high": value}


def field(kind, accuracy, missed=0, rejected=0, readable=True):
    return {
        "kind": kind,
        "accuracy": estimate(accuracy),
        "leukemia_as_benign_alone": missed,
        "rejected": rejected,
        "images": 100,
        "readable": readable,
    }


def laboratory(without, rejected=0, **more):
    return {"malignant_without_benign": estimate(without), "rejected": rejected, "images": 100, **more}


SCORES = {
    **{name: estimate(value) for name, value in (("accuracy", 0.995), ("calibration_error", 0.03))},
    **{name: estimate(value) for name, value in (("set_coverage", 0.99), ("set_size", 1.05))},
    "classes": {"benign": {"recall": estimate(0.96)}, "pro_b": {"recall": estimate(1.0)}},
}
FIELDS = [
    field("as taken", 1.0),
    field("round", 0.9, rejected=3),
    field("mosaic 6 x 6", 0.98, rejected=8),
    field("shrunk", 0.1, missed=2, readable=False),
    field("all but the cells painted over", 0.9, readable=False),
    field("cells painted over", 0.5, readable=False),
]
ROWS = [{"probe": "images as they are", "accuracy": 1.0}, {"probe": "hue turned by +10", "accuracy": 0.96}]
LABORATORIES = {
    "raabin": laboratory(0.01),
    "snam": laboratory(0.4, ill_against_well=estimate(0.9), leukemia_as_benign_alone=1),
    "not-smears": laboratory(0.0, rejected=98),
}
CELLS = {
    "package": {"digest": "5f"},
    "raabin": {
        "images": 10,
        "recall": estimate(0.9),
        "precision": estimate(1.0),
        "pixel_size": {"median_error": 0.05, "within_quarter": estimate(0.96)},
    },
    "other-smears": {"images": 10, "recall": estimate(1.0), "precision": estimate(1.0), "pixel_size": "not available"},
    "chula": {"images": 10, "white_cells_per_ten_fields": 3.0},
    "wbc-masks": {"images": 10, "nucleus_recall": 0.97, "cell_precision": 0.95},
}
MEASURED = Measured(
    {"scores": SCORES}, [{"rows": ROWS}, {"rows": [], "fields": FIELDS}], {"laboratories": LABORATORIES}, CELLS
)


def test_each_target_is_reached_or_not():
    reached = {target.on: target.reached for target in list_targets(MEASURED)}
    assert {on for on, holds in reached.items() if not holds} == {
        "validation part: every recall",
        "validation part: calibration error",
        "fields as cameras show them: accuracy of each kind",
        "fields as cameras show them: share rejected of each kind",
        "fields: leukemia as benign alone",
        "cells painted over: accuracy",
        "hue and brightness: fall of accuracy",
        "snam: leukemia as benign alone",
        "raabin: recall of white cells",
        "chula: white cells in ten fields",
    }
    assert len(reached) == 25


def test_the_table_names_the_worst_of_several():
    lines = targets_table(MEASURED).splitlines()
    assert "| fields as cameras show them: accuracy of each kind | at least 0.97 | 0.9000 (round) | **no** |" in lines
    assert (
        "| fields as cameras show them: share rejected, six wide | at most 0.1 | 0.0800 (mosaic 6 x 6) | yes |" in lines
    )


def test_nothing_measured_is_said():
    assert targets_table(Measured(None, [], None, None)) == "Not measured yet."
