"""What a wheel says of itself: METADATA, WHEEL, RECORD and its entry points, each read without unpacking anything."""

from __future__ import annotations

import base64
import binascii
import configparser
import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.metadata import parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from desktop_app.api._plugins.manifest import GROUP
from desktop_app.services.plugins.installing.harmless import harmless
from desktop_app.services.plugins.installing.looking.wheel_archives import RefusedError, digest, read

_UNLISTED = ("RECORD", "RECORD.jws", "RECORD.p7s")
_HASHES = {"sha256", "sha384", "sha512"}
_LICENSES = "License :: "


@dataclass(frozen=True, slots=True)
class Metadata:
    """The core metadata of a distribution, as far as people and installers need them; texts are made harmless."""

    name: str
    version: Version
    summary: str = ""
    author: str = ""
    license: str = ""
    homepage: str = ""
    keywords: tuple[str, ...] = ()
    requires_python: str = ""
    requires: tuple[str, ...] = ()


def dist_info(names: Sequence[str]) -> str:
    """Return the name of the only folder *.dist-info."""
    tops = {each.partition("/")[0] for each in names if "/" in each}
    found = sorted(each for each in tops if each.endswith(".dist-info"))
    if not found:
        raise RefusedError(
            "it is no wheel: it has no folder .dist-info; build a wheel of your project, or give its folder"
        )
    if len(found) > 1:
        raise RefusedError(f"it has two folders that describe it, {found[0]} and {found[1]}")
    return found[0]


def read_metadata(archive: zipfile.ZipFile, info: str) -> Metadata:
    """Return what METADATA says."""
    content = _part(archive, info, "METADATA", 4_000_000)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        raise RefusedError("its METADATA is no UTF-8 text") from None
    raw, _ = parse_email(content)
    name = raw.get("name", "")
    if not name:
        raise RefusedError("its METADATA lacks the name of the package")
    try:
        version = Version(raw.get("version", ""))
    except InvalidVersion:
        raise RefusedError(
            f"its METADATA has “{harmless(raw.get('version', ''))}” for a version, which is none"
        ) from None
    return Metadata(
        name=harmless(name, 100),
        version=version,
        summary=harmless(raw.get("summary", "")),
        author=harmless(raw.get("author") or _without_address(raw.get("author_email", ""))),
        license=_license(raw.get("license_expression", ""), raw.get("license", ""), raw.get("classifiers", [])),
        homepage=_homepage(raw.get("home_page", ""), raw.get("project_urls", {})),
        keywords=tuple(
            harmless(part, 100) for each in raw.get("keywords", []) for part in each.replace(",", " ").split()
        ),
        requires_python=checked_python(raw.get("requires_python", "")),
        requires=checked_requires(raw.get("requires_dist", [])),
    )


def checked_requires(given: Sequence[str], *, addresses: bool = False) -> tuple[str, ...]:
    """Return dependencies, each of which can be read; ones from an address of their own only where that is allowed."""
    for each in given:
        try:
            requirement = Requirement(each)
        except (InvalidRequirement, RecursionError):
            raise RefusedError(f"it depends on “{harmless(each, 100)}”, which is no requirement") from None
        if requirement.url and not addresses:
            raise RefusedError(
                f"it wants {requirement.name} from an address of its own, {harmless(requirement.url, 200)}"
            )
    return tuple(harmless(each, 500) for each in given)


def checked_python(text: str) -> str:
    """Return which Pythons will do, as it was written."""
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        raise RefusedError(f"it asks for Python “{harmless(text, 100)}”, which is no range of versions") from None
    return text


def read_tags(archive: zipfile.ZipFile, info: str) -> None:
    """Check that WHEEL is there and of the first kind, as all are."""
    text = _part(archive, info, "WHEEL", 64_000).decode("utf-8", "replace")
    said = next((line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("Wheel-Version:")), "")
    if said.partition(".")[0] != "1":
        raise RefusedError(f"it is a wheel of version “{harmless(said, 20)}”; this program knows version 1")


