"""Loads a plugin as the program does, and forgets it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.api import API_VERSION
from desktop_app.api._plugins import (
    GarbageError,
    ImportedPlugin,
    ManifestError,
    checked,
    import_plugin,
    read_manifest,
    unload,
)
from desktop_app.api.forms import FormSpec
from desktop_app.api.scripts import ScriptScan, ScriptSource
from desktop_app.api.wizards import JobWizard


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin that was imported as the program imports it."""

    imported: ImportedPlugin

    @property
    def id(self) -> str:
        """The plugin's id."""
        return self.imported.manifest.id

    @property
    def hooks(self) -> frozenset[str]:
        """The names of the hooks that the plugin implements."""
        return self.imported.hooks

    def call(self, hook: str, **arguments: Any) -> Any:
        """Return what one hook returns for these arguments, None for a hook that the plugin does not have.

        What the hook raises comes through; what it returns is checked against the contract.
        """
        results = self.imported.call(hook, **arguments)
        try:
            return checked(hook, results[0]) if results else None
        except GarbageError as error:
            raise AssertionError(f"{self.id}: {error}") from error

    def settings_form(self) -> FormSpec:
        """Return what a person may choose of the plugin; an empty form where that is nothing."""
        try:
            return self.imported.settings_form()
        except GarbageError as error:
            raise AssertionError(f"{self.id}: {error}") from error

    def scan(self, text: str, path: str = "train.py") -> ScriptScan | None:
        """Return what the plugin sees in a script's text."""
        found: ScriptScan | None = self.call("scan_script", source=ScriptSource(path, text))
        return found

    def wizards(self) -> tuple[JobWizard, ...]:
        """Return the plugin's wizards."""
        return tuple(self.call("job_wizards") or ())

    def wizard(self, name: str) -> JobWizard:
        """Return one wizard by its name."""
        found = {each.name: each for each in self.wizards()}
        assert name in found, f"{self.id} has no wizard “{name}”, only {sorted(found)}"
        return found[name]


@contextmanager
def load_plugin(folder: Path) -> Iterator[LoadedPlugin]:
    """Import a plugin's folder as the program does, and forget it wholly at the end. What it raises comes through."""
    try:
        manifest = read_manifest(folder)
    except ManifestError as error:
        raise AssertionError(f"{folder}: {error}") from error
    assert manifest.api == API_VERSION, f"{manifest.id} is made for API {manifest.api}; this is API {API_VERSION}"
    imported = import_plugin(manifest)
    try:
        yield LoadedPlugin(imported)
    finally:
        unload(imported.package)
