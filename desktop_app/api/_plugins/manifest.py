"""`plugin.toml`: what a plugin says of itself before anything of it is imported."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from desktop_app.api._plugins.manifest_toolchains import NAME, toolchains
from desktop_app.api._plugins.manifest_values import ManifestError, texts
from desktop_app.api.toolchains import ToolchainSpec

FILE = "plugin.toml"
KINDS = ("wizards", "environments", "exporters", "backends", "launches")
_LARGEST = 256_000
_TABLES = {"plugin", "contributes", "toolchains"}
_REQUIRED = ("id", "name", "version", "api")


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
    icon: str = ""
    hooks: str = "hooks.py"
    contributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    toolchains: tuple[ToolchainSpec, ...] = ()


def read_manifest(folder: Path) -> Manifest:
    """Return what `folder/plugin.toml` says. Raises ManifestError for a file that is missing or wrong."""
    data = _read(folder / FILE)
    unknown = sorted(data.keys() - _TABLES)
    if unknown:
        raise ManifestError(f"plugin.toml has an unknown table [{unknown[0]}].")
    plugin = _table(data, "plugin")
    facts = _facts(plugin)
    manifest = Manifest(
        folder=folder,
        **facts,
        contributes=_contributes(_table(data, "contributes")),
        toolchains=toolchains(data.get("toolchains", []), facts["id"]),
    )
    _check_hooks(manifest)
    return manifest


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST:
            raise ManifestError(f"plugin.toml is larger than {_LARGEST // 1000} kB.")
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise ManifestError("There is no plugin.toml in the plugin's folder.") from None
    except OSError as error:
        raise ManifestError(f"plugin.toml can't be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise ManifestError("plugin.toml is no UTF-8 text.") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ManifestError(f"plugin.toml is no valid TOML: {error}.") from error


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = data.get(name, {})
    if not isinstance(table, dict):
        raise ManifestError(f"plugin.toml: [{name}] must be a table.")
    return table


def _facts(plugin: Mapping[str, Any]) -> dict[str, str]:
    known = [*_REQUIRED, "summary", "author", "license", "icon", "hooks"]
    for key, value in plugin.items():
        if key not in known:
            raise ManifestError(f"plugin.toml has an unknown key plugin.{key}.")
        if not isinstance(value, str):
            raise ManifestError(f"plugin.toml: plugin.{key} must be a text in quotes.")
    for key in _REQUIRED:
        if not plugin.get(key, "").strip():
            raise ManifestError(f"plugin.toml lacks plugin.{key}.")
    if len(plugin["id"]) > 64 or not NAME.fullmatch(plugin["id"]):
        raise ManifestError(f"plugin.toml: “{plugin['id'][:64]}” is no id; use small letters, digits and hyphens.")
    return dict(plugin)


def _contributes(table: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    for key in table:
        if key not in KINDS:
            raise ManifestError(f"plugin.toml has an unknown key contributes.{key}.")
    return {kind: texts(table.get(kind, []), f"contributes.{kind}") for kind in KINDS}


def _check_hooks(manifest: Manifest) -> None:
    path = PurePosixPath(manifest.hooks)
    if path.is_absolute() or ".." in path.parts or path.suffix != ".py" or "\\" in manifest.hooks:
        raise ManifestError(f"plugin.toml: hooks “{manifest.hooks}” must be a .py file in the plugin's own folder.")
    if not all(part.isidentifier() for part in path.with_suffix("").parts):
        raise ManifestError(f"plugin.toml: hooks “{manifest.hooks}” is no name that Python can import.")
    if not (manifest.folder / path).is_file():
        raise ManifestError(f"The file {manifest.hooks} with the plugin's hooks is missing.")
