import pytest

from blastlens.local.event_sources.filters import matches_any

INSERT = {"eventName": "INSERT", "dynamodb": {"NewImage": {"status": {"S": "CLASSIFIED"}, "tries": {"N": "3"}}}}


@pytest.mark.parametrize(
    "pattern",
    [
        {"eventName": ["INSERT", "MODIFY"]},
        {"dynamodb": {"NewImage": {"status": {"S": ["CLASSIFIED"]}}}},
        {"eventName": [{"prefix": "IN"}]},
        {"eventName": [{"suffix": "ERT"}]},
        {"eventName": [{"equals-ignore-case": "insert"}]},
        {"eventName": [{"anything-but": ["REMOVE"]}]},
        {"eventName": [{"anything-but": {"prefix": "RE"}}]},
        {"userIdentity": [{"exists": False}]},
        {"dynamodb": {"NewImage": {"status": [{"exists": True}]}}},
        {"$or": [{"eventName": ["REMOVE"]}, {"dynamodb": {"NewImage": {"tries": {"N": ["3"]}}}}]},
    ],
)
def test_an_event_that_fits_passes(pattern):
    assert matches_any(INSERT, [pattern])


@pytest.mark.parametrize(
    "pattern",
    [
        {"eventName": ["REMOVE"]},
        {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"status": {"S": ["REJECTED"]}}}},
        {"eventName": [{"exists": False}]},
        {"dynamodb": {"OldImage": {"status": {"S": ["CLASSIFIED"]}}}},
        {"missing": [None]},
        {"missing": [{"anything-but": ["x"]}]},
    ],
)
def test_an_event_that_does_not_fit_is_held_back(pattern):
    assert not matches_any(INSERT, [pattern])


def test_one_pattern_of_several_is_enough():
    assert matches_any(INSERT, [{"eventName": ["REMOVE"]}, {"eventName": ["INSERT"]}])


def test_without_patterns_everything_passes():
    assert matches_any(INSERT, [])


@pytest.mark.parametrize(("value", "fits"), [(0, False), (1, True), (5, True), (6, False), ("3", False)])
def test_numbers_are_compared_with_bounds(value, fits):
    assert matches_any({"n": value}, [{"n": [{"numeric": [">", 0, "<=", 5]}]}]) is fits


def test_an_unknown_rule_is_named():
    with pytest.raises(ValueError, match="cidr"):
        matches_any(INSERT, [{"eventName": [{"cidr": "10.0.0.0/8"}]}])
