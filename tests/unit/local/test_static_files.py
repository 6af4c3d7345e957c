"""Files of the page as the local gateway serves them."""

import gzip

import pytest

from blastlens.local.http.gateway import Gateway
from blastlens.local.http.http_events import Request
from blastlens.local.http.page_headers import PageHeaders
from blastlens.local.http.routes import Route
from blastlens.local.http.static_files import StaticFiles
from blastlens.local.stack.page_headers import read_headers

HEADERS = PageHeaders(
    {"content-security-policy": "default-src 'none'"},
    {"/screening/*": {"content-security-policy": "worker-src 'self'"}},
)
MODEL = f"screening/models/fusion/{'a1' * 32}/model.tflite"
WASM = "screening/litert/2.5.3/litert_wasm_internal.wasm"
SCRIPT = "assets/clinic-AB12CD34.js"


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "web"
    for name in ("index.html", "p/index.html", "screening/index.html", SCRIPT, "p/sw.js", MODEL, WASM):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name * 200)
    (tmp_path / "secret.txt").write_text("not part of the page")
    return StaticFiles(folder, HEADERS, lambda request: f'{{"host": "{request.header("host")}"}}'.encode())


def ask(files, path, method="GET", **headers):
    return files.answer(Request(method, path, "", [("host", "localhost:1"), *headers.items()], b"", "127.0.0.1"))


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("/", "index.html", "text/html; charset=utf-8"),
        ("/p/", "p/index.html", "text/html; charset=utf-8"),
        ("/p/sw.js", "p/sw.js", "text/javascript; charset=utf-8"),
        (f"/{SCRIPT}", SCRIPT, "text/javascript; charset=utf-8"),
    ],
)
def test_a_file_has_its_type_and_the_security_headers(files, path, name, kind):
    response = ask(files, path)
    assert (response.status, response.body) == (200, (name * 200).encode())
    headers = dict(response.headers)
    assert headers["content-type"] == kind
    assert headers["content-security-policy"] == "default-src 'none'"


def test_the_screening_page_and_what_it_loads_have_headers_of_their_own(files):
    for path in ("/screening/", f"/{MODEL}", f"/{WASM}"):
        assert dict(ask(files, path).headers)["content-security-policy"] == "worker-src 'self'", path
    assert dict(ask(files, "/screening").headers)["location"] == "/screening/"


def test_wasm_has_the_type_with_which_a_browser_compiles_it_while_it_loads(files):
    assert dict(ask(files, f"/{WASM}").headers)["content-type"] == "application/wasm"


def test_only_a_file_with_a_hash_or_version_in_its_path_is_kept_by_browsers(files):
    revalidated, kept = ("/", "/screening/", "/p/sw.js"), (f"/{SCRIPT}", f"/{MODEL}", f"/{WASM}")
    found = {path: dict(ask(files, path).headers)["cache-control"] for path in (*revalidated, *kept)}
    assert found == dict.fromkeys(revalidated, "no-cache") | dict.fromkeys(kept, "public, max-age=31536000, immutable")


def test_a_file_is_compressed_for_a_browser_that_takes_it(files):
    response = ask(files, "/", **{"accept-encoding": "gzip, br"})
    headers = dict(response.headers)
    assert (headers["content-encoding"], headers["vary"]) == ("gzip", "accept-encoding")
    assert gzip.decompress(response.body) == b"index.html" * 200


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/%2e%2e/secret.txt", "/p/../../secret.txt", "//etc/passwd", "/%00", "/assets", f"/{'x' * 300}"],
)
def test_nothing_outside_of_the_folder_is_served(files, path):
    assert ask(files, path) is None


def test_the_patients_page_without_a_slash_leads_to_the_one_with_it(files):
    response = ask(files, "/p")
    assert response.status == 301
    assert dict(response.headers)["location"] == "/p/"


def test_a_page_is_read_and_not_written(files):
    assert ask(files, "/", "POST") is None
    assert ask(files, "/", "HEAD").status == 200


def test_the_configuration_has_the_name_that_the_browser_uses(files):
    assert ask(files, "/config.json").body == b'{"host": "localhost:1"}'


def test_a_page_that_is_not_built_says_how_to_build_it(tmp_path):
    response = ask(StaticFiles(tmp_path / "nowhere", HEADERS, lambda request: b""), "/")
    assert response.status == 404
    assert b"make web" in response.body


def test_a_route_of_the_api_comes_before_a_file_of_its_name(files):
    gateway = Gateway({}, [Route("GET /p/sw.js", "missing")], sites=[files])
    request = Request("GET", "/p/sw.js", "", [], b"", "127.0.0.1")
    assert gateway.answer(request).status == 500


def test_the_headers_are_those_of_the_template_with_the_origins_of_this_machine():
    content = "connect-src 'self' https://x-1.auth.r.amazoncognito.com https://x-1.s3.r.amazonaws.com; img-src blob:"
    policy = {
        "ResponseHeadersPolicyConfig": {
            "SecurityHeadersConfig": {
                "ContentSecurityPolicy": {"ContentSecurityPolicy": content},
                "StrictTransportSecurity": {"AccessControlMaxAgeSec": 60},
                "FrameOptions": {"FrameOption": "DENY"},
                "ReferrerPolicy": {"ReferrerPolicy": "no-referrer"},
            },
            "CustomHeadersConfig": {"Items": [{"Header": "Cross-Origin-Opener-Policy", "Value": "same-origin"}]},
        }
    }
    distribution = {
        "DefaultCacheBehavior": {"ResponseHeadersPolicyId": {"Ref": "Default"}},
        "CacheBehaviors": [{"PathPattern": "/screening/*", "ResponseHeadersPolicyId": {"Ref": "Screening"}}],
    }
    other = {
        "ResponseHeadersPolicyConfig": policy["ResponseHeadersPolicyConfig"] | {"CustomHeadersConfig": {"Items": []}}
    }
    found = read_headers(distribution, {"Default": policy, "Screening": other}, "http://127.0.0.1:9")
    headers = found.find("/screening.html")
    assert headers["content-security-policy"] == "connect-src 'self' 'self' http://127.0.0.1:9; img-src blob:"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "cross-origin-opener-policy" not in found.find("/screening/")
