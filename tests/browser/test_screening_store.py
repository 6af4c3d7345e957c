"""Screening page's store in Chromium: full, erased, refused, outdated."""

from datetime import datetime, timedelta

import pytest

from tests.browser.store_page import bundle_store, open_store_page, serve_store, stored_images, token_of

_MIB = 1024**2
_TAKE = "values => tests.takeExamination(values)"
_FIELDS = """async () => {
  const examinations = await (await tests.openUnlocked()).examinations();
  return examinations.map(({ fields }) => fields.length);
}"""
_ADD = """() => {
  const takenAt = new Date().toISOString();
  return tests.failureOf(() => store.addField(examination, { blob: tests.photograph(1), takenAt }));
}"""
_UNSENT = "() => tests.openUnlocked().then((store) => store.unsent())"
_FAILURE = "() => tests.failureOf(() => tests.openStore())"


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    return bundle_store(tmp_path_factory.mktemp("store"))


@pytest.fixture
def open_page(desk, script):
    """Return a function that opens the store's page, in a new context unless one is given."""

    def open_it(context=None, **options):
        if context is None:
            context = desk.context(None, **options)
            serve_store(context, script)
        return open_store_page(context, desk.address)

    return open_it


def erase_data(page, address):
    """Erase the databases of the site, as Chromium does without room."""
    values = {"origin": address.rstrip("/"), "storageTypes": "indexeddb"}
    page.context.new_cdp_session(page).send("Storage.clearDataForOrigin", values)


def test_a_full_disk_is_said_and_the_images_before_stay(desk, open_page):
    page = open_page()
    # Before the first write: Chromium looks at the quota now and then only, and keeps it as long as the session.
    session = page.context.new_cdp_session(page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": desk.address.rstrip("/"), "quotaSize": 2 * _MIB})
    page.evaluate(_TAKE, {"patient": "p-full", "count": 2})
    large = {"patient": "p-large", "count": 1, "bytes": 6 * _MIB}
    failure = page.evaluate("values => tests.failureOf(() => tests.takeExamination(values))", large)
    assert failure == {"name": "StorageUnavailable", "reason": "full"}
    assert page.evaluate(_UNSENT) == 2
    page.evaluate(_TAKE, {"patient": "p-small", "count": 1})
    assert page.evaluate(_FIELDS) == [2, 0, 1]
    session.detach()


def test_images_that_the_browser_erased_are_counted_when_the_page_opens_again(desk, open_page):
    page = open_page()
    page.evaluate(_TAKE, {"patient": "p-erased", "count": 3})
    erase_data(page, desk.address)
    page.close()
    found = open_page(page.context).evaluate("() => tests.openStore().then(({ state, lost }) => ({ state, lost }))")
    assert found == {"state": "new", "lost": 3}


def test_an_image_is_not_written_where_the_data_was_erased_under_the_open_page(desk, open_page):
    page = open_page()
    page.evaluate(
        """async () => {
          globalThis.store = await tests.openUnlocked();
          globalThis.examination = await store.startExamination({ patient: "p-1" });
        }"""
    )
    erase_data(page, desk.address)
    failure = page.evaluate(_ADD)
    assert failure["name"] == "StorageUnavailable" and failure["reason"] in ("erased", "broken")
    assert page.evaluate(_UNSENT) == 0


@pytest.mark.parametrize(
    ("prevent", "reason"),
    [
        ("Object.defineProperty(window, 'indexedDB', { value: undefined })", "missing"),
        ("Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })", "missing"),
        ("IDBFactory.prototype.open = () => { throw new DOMException('', 'SecurityError'); }", "private"),
    ],
)
def test_a_browser_that_stores_nothing_says_why(desk, open_page, script, prevent, reason):
    context = desk.context(None)
    context.add_init_script(prevent)
    serve_store(context, script)
    assert open_page(context).evaluate(_FAILURE) == {"name": "StorageUnavailable", "reason": reason}


def test_a_page_that_is_older_than_the_data_erases_nothing_and_says_so(open_page):
    page = open_page()
    page.evaluate(_TAKE, {"patient": "p-old", "count": 1})
    newer = open_page(page.context)
    newer.evaluate(
        """() => new Promise((resolve, reject) => {
          const request = indexedDB.open("blastlens-screening", 2);
          request.onsuccess = () => resolve(request.result.close());
          request.onerror = request.onblocked = () => reject(new Error("blocked"));
        })"""
    )
    assert open_page(page.context).evaluate(_FAILURE) == {"name": "StorageUnavailable", "reason": "old"}


@pytest.mark.parametrize("days", [-365, 365])
def test_a_clock_that_is_off_by_a_year_loses_nothing_and_dates_nothing(cloud, open_page, days):
    page, patient = open_page(), f"patient-clock{days}"
    page.context.clock.set_system_time(datetime.now() + timedelta(days=days))
    page.evaluate(_TAKE, {"patient": patient, "count": 2})
    done = page.evaluate("token => tests.sendAll(token)", token_of(cloud))
    assert (done["outcome"], done["unsent"]) == ("sent", 0)
    images = stored_images(cloud, patient)
    assert len(images) == 2
    assert all("taken-at" not in one["metadata"] for versions in images.values() for one in versions)


def test_two_tabs_send_each_image_once(cloud, open_page):
    page, token = open_page(), token_of(cloud)
    page.evaluate(_TAKE, {"patient": "patient-tabs", "count": 4})
    other = open_page(page.context)
    page.evaluate("token => void (globalThis.sent = tests.sendAll(token))", token)
    other.evaluate("token => tests.sendAll(token)", token)
    page.evaluate("() => globalThis.sent")
    images = stored_images(cloud, "patient-tabs")
    assert len(images) == 4 and all(len(versions) == 1 for versions in images.values())
    assert page.evaluate(_UNSENT) == 0


def test_nothing_that_the_browser_keeps_says_whose_images_they_are(open_page):
    page = open_page()
    page.evaluate(_TAKE, {"patient": "somebody-known", "count": 1})
    kept = page.evaluate(
        """async () => {
          const database = await new Promise((resolve) => {
            indexedDB.open("blastlens-screening").onsuccess = ({ target }) => resolve(target.result);
          });
          const texts = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
          const decoder = new TextDecoder("latin1");
          const show = (name, value) => {
            if (value instanceof CryptoKey) return value.extractable ? "readable key" : "key";
            return value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? decoder.decode(value) : value;
          };
          for (const name of database.objectStoreNames) {
            const request = database.transaction(name).objectStore(name).getAll();
            const rows = await new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
            texts.push(JSON.stringify(rows, show));
          }
          return texts.join("\\n");
        }"""
    )
    assert "key" in kept and "readable key" not in kept
    for secret in ("somebody-known", "photograph 1;", "482915", "image/jpeg", "takenAt"):
        assert secret not in kept
