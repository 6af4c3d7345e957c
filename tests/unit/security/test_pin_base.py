"""Pinning of the base image, with a registry on loopback."""

import hashlib
import json
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from blastlens.local.stack.template import find_template, read_template
from security.pin_base import SAMCONFIG, CannotPin, Image, main, request_digest, write

MANIFEST = json.dumps({"schemaVersion": 2, "manifests": []}).encode()
DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"
EVERYBODYS = "for everybody"
IMAGE = Image("public.ecr.aws", "lambda/python", "3.13")


@dataclass
class Registry:
    """A registry that gives its token to everybody.

    Attributes:
        claims: the digest that it claims.
        asked: the paths it was asked for.
    """

    address: str = ""
    claims: str = DIGEST
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str, authorization: str) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(path)
        if path.startswith("/token/?"):
            return 200, {}, json.dumps({"token": EVERYBODYS}).encode()
        if authorization != f"Bearer {EVERYBODYS}":
            challenge = f'Bearer realm="{self.address}/token/",service="registry",scope="aws"'
            return 401, {"WWW-Authenticate": challenge}, b"{}"
        if path != "/v2/lambda/python/manifests/3.13":
            return 404, {}, b"{}"
        return 200, {"Docker-Content-Digest": self.claims}, MANIFEST


@pytest.fixture
def registry() -> Iterator[Registry]:
    made = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = made.answer(self.path, self.headers.get("Authorization", ""))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield made
        server.shutdown()


@pytest.fixture
def samconfig(tmp_path: Path) -> Path:
    """A copy of ours."""
    copy = tmp_path / "samconfig.toml"
    copy.write_text(SAMCONFIG.read_text())
    return copy


def overrides(samconfig: Path) -> dict[str, Any]:
    stages = tomllib.loads(samconfig.read_text())
    return {
        name: stage["build"]["parameters"].get("parameter_overrides")
        for name, stage in stages.items()
        if isinstance(stage, dict)
    }


def test_every_stage_builds_on_what_the_registry_has_under_the_tag(registry: Registry, samconfig: Path, capsys: Any):
    assert main(["--registry", registry.address, "--samconfig", str(samconfig)]) == 0
    pinned = [f"BaseImage=public.ecr.aws/lambda/python:3.13@{DIGEST}"]
    assert overrides(samconfig) == {"default": pinned, "prod": pinned}
    assert DIGEST in capsys.readouterr().out
    assert registry.asked[1] == "/token/?service=registry&scope=aws"


def test_pinning_again_replaces_and_touches_nothing_else(samconfig: Path):
    before = tomllib.loads(samconfig.read_text())
    write(samconfig, "registry/older:1@sha256:0")
    write(samconfig, "registry/newer:2@sha256:1")
    text = samconfig.read_text()
    assert ("older" in text, text.count("newer"), text.count("\n#")) == (False, 2, SAMCONFIG.read_text().count("\n#"))
    after = tomllib.loads(text)
    for stage in ("default", "prod"):
        del after[stage]["build"]["parameters"]["parameter_overrides"]
        before[stage]["build"]["parameters"].pop("parameter_overrides", None)
    assert after == before


def test_without_a_registry_a_message_is_printed_and_nothing_is_written(samconfig: Path, capsys: Any):
    assert main(["--registry", "http://127.0.0.1:1", "--samconfig", str(samconfig)]) == 1
    errors = capsys.readouterr().err
    assert "does not return the digest of 3.13" in errors and "samconfig.toml was not changed" in errors
    assert samconfig.read_text() == SAMCONFIG.read_text()


def test_a_digest_that_is_not_that_of_the_answer_is_not_believed(registry: Registry):
    registry.claims = "sha256:" + "0" * 64
    with pytest.raises(CannotPin, match="nothing is pinned"):
        request_digest(IMAGE, registry.address)


def test_a_tag_that_the_registry_does_not_know_is_not_pinned(registry: Registry):
    with pytest.raises(CannotPin, match="404"):
        request_digest(Image("public.ecr.aws", "lambda/python", "0.1"), registry.address)


@pytest.mark.parametrize("name", ["python", "public.ecr.aws/lambda/python", "public.ecr.aws/lambda/python@sha256:00"])
def test_a_name_that_is_not_an_image_with_a_tag_is_refused(name: str):
    with pytest.raises(CannotPin, match="REGISTRY/REPOSITORY:TAG"):
        Image.from_name(name)


def test_other_overrides_of_a_build_are_left_to_people(samconfig: Path):
    section = "[default.build.parameters]\n"
    samconfig.write_text(samconfig.read_text().replace(section, f'{section}parameter_overrides = ["Stage=dev"]\n'))
    with pytest.raises(CannotPin, match="by hand"):
        write(samconfig, "registry/newer:2@sha256:1")


def test_the_image_is_built_on_what_the_template_names():
    template = read_template(find_template())
    assert template["Resources"]["ClassifyFunction"]["Metadata"]["DockerBuildArgs"] == {"BASE": {"Ref": "BaseImage"}}
    dockerfile = (SAMCONFIG.parent / "src/blastlens/functions/Dockerfile").read_text()
    assert f"ARG BASE={template['Parameters']['BaseImage']['Default']}\n" in dockerfile
    assert dockerfile.count("\nFROM ") == dockerfile.count("\nFROM ${BASE}")
