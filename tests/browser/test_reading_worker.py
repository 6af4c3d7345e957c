"""Reading worker in Chromium with missing files, changed files and no images."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.golden_site import find_package, find_worker, serve_corpus
from tests.browser.smears import draw_field

_CLIENT = """([script]) => {
    const worker = new Worker(script)
    let next = 0
    globalThis.ask = request => new Promise(resolve => {
        const id = ++next
        const listen = ({data}) => {
            if (data.id !== id || data.progress) return
            worker.removeEventListener("message", listen)
            resolve(data)
        }
        worker.addEventListener("message", listen)
        worker.postMessage({id, ...request})
    })
}"""
_LOAD = 'base => ask({kind: "load", package: "screening", base, bytes: 1})'
_READ = """async ([file, um]) => {
    const image = await (await fetch(`data:;base64,${file}`)).blob()
    return ask({kind: "read", image, declared_um: um})
}"""


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A page that sends requests to the worker by `ask`."""
    with serve_corpus(tmp_path) as address:
        context = browser.new_context(service_workers="block")
        page = context.new_page()
        page.goto(address)
        page.evaluate(_CLIENT, [find_worker()])
        yield page
        context.close()


def load(page: Page) -> dict[str, Any]:
    answer: dict[str, Any] = page.evaluate(_LOAD, find_package("screening"))
    return answer


def read(page: Page, file: bytes, um: float | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = page.evaluate(_READ, [b64encode(file).decode(), um])
    return answer


@pytest.mark.parametrize("missing", ["**/*.wasm", "**/litert_*.js", "**/scale.tflite", "**/manifest.json"])
def test_a_package_is_loaded_at_the_next_attempt_after_a_file_was_missing(page, missing):
    page.context.route(missing, lambda route: route.abort())
    failed = load(page)["error"]
    page.context.unroute(missing)

    assert failed["name"] == "NotLoaded"
    assert load(page)["result"]["name"] == "screening"


def test_a_changed_file_is_refused_and_the_right_one_is_taken_afterwards(page):
    def change(route):
        body = route.fetch().body()
        route.fulfill(body=body[:-1] + bytes([body[-1] ^ 1]))

    page.context.route("**/cells.tflite", change)
    refused = load(page)["error"]
    page.context.unroute("**/cells.tflite")

    assert (refused["name"], "cells.tflite" in refused["message"]) == ("DamagedPackage", True)
    assert load(page)["result"]["name"] == "screening"


def test_what_is_no_image_is_an_answer_with_a_reason_and_needs_no_new_worker(page):
    assert read(page, draw_field())["error"]["message"] == "No package is loaded."
    load(page)

    refused = read(page, b"this is no image")["result"]
    answer = read(page, draw_field(), 0.5)["result"]

    assert (refused["status"], refused["reason"]) == ("REJECTED", "unknown_format")
    assert answer["status"] == "CLASSIFIED" and answer["field"]["pixel_size_from"] == "metadata"
    assert answer["examination"] and answer["model"]["name"] == "screening"


def test_a_declared_size_that_no_microscope_has_is_left_out_with_a_caution(page):
    load(page)

    field = read(page, draw_field(), 40.0)["result"]["field"]

    assert field["cautions"][-1] == "declared_unusable"
    assert field["pixel_size_from"] != "metadata"
