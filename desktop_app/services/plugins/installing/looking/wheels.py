"""What is in a wheel, and whether it may be installed as a plugin: looked at, never unpacked or imported."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, sys_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from desktop_app.api import OutsideError, UserError
from desktop_app.api._plugins import Manifest, ManifestError, parse_manifest
from desktop_app.api._plugins.manifest import FILE, LARGEST, api_complaint
from desktop_app.services.plugins.installing.harmless import harmless
from desktop_app.services.plugins.installing.looking import wheel_contents
from desktop_app.services.plugins.installing.looking.names import same_name
from desktop_app.services.plugins.installing.looking.wheel_archives import RefusedError, opened, read

# What a plugin may not bring: the program's own packages, which would stand in front of those.
OWN = frozenset({"desktop_app", "pluggy", "rankzero"})


@dataclass(frozen=True, slots=True)
class WheelFacts:
    """A wheel that was looked at. `package` is the one that holds `plugin.toml`; `manifest.folder` is its name alone.

    Sizes are in bytes. `why_not` says in a sentence why it doesn't fit this program or machine, or is empty.
    """

    path: Path
    distribution: str
    version: str
    package: str
    manifest: Manifest
    sha256: str
    size: int
    unpacked: int
    summary: str = ""
    author: str = ""
    license: str = ""
    homepage: str = ""
    keywords: tuple[str, ...] = ()
    requires_python: str = ""
    requires: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    why_not: str = ""


def inspect_wheel(path: Path, *, must_fit: bool = True) -> WheelFacts:
    """Return what is in a wheel. Reads all of it: call it in a thread.

    Raises UserError for one that can't be installed as a plugin, also, unless `must_fit` is off, for one that is made
    for another plugin API, Python or system; OutsideError where the file can't be read.
    """
    name = harmless(path.name, 120)
    try:
        facts = _facts(path)
    except FileNotFoundError:
        raise UserError(f"There is no file {harmless(str(path), 400)}.") from None
    except RefusedError as error:
        raise UserError(f"“{name}” can't be installed: {error}.") from error
    except ManifestError as error:
        raise UserError(f"“{name}” can't be installed: {error}") from error
    except OSError as error:
        raise OutsideError(f"“{name}” can't be read: {error.strerror or error}.") from error
    if facts.why_not and must_fit:
        raise UserError(f"“{name}” can't be installed: {facts.why_not}")
    return facts


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def why_unfit(api: str, requires_python: str, tags: frozenset[Tag] | None = None) -> str:
    """Return in a sentence why something made for this API, Python and system can't be used here, or nothing."""
    complaint = api_complaint(api)
    if complaint:
        return complaint
    python = ".".join(str(each) for each in sys.version_info[:3])
    if requires_python and not SpecifierSet(requires_python).contains(python, prereleases=True):
        return f"It needs Python {harmless(requires_python, 100)}; this program runs on Python {python}."
    if tags is not None and not tags & _tags_here():
        made_for = ", ".join(sorted(str(each) for each in tags)[:3])
        return f"It is built for another system or Python ({harmless(made_for, 200)})."
    return ""


def _facts(path: Path) -> WheelFacts:
    if path.is_dir():
        raise RefusedError("it is a folder, no wheel")
    called, version, tags = _named(path)
    with opened(path) as archive:
        names = archive.namelist()
        info = wheel_contents.dist_info(names)
        metadata = wheel_contents.read_metadata(archive, info)
        if not same_name(metadata.name, called) or metadata.version != version:
            raise RefusedError(f"its name says {called} {version}, and it holds {metadata.name} {metadata.version}")
        _check_info(info, called, version)
        wheel_contents.read_tags(archive, info)
        package = _package(names, info)
        manifest = _manifest(archive, package)
        _check_entry(*wheel_contents.plugin_entry(archive, info), package, manifest)
        _check_version(manifest, version)
        wheel_contents.check_record(archive, info)
        unpacked = sum(each.file_size for each in archive.infolist())
    return WheelFacts(
        path=path,
        distribution=metadata.name,
        version=str(metadata.version),
        package=package,
        manifest=manifest,
        sha256=sha256_of(path),
        size=path.stat().st_size,
        unpacked=unpacked,
        summary=metadata.summary or manifest.summary,
        author=metadata.author or manifest.author,
        license=metadata.license or manifest.license,
        homepage=metadata.homepage or manifest.homepage,
        keywords=metadata.keywords,
        requires_python=metadata.requires_python,
        requires=metadata.requires,
        tags=tuple(sorted(str(each) for each in tags)),
        why_not=why_unfit(manifest.api, metadata.requires_python, tags),
    )


