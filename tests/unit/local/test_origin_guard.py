import pytest

from blastlens.local.http.origin_guard import is_allowed_origin


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:5000", "localhost:5000", "uploads.localhost:5000", "[::1]:5000", "host.docker.internal:5000", None],
)
def test_programs_of_this_machine_are_welcome_by_any_of_its_names(host: str | None):
    assert is_allowed_origin(None, host, "127.0.0.1")


@pytest.mark.parametrize("origin", ["http://127.0.0.1:3000", "http://localhost:8080", "http://[::1]:3000"])
def test_a_page_of_this_machine_is_welcome(origin: str):
    assert is_allowed_origin(origin, "127.0.0.1:5000", "127.0.0.1")


@pytest.mark.parametrize(
    "origin", ["https://example.com", "null", "http://127.0.0.1.example.com", "", "http://localhost@example.com"]
)
def test_a_page_from_elsewhere_is_not(origin: str):
    assert not is_allowed_origin(origin, "127.0.0.1:5000", "127.0.0.1")


def test_a_page_whose_own_name_leads_here_is_not():
    assert not is_allowed_origin(None, "rebound.example.com:5000", "127.0.0.1")


def test_a_server_that_was_given_a_name_goes_by_it():
    assert is_allowed_origin(None, "laboratory-3:5000", "laboratory-3")
    assert is_allowed_origin("http://laboratory-3:4567", "laboratory-3:5000", "laboratory-3")


def test_a_page_that_a_server_which_others_reach_gave_out_is_welcome_there():
    assert is_allowed_origin("http://laboratory-3:4567", "laboratory-3:5000", "0.0.0.0")


def test_a_server_that_others_reach_goes_by_any_name_and_shuts_out_pages_all_the_same():
    assert is_allowed_origin(None, "laboratory-3:5000", "0.0.0.0")
    assert not is_allowed_origin("https://example.com", "laboratory-3:5000", "0.0.0.0")
