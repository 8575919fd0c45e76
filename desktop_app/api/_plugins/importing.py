"""Imports a plugin's hooks and takes them back, wholly.

A folder becomes a package below a private prefix, so that plugins can neither shadow nor see each other by
accident; its files import each other relatively. An installed plugin is imported by its own name.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any

import pluggy

from desktop_app.api._plugins.manifest import Manifest
from desktop_app.api._plugins.own_settings import HOOK, checked_form, filled_in, with_settings
from desktop_app.api.forms import FormSpec, Value
from desktop_app.api.hookspecs import PROJECT, Hooks

PREFIX = "_rankzero_plugins"


@dataclass(frozen=True, slots=True)
class ImportedPlugin:
    """A plugin's hooks, ready to be called; each plugin has a pluggy manager of its own."""

    manifest: Manifest
    package: str
    manager: pluggy.PluginManager
    hooks: frozenset[str]

    def call(self, hook: str, settings: Mapping[str, Value] | None = None, **arguments: Any) -> list[Any]:
        """Return the results that are not None; a hook that takes the first result yields at most one.

        `settings` are the plugin's own as they are stored; it is handed those that its form asks for, and defaults.
        """
        caller = getattr(self.manager.hook, hook)
        if hook != HOOK:
            wants = any("settings" in each.argnames for each in caller.get_hookimpls())
            arguments["settings"] = self.settings(settings or {}) if wants else {}
        result = caller(**arguments)
        if hook == HOOK:
            return [checked_form(result)] if result is not None else []
        if not isinstance(result, list) or _takes_first(self.manager, hook):
            return [] if result is None else [result]
        return [with_settings(each, self.settings) for each in result] if hook == "job_wizards" else result

    def settings_form(self) -> FormSpec:
        """Return what the plugin lets a person choose; an empty form where that is nothing. Raises GarbageError."""
        results: list[FormSpec] = self.call(HOOK) if HOOK in self.hooks else []
        return results[0] if results else FormSpec()

    def settings(self, stored: Mapping[str, Value]) -> dict[str, Value]:
        """Return the plugin's settings: for each field of its form what is stored and fits, else the default."""
        return filled_in(self.settings_form(), stored)


def import_plugin(manifest: Manifest, package: str | None = None) -> ImportedPlugin:
    """Import the hooks of a plugin: by path, or as a part of the installed `package`.

    Raises whatever the plugin raises, after everything that it had imported of itself is forgotten again.
    """
    name = package or package_name(manifest.id)
    try:
        if package is None:
            _make_package(name, manifest.folder)
        module = _import_hooks(name, manifest)
        manager = pluggy.PluginManager(PROJECT)
        manager.add_hookspecs(Hooks)
        manager.register(module, name=manifest.id)
        manager.check_pending()
    except BaseException:
        unload(name)
        raise
    return ImportedPlugin(manifest, name, manager, frozenset(_implemented(manager)))


def unload(package: str) -> None:
    """Forget every module of a plugin's package."""
    for name in [each for each in sys.modules if each == package or each.startswith(f"{package}.")]:
        del sys.modules[name]
    parent, _, child = package.rpartition(".")
    if parent in sys.modules:
        vars(sys.modules[parent]).pop(child, None)


def library_folder() -> Path:
    """Return the folder that holds pluggy, for a process that finds nothing else there."""
    return Path(pluggy.__file__).parents[1]


def package_name(plugin_id: str) -> str:
    """Return the private name under which a plugin's folder is imported."""
    return f"{PREFIX}.{plugin_id.replace('-', '_')}"


def _make_package(name: str, folder: Path) -> None:
    if PREFIX not in sys.modules:
        parent = ModuleType(PREFIX, "The packages that are made from plugins' folders.")
        parent.__path__ = []
        sys.modules[PREFIX] = parent
    unload(name)
    start = folder / "__init__.py"
    if start.is_file():
        spec = importlib.util.spec_from_file_location(name, start, submodule_search_locations=[str(folder)])
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    else:
        module = ModuleType(name)
        module.__path__ = [str(folder)]
        sys.modules[name] = module


def _import_hooks(package: str, manifest: Manifest) -> ModuleType:
    dotted = ".".join(PurePosixPath(manifest.hooks).with_suffix("").parts)
    importlib.invalidate_caches()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a plugin's own deprecations are its author's to see, in the test kit
        return importlib.import_module(f"{package}.{dotted}")


def _takes_first(manager: pluggy.PluginManager, hook: str) -> bool:
    caller = getattr(manager.hook, hook)
    return bool(caller.spec and caller.spec.opts.get("firstresult"))


def _implemented(manager: pluggy.PluginManager) -> list[str]:
    return [each for each in dir(Hooks) if not each.startswith("_") and getattr(manager.hook, each).get_hookimpls()]
