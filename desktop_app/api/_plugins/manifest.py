"""`plugin.toml`: what a plugin says of itself before anything of it is imported."""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from desktop_app.api import API_VERSION
from desktop_app.api._plugins.manifest_toolchains import NAME, toolchains
from desktop_app.api._plugins.manifest_values import ManifestError, only, shown, texts
from desktop_app.api.toolchains import ToolchainSpec

FILE = "plugin.toml"
GROUP = "rankzero.plugins"
"""The group of entry points by which an installed distribution says that it holds a plugin."""
KINDS = ("wizards", "environments", "exporters", "backends", "launches", "checks", "settings")
LARGEST = 256_000
_TABLES = {"plugin", "contributes", "toolchains"}
_REQUIRED = ("id", "name", "version", "api")
_OPTIONAL = ("summary", "author", "license", "homepage", "icon", "hooks")
_VERSION = re.compile(
    r"v?(?:\d+!)?\d+(?:\.\d+)*"
    r"(?:[-_.]?(?:alpha|a|beta|b|preview|pre|c|rc)[-_.]?\d*)?"
    r"(?:-\d+|[-_.]?(?:post|rev|r)[-_.]?\d*)?(?:[-_.]?dev[-_.]?\d*)?"
    r"(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?",
    re.ASCII | re.IGNORECASE,
)  # of PEP 440, so that versions can be compared
_WEB = re.compile(r"https?://[^\s/?#@]+([/?#]\S*)?")


@dataclass(frozen=True, slots=True)
class Manifest:
    """The checked content of a `plugin.toml`; `hooks` is the file of hooks, relative to `folder`."""

    folder: Path
    id: str
    name: str
    version: str
    api: str
    summary: str = ""
    author: str = ""
    license: str = ""
    homepage: str = ""
    icon: str = ""
    hooks: str = "hooks.py"
    contributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    toolchains: tuple[ToolchainSpec, ...] = ()


def read_manifest(folder: Path) -> Manifest:
    """Return what `folder/plugin.toml` says. Raises ManifestError for a file that is missing or wrong."""
    return parse_manifest(_read(folder / FILE), folder, lambda name: (folder / name).is_file())


def parse_manifest(content: bytes, folder: Path, has_file: Callable[[str], bool]) -> Manifest:
    """Return what the bytes of a `plugin.toml` say; `has_file` tells which files lie beside it.

    So a manifest in a wheel is read as one in a folder is. Raises ManifestError.
    """
    data = _parse(content)
    unknown = sorted(data.keys() - _TABLES)
    if unknown:
        raise ManifestError(f"plugin.toml has an unknown table [{unknown[0][:64]}].")
    facts = _facts(_table(data, "plugin"))
    manifest = Manifest(
        folder=folder,
        **facts,
        contributes=_contributes(_table(data, "contributes")),
        toolchains=toolchains(data.get("toolchains", []), facts["id"]),
    )
    _check_hooks(manifest, has_file)
    return manifest


def _read(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for without end
            raise ManifestError("plugin.toml is no ordinary file.")
        with path.open("rb") as stream:
            return stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise ManifestError("There is no plugin.toml in the plugin's folder.") from None
    except OSError as error:
        raise ManifestError(f"plugin.toml can't be read: {error.strerror or error}.") from error


def _parse(content: bytes) -> dict[str, Any]:
    if len(content) > LARGEST:
        raise ManifestError(f"plugin.toml is larger than {LARGEST // 1000} kB.")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ManifestError("plugin.toml is no UTF-8 text.") from error
    except (ValueError, RecursionError) as error:  # ValueError: also numbers that Python won't read
        raise ManifestError(f"plugin.toml is no valid TOML: {error}.") from error


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = data.get(name, {})
    if not isinstance(table, dict):
        raise ManifestError(f"plugin.toml: [{name}] must be a table.")
    return table


def _facts(plugin: Mapping[str, Any]) -> dict[str, str]:
    only(plugin, (*_REQUIRED, *_OPTIONAL), "plugin")
    for key in _REQUIRED:
        if key not in plugin:
            raise ManifestError(f"plugin.toml lacks plugin.{key}.")
    facts = {key: shown(value, f"plugin.{key}") for key, value in plugin.items()}
    for key in _REQUIRED:
        if not facts[key].strip():
            raise ManifestError(f"plugin.toml: plugin.{key} is empty.")
    if len(facts["id"]) > 64 or not NAME.fullmatch(facts["id"]):
        raise ManifestError(f"plugin.toml: “{facts['id'][:64]}” is no id; use small letters, digits and hyphens.")
    if len(facts["version"]) > 64 or not _VERSION.fullmatch(facts["version"]):
        raise ManifestError(f"plugin.toml: “{facts['version'][:64]}” is no version; write it as 1.0, 2.1b1 or 2026.11.")
    if facts.get("homepage") and not _WEB.fullmatch(facts["homepage"]):
        raise ManifestError("plugin.toml: plugin.homepage must begin with https:// or http://.")
    return facts


def _contributes(table: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    only(table, KINDS, "contributes")
    found = {kind: texts(table.get(kind, []), f"contributes.{kind}") for kind in KINDS}
    for kind, names in found.items():
        for each in names:
            shown(each, f"contributes.{kind}")
    return found


def _check_hooks(manifest: Manifest, has_file: Callable[[str], bool]) -> None:
    path = PurePosixPath(manifest.hooks)
    if path.is_absolute() or ".." in path.parts or path.suffix != ".py" or "\\" in manifest.hooks:
        raise ManifestError(f"plugin.toml: hooks “{manifest.hooks}” must be a .py file in the plugin's own folder.")
    if not all(part.isidentifier() for part in path.with_suffix("").parts):
        raise ManifestError(f"plugin.toml: hooks “{manifest.hooks}” is no name that Python can import.")
    if not has_file(str(path)):
        raise ManifestError(f"The file {manifest.hooks} with the plugin's hooks is missing.")


def api_complaint(api: str) -> str:
    """Return in a sentence why a plugin made for this version of the plugin API can't be used here, or nothing."""
    if api == API_VERSION:
        return ""
    told = f"made for plugin API {api[:20]}; this program has {API_VERSION}"
    if not (api.isascii() and api.isdecimal()):
        return f"It is {told}: ask its author to name a version that there is."
    if int(api[:20]) > int(API_VERSION):
        return f"It is {told}: a newer Rank Zero is needed."
    return f"It is {told}: ask its author for a newer version."
