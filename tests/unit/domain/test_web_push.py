import base64
import json

import pytest

from blastlens.domain.text_catalogue import Language
from blastlens.domain.web_push import (
    browser_id,
    is_key_of_browser,
    is_push_service,
    is_secret_of_browser,
    make_push_payload,
)

BASE_POINT = "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"
"""The base point of P-256, which is a public key as good as any."""


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/cA1:APA91b",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
        "https://web.push.apple.com/QGu",
        "https://db5p.notify.windows.com/w/?token=BQY%3d",
        "https://fcm.googleapis.com:443/fcm/send/x",
    ],
)
def test_the_push_services_of_browsers_are_addressed(endpoint: str):
    assert is_push_service(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/fcm/send/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evilfcm.googleapis.com/x",
        "https://evil.example/fcm.googleapis.com",
        "https://fcm.googleapis.com@evil.example/x",
        "https://user:word@fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com:x/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://[fcm.googleapis.com/x",
        "https://evil.example\\@fcm.googleapis.com/x",
        "https://evil.example\t.fcm.googleapis.com/x",
        "https://fcm.googleapis.com/a b",
        "https://fcm.googleapis.com/" + "a" * 1024,
        "https://fcm.googleapi\u0455.com/x",
        "file:///etc/passwd",
        "",
    ],
)
def test_nothing_else_is_addressed(endpoint: str):
    assert not is_push_service(endpoint)


def test_the_embedded_cloud_names_one_more_origin_and_no_other():
    also = "http://127.0.0.1:8080"
    assert is_push_service("http://127.0.0.1:8080/push/1", also)
    assert not is_push_service("http://127.0.0.1:80801/push/1", also)
    assert not is_push_service("http://127.0.0.1:8080.evil.example/1", also)


def test_keys_have_the_size_and_form_of_the_standard():
    key, secret = base64.urlsafe_b64decode(BASE_POINT + "="), bytes(16)
    for padding in ("", "="):
        text = base64.urlsafe_b64encode(key).decode().rstrip("=") + padding
        assert is_key_of_browser(text)
    assert is_secret_of_browser(base64.urlsafe_b64encode(secret).decode().rstrip("="))
    assert not is_key_of_browser(base64.urlsafe_b64encode(bytes([2]) + bytes(64)).decode())
    beside_the_curve = base64.urlsafe_b64encode(key[:-1] + bytes([key[-1] ^ 1])).decode()
    assert not is_key_of_browser(beside_the_curve)
    assert not is_key_of_browser("") and not is_key_of_browser("ü" * 87) and not is_key_of_browser("A!" * 44)
    assert not is_secret_of_browser(base64.urlsafe_b64encode(bytes(15)).decode())


@pytest.mark.parametrize("language", Language)
def test_a_payload_says_that_there_is_something_and_nothing_else(language: Language):
    shown = json.loads(make_push_payload(language))
    assert set(shown) == {"title", "body", "language"} and all(shown.values())
    assert not any(word in str(shown).lower() for word in ("result", "befund", "blut", "blood", "leuk", "hematolog"))


def test_the_same_browser_has_the_same_id():
    assert browser_id("https://a") == browser_id("https://a") != browser_id("https://b")