def plugin_entry(archive: zipfile.ZipFile, info: str) -> tuple[str, str]:
    """Return the name and value of the only entry point of a plugin."""
    name = f"{info}/entry_points.txt"
    text = read(archive, name, 256_000).decode("utf-8", "replace") if name in archive.namelist() else ""
    parser = configparser.RawConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(text)
    except configparser.Error:
        raise RefusedError("its entry_points.txt can't be understood") from None
    entries: Mapping[str, str] = dict(parser[GROUP]) if parser.has_section(GROUP) else {}
    if not entries:
        raise RefusedError(f"it is no plugin of Rank Zero: it has no entry point in the group “{GROUP}”")
    if len(entries) > 1:
        raise RefusedError(f"it has {len(entries)} entry points in the group “{GROUP}”; a wheel holds one plugin")
    return next(iter(entries.items()))


def check_record(archive: zipfile.ZipFile, info: str) -> None:
    """Check that RECORD lists every file with its true hash, and no other file. Reads the whole archive."""
    there = {each.filename for each in archive.infolist() if not each.is_dir()}
    listed = _record(_part(archive, info, "RECORD", 16_000_000))
    free = {f"{info}/{each}" for each in _UNLISTED}
    missing, extra = sorted(listed.keys() - there - free), sorted(there - listed.keys() - free)
    if missing:
        raise RefusedError(f"“{missing[0]}” is listed in its RECORD and missing")
    if extra:
        raise RefusedError(f"“{extra[0]}” in it is not listed in its RECORD")
    for name in sorted(there - free):
        _check_hash(archive, name, *listed[name])


def _record(content: bytes) -> dict[str, tuple[str, str]]:
    try:
        rows = [each for each in csv.reader(io.StringIO(content.decode("utf-8"))) if each]
    except (UnicodeDecodeError, csv.Error):
        raise RefusedError("its RECORD can't be understood") from None
    if any(len(each) != 3 for each in rows):
        raise RefusedError("its RECORD can't be understood")
    found = {name: (sums, size) for name, sums, size in rows}
    if len(found) != len(rows):
        raise RefusedError("its RECORD lists a file twice")
    return found


def _check_hash(archive: zipfile.ZipFile, name: str, sums: str, size: str) -> None:
    algorithm, _, said = sums.partition("=")
    if not said:
        raise RefusedError(f"its RECORD has no hash of “{name}”; build it again")
    if algorithm not in _HASHES:
        raise RefusedError(
            f"its RECORD has a hash of “{name}” that proves nothing ({harmless(algorithm, 20)}); build it again"
        )
    try:
        wanted = base64.b64decode(said + "=" * (-len(said) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        wanted = b""
    if digest(archive, name, algorithm) != wanted or (size and size != str(archive.getinfo(name).file_size)):
        raise RefusedError(f"“{name}” in it is not what its RECORD says: it was changed after it was built")


def _part(archive: zipfile.ZipFile, info: str, part: str, most: int) -> bytes:
    name = f"{info}/{part}"
    if name not in archive.namelist():
        raise RefusedError(f"its {part} is missing; build it again")
    return read(archive, name, most)


def _license(expression: str, text: str, classifiers: Sequence[str]) -> str:
    """Return the short name of a licence: some put its whole text there."""
    first = expression or (text if len(text) <= 100 and "\n" not in text.strip() else "")
    named = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith(_LICENSES)]
    return harmless(first or ", ".join(named) or text, 100)


def _homepage(home: str, links: Mapping[str, str]) -> str:
    """Return the first address in the web, by the names that PEP 753 has for them."""
    by_name = {"".join(filter(str.isalnum, label)).lower(): link for label, link in links.items()}
    choice = (home, *(by_name.get(each, "") for each in ("homepage", "repository", "source", "sourcecode", "github")))
    return next((harmless(each) for each in choice if each.startswith(("https://", "http://"))), "")


def _without_address(author: str) -> str:
    """Return “Ada” of “Ada <ada@example.org>”; an address alone stays."""
    return ", ".join(each.partition("<")[0].strip(' "') or each.strip() for each in author.split(",")) if author else ""
