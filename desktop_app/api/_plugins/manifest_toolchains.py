"""`[[toolchains]]` of a `plugin.toml`, with what has to be built for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from desktop_app.api._plugins.manifest_values import ManifestError, number, only, shown, tables, text, texts
from desktop_app.api.toolchains import SourceEdit, ToolchainSpec, WheelBuild

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
KEYS = ("name", "title", "requires", "python", "imports", "size_mb", "alone", "builds", "minutes")
BUILD_KEYS = ("requirement", "build_requires", "environment", "programs", "edits")
EDIT_KEYS = ("file", "find", "replace")
_PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9._, -]+\])?==[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PROGRAM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_HERE, _BUILDS, _EDITS = "toolchains", "toolchains.builds", "toolchains.builds.edits"


def toolchains(items: Any, plugin: str) -> tuple[ToolchainSpec, ...]:
    """Return the toolchains that a plugin declares. Raises ManifestError."""
    return tuple(_toolchain(each, plugin) for each in tables(items, _HERE))


def _toolchain(item: Mapping[str, Any], plugin: str) -> ToolchainSpec:
    only(item, KEYS, _HERE)
    for key in ("name", "title"):
        if not isinstance(item.get(key), str) or not item[key]:
            raise ManifestError(f"plugin.toml: a [[toolchains]] lacks its {key}.")
        shown(item[key], f"toolchains.{key}")
    if not NAME.fullmatch(item["name"]):
        raise ManifestError(f"plugin.toml: “{item['name']}” is no name for a toolchain; use small letters and hyphens.")
    return ToolchainSpec(
        name=item["name"],
        title=item["title"],
        plugin=plugin,
        requires=_requirements(item, "requires", _HERE),
        python=text(item, "python", _HERE, ">=3.11"),
        imports=texts(item.get("imports", []), "toolchains.imports"),
        size_mb=number(item, "size_mb", _HERE),
        alone=_requirements(item, "alone", _HERE),
        builds=tuple(_build(each) for each in tables(item.get("builds", []), _BUILDS)),
        minutes=number(item, "minutes", _HERE),
    )


def _build(item: Mapping[str, Any]) -> WheelBuild:
    only(item, BUILD_KEYS, _BUILDS)
    requirement = text(item, "requirement", _BUILDS)
    if not _PINNED.fullmatch(requirement):
        raise ManifestError(f"plugin.toml: “{requirement}” in {_BUILDS} must be pinned: “horovod==0.28.1”.")
    programs = texts(item.get("programs", []), f"{_BUILDS}.programs")
    for each in programs:
        if not _PROGRAM.fullmatch(each):
            raise ManifestError(f"plugin.toml: “{each}” in {_BUILDS}.programs is no name of a program.")
    edits = tuple(_edit(each) for each in tables(item.get("edits", []), _EDITS))
    wanted = _requirements(item, "build_requires", _BUILDS)
    return WheelBuild(requirement, wanted, _environment(item.get("environment", {})), programs, edits)


def _edit(item: Mapping[str, Any]) -> SourceEdit:
    only(item, EDIT_KEYS, _EDITS)
    file = text(item, "file", _EDITS)
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts or not path.parts or re.search(r"[\\:\0]", file):
        raise ManifestError(f"plugin.toml: “{file}” in {_EDITS} must be a file inside the source package.")
    return SourceEdit(file, text(item, "find", _EDITS), text(item, "replace", _EDITS, ""))


def _environment(value: Any) -> Mapping[str, str]:
    name = f"{_BUILDS}.environment"
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise ManifestError(f'plugin.toml: {name} must be a table of texts: {{ MAKE = "1" }}.')
    for key in value:
        if not _VARIABLE.fullmatch(key):
            raise ManifestError(f"plugin.toml: “{key}” in {name} is no name of a variable.")
    return dict(value)


def _requirements(item: Mapping[str, Any], key: str, name: str) -> tuple[str, ...]:
    """Return requirements; none of them may be an option of pip's."""
    found = texts(item.get(key, []), f"{name}.{key}")
    for each in found:
        if not each.strip() or each.strip().startswith("-"):
            raise ManifestError(f"plugin.toml: “{each}” in {name}.{key} is no requirement.")
    return found
