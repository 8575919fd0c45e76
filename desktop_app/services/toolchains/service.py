"""The toolchains: which there are, making one, choosing one's own, and which Python a job gets."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from desktop_app.api import OutsideError, Progress, ToolchainSpec, UserError, Value
from desktop_app.core.nearest import nearest
from desktop_app.core.words import cost_text
from desktop_app.documents.local_paths import local_path
from desktop_app.places import Places
from desktop_app.services.files import locked
from desktop_app.services.settings import Settings
from desktop_app.services.toolchains import folders
from desktop_app.services.toolchains.choosing import best, choice_for, distribution_key, modules_of, plain_choice
from desktop_app.services.toolchains.making import Maker
from desktop_app.services.toolchains.models import InterpreterChoice, Toolchain
from desktop_app.services.toolchains.probe import BrokenError, find_modules, import_modules, run_once

CHOSEN = "toolchains.chosen"
ADDED = "toolchains.added"


class Toolchains:
    """The toolchains of all plugins and of the program. A plugin's first may be replaced by a Python of one's own.

    Jobs run in the plugins' (`specs`); in those of the program (`own`) its own children alone do.
    """

    def __init__(
        self,
        places: Places,
        settings: Settings,
        specs: Callable[[], Sequence[ToolchainSpec]],
        own: Callable[[], Sequence[ToolchainSpec]] = tuple,
    ) -> None:
        self._root = places.toolchains
        self._probes = places.cache / "probes"
        self._settings = settings
        self._specs = specs
        self._own = own
        self._fetched = places.cache / "uv"
        self._maker = Maker(self._root, self._fetched)

    def list(self) -> list[Toolchain]:
        """Return every toolchain that a plugin or the program wants, there or not; starts no process."""
        return [self._present(each) for each in (*self._specs(), *self._own())]

    def get(self, name: str) -> Toolchain:
        """Return one toolchain. Raises UserError for a name that nobody declares."""
        return self._present(self._spec(name))

    async def create(self, name: str, progress: Progress, base_python: Path | None = None) -> Toolchain:
        """Make a toolchain and return it; one that is there already is returned at once.

        What was interrupted goes on: packages that were fetched are kept. Raises OutsideError where it fails,
        and then leaves what was there before as it was. What was added to the toolchain before is added again.
        """
        spec = self._spec(name)
        found = await asyncio.to_thread(self._made, spec)
        if found.state != "ready" or base_python is not None:
            await self._maker.make(spec, progress, base_python)
            await self._add_again(spec, progress)
        return await asyncio.to_thread(self._made, spec)

    async def add(self, name: str, packages: Sequence[str], progress: Progress) -> Toolchain:
        """Install more packages into a toolchain, made or chosen, and return it."""
        toolchain = await asyncio.to_thread(self.get, name)
        if toolchain.state != "ready":
            raise UserError(f"The toolchain “{name}” is {toolchain.state}. {toolchain.reason}".strip())
        await self._maker.add(toolchain, packages, progress, self._lone())
        if toolchain.origin == "made":
            await asyncio.to_thread(self._remember, name, packages)
        return await asyncio.to_thread(self.get, name)

    def added(self, name: str) -> tuple[str, ...]:
        """Return the packages that were added to a toolchain made here; they are added again when it is made anew."""
        return tuple(self._remembered().get(name, ()))

    async def look(self, name: str) -> Toolchain:
        """Return the toolchain after running its Python and looking for what it must have; quick, imports nothing."""
        toolchain = await asyncio.to_thread(self.get, name)
        if toolchain.state != "ready":
            return toolchain
        try:
            findings = await find_modules(toolchain.python, modules_of(self._spec(name)), self._probes)
        except BrokenError as error:
            return _broken(toolchain, str(error))
        lacks = ", ".join(findings.missing)
        return _broken(toolchain, f"{toolchain.python} lacks {lacks}.") if lacks else toolchain

    async def check(self, name: str) -> Toolchain:
        """Return the toolchain after really importing in it what proves that it works; takes seconds."""
        toolchain = await asyncio.to_thread(self.get, name)
        if toolchain.state in ("missing", "incomplete"):
            return toolchain
        try:
            findings = await import_modules(toolchain.python, self._spec(name).imports)
        except BrokenError as error:
            return _broken(toolchain, str(error))
        if not findings.troubles:
            return replace(toolchain, state="ready", reason="")
        module, (short, _) = next(iter(findings.troubles.items()))
        return _broken(toolchain, f"`import {module}` fails: {short}")

    def use(self, plugin_id: str, python: Path | str | None) -> None:
        """Let the jobs of a plugin run in a Python of the person's own: an interpreter, or its environment's folder.

        None takes the choice back. Runs it once and waits for it. Raises UserError for what is no Python; whether it
        has what the plugin needs is said by `look` and `check`.
        """
        known = sorted({each.plugin for each in self._specs()})
        if plugin_id not in known:
            raise UserError(f"No plugin “{plugin_id}” uses a toolchain.", hint=nearest(plugin_id, known))
        chosen = self._chosen()
        chosen.pop(plugin_id, None)
        if python is not None:
            chosen[plugin_id] = str(_proven(_interpreter(Path(python))))
        self._settings.set(CHOSEN, dict(chosen) or None)

    def remove(self, name: str) -> None:
        """Delete what was made of a toolchain; with the last one goes what was fetched for all of them.

        A chosen Python is not touched: the choice is only taken back. What was added to a made one is forgotten.
        """
        spec = self._spec(name)
        if self._present(spec).origin == "chosen":
            self.use(spec.plugin, None)
            return
        try:
            for each in folders.all_of(self._root, name):
                _delete(each, name)
            folders.collect_trash(self._root)
            if not folders.is_any(self._root):
                shutil.rmtree(self._fetched, ignore_errors=True)
            self._keep_added({key: each for key, each in self._remembered().items() if key != name})
        except OSError as error:
            raise OutsideError(f"The toolchain “{name}” can't be removed: {error.strerror or error}.") from error

    async def interpreter_for(self, plugin_id: str | None, imports: Sequence[str]) -> InterpreterChoice:
        """Return the Python for a job and what it lacks of the job's imports; quick, imports nothing.

        A Python that the person chose for the plugin is the one; else that of all toolchains which fits the imports.
        """
        specs = self._specs()
        found = await asyncio.to_thread(lambda: [self._present(each) for each in specs])
        pairs = list(zip(specs, found, strict=True))
        own = [each for each in pairs if each[0].plugin == plugin_id]
        chosen = next((each for each in own if each[1].origin == "chosen"), None)
        if chosen is None and not own:
            return await plain_choice(pairs, imports, self._probes)
        return await choice_for(*(chosen or best(pairs, plugin_id, imports)), imports, self._probes)

    def _present(self, spec: ToolchainSpec) -> Toolchain:
        python = self._chosen().get(spec.plugin)
        is_first = next((each.name for each in self._specs() if each.plugin == spec.plugin), "") == spec.name
        if python is None or not is_first:
            return self._made(spec)
        chosen = Toolchain(spec.name, spec.title, Path(python), "chosen", "ready")
        if not os.access(chosen.python, os.X_OK):
            return _broken(chosen, f"There is no Python at {python} any more.")
        return replace(chosen, packages=folders.packages_of(chosen.python))

    def _made(self, spec: ToolchainSpec) -> Toolchain:
        for folder, marker in folders.finished(self._root, spec):
            python = folders.python_in(folder)
            packages = folders.packages_of(python)
            made = Toolchain(spec.name, spec.title, python, "made", "ready", packages=packages, size=marker.size)
            if os.access(python, os.X_OK):
                return made
            return _broken(
                made, f"The Python it was made with is gone; `rankzero toolchains create {spec.name}` mends it."
            )
        python = folders.python_in(self._maker.folder(spec))
        if folders.is_begun(self._root, spec):
            reason = f"Its making was begun; `rankzero toolchains create {spec.name}` finishes it."
            return Toolchain(spec.name, spec.title, python, "made", "incomplete", reason)
        cost = cost_text(spec.minutes, spec.size_mb)
        reason = f"It is not made yet; `rankzero toolchains create {spec.name}` makes it{f': {cost}' if cost else ''}."
        return Toolchain(spec.name, spec.title, python, "made", "missing", reason)

    async def _add_again(self, spec: ToolchainSpec, progress: Progress) -> None:
        packages, made = self.added(spec.name), await asyncio.to_thread(self._made, spec)
        if not packages:
            return
        try:
            await self._maker.add(made, packages, progress, self._lone())
        except OutsideError as error:
            again = f"`rankzero toolchains add {spec.name} {' '.join(packages)}` tries again"
            hint = f"{again}; `rankzero toolchains remove {spec.name}` forgets them."
            message = f"The toolchain “{spec.name}” is made, without what was added to it before: {error.message}"
            raise OutsideError(message, hint=hint, details=error.details) from error

    def _lone(self) -> dict[str, str]:
        """Return the requirements that a plugin wants without what they ask for themselves, by their distributions."""
        return {distribution_key(each): each for spec in self._specs() for each in spec.alone}

    def _remember(self, name: str, packages: Sequence[str]) -> None:
        """Keep what was added; a requirement takes the place of an earlier one for the same distribution."""
        kept = {distribution_key(each): each for each in (*self.added(name), *map(_absolute, packages))}
        self._keep_added({**self._remembered(), name: tuple(kept.values())})

    def _remembered(self) -> dict[str, tuple[str, ...]]:
        value = self._settings.get(ADDED, {})
        lists = value.items() if isinstance(value, dict) else ()
        return {
            key: tuple(each for each in kept if isinstance(each, str)) for key, kept in lists if isinstance(kept, list)
        }

    def _keep_added(self, added: Mapping[str, Sequence[str]]) -> None:
        values: dict[str, Value] = {key: [*each] for key, each in added.items() if each}
        if self._settings.get(ADDED, {}) != values:
            self._settings.set(ADDED, values or None)

    def _spec(self, name: str) -> ToolchainSpec:
        specs = {each.name: each for each in (*self._own(), *self._specs())}
        if name in specs:
            return specs[name]
        raise UserError(f"There is no toolchain “{name}”.", hint=nearest(name, sorted(specs)))

    def _chosen(self) -> dict[str, str]:
        value = self._settings.get(CHOSEN, {})
        return {key: each for key, each in value.items() if isinstance(each, str)} if isinstance(value, dict) else {}


def _delete(folder: Path, name: str) -> None:
    """Delete a toolchain's folder, finished or begun, unless somebody is making it or adding to it."""
    with locked(folders.lock_of(folders.finished_at(folder)), wait=False) as lock:
        if lock is None:
            message = f"Another process is working on the toolchain “{name}”."
            raise UserError(message, hint="Wait for it or stop it, then try again.")
        folders.delete(folder)


def _interpreter(given: Path) -> Path:
    """Return the absolute path of an interpreter without following links: a link's place makes the environment."""
    path = local_path(given)
    found = shutil.which(str(path)) if path.parent == Path() and not path.exists() else None
    path = Path(found) if found else Path(os.path.abspath(path))  # noqa: PTH100 - `resolve` would follow links
    if path.is_dir():
        path = folders.python_in(path)
    if not path.is_file():
        raise UserError(f"There is no Python at {path}.", hint="Give an interpreter, or the folder of an environment.")
    if not os.access(path, os.X_OK):
        raise UserError(f"{path} can't be run.")
    return path


def _proven(python: Path) -> Path:
    try:
        run_once(python)
    except BrokenError as error:
        raise UserError(str(error), hint="Give an interpreter, or the folder of an environment.") from error
    return python


def _absolute(requirement: str) -> str:
    """Return a requirement that means the same wherever it is said: a path of a wheel or folder is absolute."""
    path = Path(requirement)
    return str(path.absolute()) if requirement.startswith((".", "/", "~")) or path.suffix == ".whl" else requirement


def _broken(toolchain: Toolchain, reason: str) -> Toolchain:
    return replace(toolchain, state="broken", reason=reason)
