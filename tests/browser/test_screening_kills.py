"""Random kills of the screening page's tabs: no loss, no duplicate."""

import os
import random
import re
import time

import pytest

from tests.browser.store_page import bundle_store, kill_tab, open_store_page, serve_store, stored_images, token_of

KILLS = int(os.environ.get("BLASTLENS_TAB_KILLS", "8"))
"""How often a tab is killed; `BLASTLENS_TAB_KILLS=100` before a release."""

PATIENT = "patient-killed"
_LONGEST_LIFE_S = 1.2
_NUMBER = re.compile(rb"photograph (\d+);")


@pytest.mark.timeout(180 + 10 * KILLS)
def test_tabs_that_are_killed_at_random_lose_no_image_and_send_none_twice(desk, cloud, tmp_path):
    context = desk.context(None)
    serve_store(context, bundle_store(tmp_path))
    kept: list[int] = []
    context.expose_function("noteKept", lambda number: kept.append(number))
    token, chance = token_of(cloud), random.Random(20261130)
    for life in range(KILLS):
        page = open_store_page(context, desk.address)
        values = {"first": 1 + 1000 * life, "patient": PATIENT, "token": token}
        page.evaluate("values => void tests.live(values)", values)
        page.wait_for_timeout(1000 * _LONGEST_LIFE_S * chance.random())
        kill_tab(page)
        page.close()
    page = open_store_page(context, desk.address)
    end = time.monotonic() + 120
    while (done := page.evaluate("token => tests.sendAll(token)", token))["outcome"] != "sent":
        assert time.monotonic() < end, done
    assert done["unsent"] == 0 and set(done["states"]) <= {"sent"}

    images = stored_images(cloud, PATIENT)
    assert all(len(versions) == 1 for versions in images.values())
    numbers = sorted(int(number) for (one,) in images.values() for number in _NUMBER.findall(one["body"]))
    assert len(numbers) == len(images)
    assert len(numbers) == len(set(numbers)), "an image has arrived twice"
    assert set(kept) <= set(numbers), "an image that was kept is lost"
    assert len(numbers) >= KILLS
    _assert_numbers_of_fields_are_right(images)


def _assert_numbers_of_fields_are_right(images):
    """Check that the largest number that an examination's images declare is the number of its images."""
    examinations = {key.split("/")[3] for key in images}
    for examination in examinations:
        declared = [
            int(one["metadata"].get("examination-fields", 0))
            for key, (one,) in images.items()
            if key.split("/")[3] == examination
        ]
        assert max(declared) == len(declared)
