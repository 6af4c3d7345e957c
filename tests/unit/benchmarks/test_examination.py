"""benchmarks/examination.py with a few small examinations."""

import examination
from tests.effort import in_soak


@in_soak
def test_a_small_run_loses_nothing_and_tells_everybody_once():
    plan = examination.Plan(
        examinations=3, fields=4, faults=0.02, parameters={"ExaminationQuietSeconds": "1"}, limit_seconds=120
    )
    steps: list[int] = []
    figures = examination.measure(plan, steps.append)
    repeated, median, longest = (figures.pop(x) for x in ("repeated", "settle_seconds_median", "settle_seconds_max"))
    assert figures == {
        "fields": 12,
        "examinations": 3,
        "clinic_notices": 3,
        "patient_notices": 3,
        "lost": 0,
        "twice": 0,
    }
    assert repeated >= 0 and 0 <= median <= longest
    assert steps[-1] == 12
