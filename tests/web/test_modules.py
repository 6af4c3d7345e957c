"""Tests of the page's modules, run by Node, and of what the service shares."""

import json
import re
import zlib
from pathlib import Path

import pytest

from blastlens.domain.errors import UploadRefused
from blastlens.domain.upload import MAX_BYTES
from blastlens.imaging.containers.parser import parse_container
from docs import make_page_words
from tests.web.nodejs import ROOT, run_node

WEB = ROOT / "src/blastlens/web"


def test_every_test_of_the_modules_passes() -> None:
    files = sorted(str(path.relative_to(ROOT)) for path in Path(__file__).parent.rglob("*.test.mjs"))
    assert files

    done = run_node("--test", "--test-reporter=spec", *files)

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    found = re.search(r"tests (\d+)", done.stdout)
    assert found and int(found[1]) > len(files)


def test_reasons_and_conclusions_are_the_words_of_the_service() -> None:
    assert make_page_words.render() == make_page_words.TARGET.read_text(encoding="utf-8"), (
        "run `python -m docs.make_page_words`"
    )


def _png(width: int, height: int, end: bytes = b"\0\0\0\0IEND\xaeB`\x82") -> bytes:
    header = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    return b"\x89PNG\r\n\x1a\n\0\0\0\r" + header + zlib.crc32(header).to_bytes(4, "big") + end


FILES = {
    "empty": b"",
    "text": b"this is no image",
    "gif": b"GIF89a" + bytes(200),
    "heic": b"\0\0\0\x18ftypheic" + bytes(200),
    "pdf": b"%PDF-1.7\n",
    "small png": _png(40, 900),
    "huge png": _png(9000, 9000),
    "cut png": _png(900, 900, end=b""),
    "large": b"\xff\xd8\xff" + bytes(MAX_BYTES),
}

_CHECK = """
import { readFile } from "node:fs/promises";
import { checkFile } from "./src/blastlens/web/clinic/upload/file_check.js";
const verdicts = {};
for (const path of process.argv.slice(1)) verdicts[path] = await checkFile(new Blob([await readFile(path)]));
console.log(JSON.stringify(verdicts));
"""


def test_files_that_the_page_refuses_are_refused_by_the_service_for_the_same_reason(tmp_path: Path) -> None:
    paths = {name: tmp_path / str(number) for number, name in enumerate(FILES)}
    for name, path in paths.items():
        path.write_bytes(FILES[name])

    done = run_node("--input-type=module", "--eval", _CHECK, *map(str, paths.values()))

    assert done.returncode == 0, done.stderr
    verdicts = json.loads(done.stdout)
    for name, path in paths.items():
        with pytest.raises(UploadRefused) as refusal:
            parse_container(FILES[name], keep=False)
        assert verdicts[str(path)] == {"reason": str(refusal.value.reason)}, name


def test_every_package_of_the_lock_file_has_a_hash_and_no_address_of_another_registry() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}

    assert {"node_modules/lit", "node_modules/esbuild", "node_modules/qrcode-generator"} <= set(packages)
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name
        assert package.get("resolved", "https://registry.npmjs.org/").startswith("https://registry.npmjs.org/"), name


def test_the_page_loads_nothing_of_others_and_has_no_inline_script_or_style() -> None:
    for page in WEB.glob("*/index.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text), page
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text), page
        assert "require-trusted-types-for 'script'" in text, page


def test_no_module_writes_markup_styles_or_code_from_text() -> None:
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|unsafeHTML|\beval\(|new Function|styleMap|\sstyle="
    )
    for path in WEB.rglob("*.js"):
        code = re.sub(r"/\*[\s\S]*?\*/|//[^\n]*", "", path.read_text(encoding="utf-8"))
        assert not re.search(forbidden, code), path


def test_only_preferences_are_kept_in_local_storage() -> None:
    users = {path.name for path in WEB.rglob("*.js") if "localStorage" in path.read_text(encoding="utf-8")}

    assert users == {"preferences.js"}
