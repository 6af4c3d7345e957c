"""Golden corpus in Chromium: files decoded, refused and read by the worker."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.golden_site import find_package, find_worker, serve_corpus
from tests.golden.corpus import STRICT
from tests.golden.effort import SHIPPED, WHOLE, prepare_corpus

pytestmark = pytest.mark.timeout(3600 if WHOLE else 300)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare_corpus(tmp_path_factory.mktemp("golden"))


@pytest.fixture(scope="module")
def page(browser: Browser, corpus: Path) -> Iterator[Page]:
    """A page with the comparison as `golden`."""
    with serve_corpus(corpus) as address:
        page = browser.new_page()
        page.goto(address)
        page.evaluate("async () => { globalThis.golden = await import('/tests/run_in_browser.mjs'); }")
        yield page
        page.close()


def beyond(differences: list[Any]) -> list[Any]:
    """Return those beyond their bound."""
    return [each for each in differences if not each["difference"] <= each["bound"]]


def test_files_are_decoded_to_the_pixels_of_the_service(page):
    for field in page.evaluate("golden.fields"):
        compared = page.evaluate("field => golden.compareFile(field)", field)
        assert not beyond([compared]), (field["name"], compared)


def test_files_are_refused_for_the_reasons_of_the_service(page):
    files = page.evaluate("golden.files")
    found = {each["name"]: page.evaluate("name => golden.findReason(name)", each["name"]) for each in files}

    assert found == {each["name"]: each["reason"] for each in files}


@pytest.mark.parametrize("package", (*SHIPPED, STRICT))
def test_every_step_in_the_shipped_worker_is_that_of_python_within_its_bound(page, package, corpus):
    base = f"/golden/{STRICT}/" if package == STRICT else find_package(package)
    page.evaluate("given => golden.load(...given)", [find_worker(), package, base])
    compared = []
    for field in page.evaluate("golden.fields"):
        if package in field["readings"]:
            differences = page.evaluate("([field, name]) => golden.compareRead(field, name)", [field, package])
            compared.append({"field": field["name"], "differences": differences})
    table = page.evaluate("compared => golden.table(compared)", compared)
    (corpus / f"differences-chromium-{package}.json").write_text(json.dumps({"table": table, "fields": compared}))
    if WHOLE:
        print(f"\n{table}")

    assert len(compared) >= (1 if package == STRICT else 12)
    assert not [(each["field"], beyond(each["differences"])) for each in compared if beyond(each["differences"])]