def _named(path: Path) -> tuple[str, Version, frozenset[Tag]]:
    """Return the name, the version and the tags in a wheel's file name."""
    if path.suffix != ".whl":
        raise RefusedError("it is no wheel: the name of a wheel ends in .whl")
    path.stat()  # a file that is not there is said before its name is found wrong
    try:
        name, version, _, tags = parse_wheel_filename(path.name)
    except (InvalidWheelFilename, ValueError):
        raise RefusedError(
            "a wheel is called NAME-VERSION-PYTHON-ABI-SYSTEM.whl; give it back the name it had"
        ) from None
    return name, version, tags


def _check_info(info: str, name: str, version: Version) -> None:
    called, _, told = info.removesuffix(".dist-info").rpartition("-")
    try:
        right = same_name(called, name) and Version(told) == version
    except InvalidVersion:
        right = False
    if not right:
        raise RefusedError(f"its folder {harmless(info, 100)} is not that of {name} {version}")


def _package(names: list[str], info: str) -> str:
    """Return the only top-level package with a `plugin.toml`."""
    tops = {each.partition("/")[0] for each in names} - {info}
    data = next((each for each in sorted(tops) if each.endswith(".data")), None)
    if data is not None:
        raise RefusedError(f"its folder {data} is for other places of an environment, which a plugin can't have")
    taken = next((each for each in sorted(tops) if each.removesuffix(".py") in OWN | sys.stdlib_module_names), None)
    if taken is not None:
        raise RefusedError(f"it brings “{taken}”, which would stand in front of a package that Rank Zero needs")
    found = sorted(each.split("/")[0] for each in names if each.endswith(f"/{FILE}") and each.count("/") == 1)
    if len(found) > 1:
        raise RefusedError(f"it has two manifests, {found[0]}/{FILE} and {found[1]}/{FILE}; a wheel holds one plugin")
    if not found or found[0] == info:
        beside = f", not beside it; move {FILE} into the package" if FILE in names else ""
        raise RefusedError(f"it is no plugin of Rank Zero: no package in it holds a {FILE}{beside}")
    if not found[0].isidentifier():
        raise RefusedError(f"its folder “{found[0]}” with {FILE} is no package that Python can import")
    return found[0]


def _manifest(archive: zipfile.ZipFile, package: str) -> Manifest:
    names = set(archive.namelist())
    return parse_manifest(
        read(archive, f"{package}/{FILE}", LARGEST), Path(package), lambda name: f"{package}/{name}" in names
    )


def _check_entry(name: str, value: str, package: str, manifest: Manifest) -> None:
    if value != package:
        raise RefusedError(
            f"its entry point names “{harmless(value, 100)}”; it must name the package with plugin.toml, “{package}”"
        )
    if name != manifest.id:
        raise RefusedError(
            f"its entry point is called “{harmless(name, 100)}” and its plugin.toml “{manifest.id}”; they must agree"
        )


def _check_version(manifest: Manifest, version: Version) -> None:
    try:
        same = Version(manifest.version) == version
    except InvalidVersion:
        same = False
    if not same:
        raise RefusedError(
            f"its plugin.toml says version {harmless(manifest.version, 60)} and the wheel {version}; they must agree"
        )


@cache
def _tags_here() -> frozenset[Tag]:
    return frozenset(sys_tags())
