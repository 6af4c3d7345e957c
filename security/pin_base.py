"""Pinning of the classify function's base image to the digest of its tag.

`python -m security.pin_base` reads the tag from template.yaml (parameter BaseImage), requests its digest from the
registry, and writes both into samconfig.toml, which `sam build` reads. A tag can be moved to another image, a digest
cannot.
"""

import argparse
import hashlib
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from blastlens.local.stack.template import find_template, read_template

PARAMETER = "BaseImage"
SAMCONFIG = Path(__file__).resolve().parents[1] / "samconfig.toml"

# A tag may point to a list of images, one for each processor architecture, or to one image.
_ACCEPTED = (
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
)
_SECONDS = 20
_MOST_BYTES = 4 * 1024 * 1024

_IMAGE = re.compile(r"(?P<registry>[a-z0-9.-]+(?::\d+)?)/(?P<repository>[a-z0-9._/-]+):(?P<tag>[\w.-]+)")
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_SECTION = re.compile(r"^\[\w+\.build\.parameters\]\n(?:(?!\[).*\n)*?(?=\n*(?:\[|\Z))", re.MULTILINE)
_LINE = re.compile(r"^parameter_overrides = .*\n", re.MULTILINE)


class CannotPin(Exception):
    """The digest cannot be determined or written.

    The message is a sentence for people.
    """


@dataclass(frozen=True)
class Image:
    """An image by its tag."""

    registry: str
    repository: str
    tag: str

    @classmethod
    def from_name(cls, name: str) -> "Image":
        """Parse a name.

        Raises:
            CannotPin: it is not REGISTRY/REPOSITORY:TAG.
        """
        found = _IMAGE.fullmatch(name)
        if found is None:
            raise CannotPin(f"{name} is not an image with a tag: the form is REGISTRY/REPOSITORY:TAG.")
        return cls(**found.groupdict())

    def pinned(self, digest: str) -> str:
        """Return the name with a digest.

        The tag remains for people; container engines use the digest.
        """
        return f"{self.registry}/{self.repository}:{self.tag}@{digest}"


def request_digest(image: Image, address: str) -> str:
    """Request the manifest of a tag, and return its digest, computed here.

    Args:
        image: which image.
        address: the registry's address, such as `https://public.ecr.aws`.

    Raises:
        CannotPin: the registry does not answer, refuses, or sends another digest.
    """
    url = f"{address}/v2/{image.repository}/manifests/{image.tag}"
    try:
        try:
            manifest, claimed = _get(url, {"Accept": _ACCEPTED})
        except urllib.error.HTTPError as refused:
            token = _token(refused, address)
            manifest, claimed = _get(url, {"Accept": _ACCEPTED, "Authorization": f"Bearer {token}"})
    except (OSError, HTTPException) as fault:
        raise CannotPin(f"The registry {address} does not return the digest of {image.tag}: {fault}.") from None
    digest = f"sha256:{hashlib.sha256(manifest).hexdigest()}"
    if claimed not in ("", digest):
        raise CannotPin(
            f"The registry {address} claims the digest {claimed}, but its answer has {digest}: nothing is pinned."
        )
    return digest


def _token(refused: urllib.error.HTTPError, address: str) -> str:
    """Request the public token from the address in the refusal."""
    challenge = dict(_CHALLENGE.findall(refused.headers.get("WWW-Authenticate", "")))
    realm = challenge.pop("realm", "")
    # The address must have the registry's own scheme: over plain HTTP, anybody could send a token.
    if refused.code != 401 or not realm.startswith(f"{address.partition(':')[0]}://"):
        raise refused
    answer, _ = _get(f"{realm}?{urllib.parse.urlencode(challenge)}", {})
    try:
        return str(json.loads(answer)["token"])
    except (ValueError, KeyError, TypeError):
        raise CannotPin(f"The registry {address} returned no token.") from None


def _get(url: str, headers: dict[str, str]) -> tuple[bytes, str]:
    """Return a body and the digest that the answer claims for it.

    The digest is "" if the answer claims none.
    """
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_SECONDS) as answer:
        return answer.read(_MOST_BYTES), answer.headers.get("Docker-Content-Digest", "")


def write(samconfig: Path, name: str) -> None:
    """Write an image as base image of every stage into samconfig.toml.

    Nothing else changes.

    Raises:
        CannotPin: the file has no `build.parameters`, or overrides other parameters there.
    """
    text = samconfig.read_text("utf-8")
    sections = _SECTION.findall(text)
    if not sections:
        raise CannotPin(f"{samconfig.name} has no [*.build.parameters].")
    foreign = [line for section in sections for line in _LINE.findall(section) if f'["{PARAMETER}=' not in line]
    if foreign:
        raise CannotPin(f"{samconfig.name} overrides more than {PARAMETER}: add {PARAMETER}={name} there by hand.")
    line = f'parameter_overrides = ["{PARAMETER}={name}"]\n'
    samconfig.write_text(_SECTION.sub(lambda found: _LINE.sub("", found[0]) + line, text), "utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Pin, print the pinned name, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m security.pin_base", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--registry", help="address of a mirror to ask, instead of the image's own registry")
    parser.add_argument("--samconfig", type=Path, default=SAMCONFIG, help="the file to write")
    given = parser.parse_args(arguments)
    try:
        image = Image.from_name(read_template(find_template())["Parameters"][PARAMETER]["Default"])
        name = image.pinned(request_digest(image, given.registry or f"https://{image.registry}"))
        write(given.samconfig, name)
    except CannotPin as fault:
        print(f"{fault} {given.samconfig.name} was not changed.", file=sys.stderr)
        return 1
    print(f"`sam build` now uses the base image {name}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
