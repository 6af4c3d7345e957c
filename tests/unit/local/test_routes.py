import pytest

from blastlens.local.http.routes import Match, match_route

ROUTES = (
    "GET /clinics/{clinic_id}/results",
    "GET /clinics/{clinic_id}/uploads/{upload_id}",
    "GET /clinics/{clinic_id}/uploads/latest",
    "POST /uploads",
    "ANY /files/{path+}",
)


def test_places_in_the_path_become_parameters_decoded_once():
    assert match_route(ROUTES, "GET", "/clinics/a%2Fb/results") == Match(ROUTES[0], {"clinic_id": "a/b"})


def test_the_route_with_fewer_places_wins():
    assert match_route(ROUTES, "GET", "/clinics/c/uploads/latest") == Match(ROUTES[2], {"clinic_id": "c"})


def test_a_greedy_place_takes_the_rest_for_any_method():
    assert match_route(ROUTES, "PUT", "/files/a/b") == Match(ROUTES[4], {"path": "a/b"})


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/uploads"), ("POST", "/uploads/"), ("GET", "/"), ("GET", "/clinics//results")]
)
def test_what_fits_no_route_has_none(method, path):
    assert match_route(ROUTES, method, path) is None


def test_the_default_route_comes_last():
    assert match_route(("$default", "POST /uploads"), "POST", "/uploads") == Match("POST /uploads", {})
    assert match_route(("$default", "POST /uploads"), "GET", "/else") == Match("$default", {})


def test_a_dot_in_a_path_is_a_dot():
    assert match_route(("GET /a.b",), "GET", "/axb") is None


def test_a_route_of_get_does_not_match_head():
    assert match_route(ROUTES, "HEAD", "/clinics/c/results") is None


def test_a_route_with_the_method_precedes_one_for_any_method():
    routes = ("ANY /uploads", "POST /uploads")
    assert match_route(routes, "POST", "/uploads") == Match("POST /uploads", {})
    assert match_route(routes, "HEAD", "/uploads") == Match("ANY /uploads", {})


@pytest.mark.parametrize("path", ["//clinics/c/results", "/clinics/c//results", "/clinics/c/results/"])
def test_further_slashes_are_not_ignored(path):
    assert match_route(ROUTES, "GET", path) is None
