"""Tries the pip part of an environment on this machine: made with uv in the cache, then its imports, one by one.

What is made is kept by its content, so that a second try is quick; what fails leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import hashlib
import platform
import re
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from desktop_app.api import OutsideError, Progress, ToolchainSpec, UserError
from desktop_app.core.environments import Environment, Requirement
from desktop_app.core.redact import COVER
from desktop_app.core.secrets import PASSWORD_IN_ADDRESS
from desktop_app.services.environments import importing, pythons
from desktop_app.services.environments.importing import Import
from desktop_app.services.environments.pythons import Python
from desktop_app.services.toolchains import folders
from desktop_app.services.toolchains.turns import turn
from desktop_app.services.toolchains.uv import Uv

_NAME = "try"
_KEPT = 3
_LABELS = "A label such as +cu126 names a build of another index than the one that is asked here."
_LABEL = re.compile(r"(===?\s*[\w.!]+)\+[\w.]+")
_LOCAL = frozenset({"a local path", "an address", "an editable install"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be tried: modules in place of the packages' own, a Python, local paths and addresses as well."""

    environment: Environment
    imports: tuple[str, ...] = ()
    python: str = ""
    allow_local: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a try; `failure` says what kept the packages from being installed, in uv's words in `details`."""

    environment: Environment
    python: str
    asked: str = ""
    reused: bool = False
    installed: Mapping[str, str] = field(default_factory=dict)
    not_tried: tuple[Requirement, ...] = ()
    imports: tuple[Import, ...] = ()
    seconds: float = 0.0
    failure: str = ""
    details: str = ""
    without_labels: tuple[str, ...] = ()
    """Packages that were tried without the local label of their version, as `torch==2.10.0+cu126`."""

    @property
    def works(self) -> bool:
        """Whether all was installed and every import went well."""
        return not self.failure and all(not each.error for each in self.imports)

    @property
    def said(self) -> str:
        """In what it was tried: not in the image."""
        system = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}.get(sys.platform, sys.platform)
        other = (
            f" (the file asks for {self.asked})" if self.asked and not pythons.is_like(self.python, self.asked) else ""
        )
        left = f" Without its label: {', '.join(self.without_labels)}. {_LABELS}" if self.without_labels else ""
        return f"Tried on this machine's Python {self.python}{other}, {system}, CPU: not the image.{left}"


class Trials:
    """Makes environments below `root` to try them; what uv fetches is kept in `cache`, shared with toolchains."""

    def __init__(self, root: Path, cache: Path, patience: float = 120.0) -> None:
        self._root = root
        self._cache = cache
        self._patience = patience

    async def run(self, wish: Wish, progress: Progress) -> Trial:
        """Install what pip installs and import it. Cancelling ends everything and leaves nothing behind.

        Raises UserError for a Python that is not here or nothing to try, OutsideError where the world fails.
        """
        began = time.monotonic()
        lines, not_tried = _parted(wish)
        if not lines and not wish.imports:
            message = f"{wish.environment.title} has no packages that pip installs: there is nothing to try here."
            raise UserError(message, hint=_hint(wish))
        plain, labelled = _without_labels(lines)
        if wish.environment.origin != "curated":  # its own index may be among pip's settings
            plain, labelled = lines, ()
        python = await pythons.choose(Uv(self._cache), wish.python, wish.environment.python)
        asked = wish.python or wish.environment.python
        trial = Trial(wish.environment, python.version, asked, not_tried=not_tried, without_labels=labelled)
        try:
            trial = await self._tried(trial, wish, plain, python, progress)
        except OSError as error:
            message = f"The environment can't be made in {self._root}: {error.strerror or error}."
            raise OutsideError(message, hint="RANKZERO_CACHE names another place.") from error
        return replace(trial, seconds=round(time.monotonic() - began, 1))

    async def _tried(self, trial: Trial, wish: Wish, lines: Sequence[str], python: Python, progress: Progress) -> Trial:
        folder = self._folder(lines, python)
        async with turn(folder, progress) as lock:
            reused = folders.read_marker(folder) is not None and not wish.allow_local
            if not reused:
                try:
                    await self._make(folder, lines, python, Uv(self._cache, lock), progress)
                except OutsideError as error:
                    if error.hint:  # the disk, the network, uv itself; else the packages do not go together
                        raise
                    failure, details = _without_password(error.message), _without_password(error.details)
                    label = f" {_LABELS}" if _without_labels(lines)[1] else ""
                    return replace(trial, failure=f"{failure}{label}", details=details)
            inner = folders.python_in(folder)
            installed = await asyncio.to_thread(folders.packages_of, inner)
            wanted = _modules(wish, installed, folder)
            imports = await importing.import_each(inner, wanted, self._patience, progress)
        progress("Done", 1.0)
        return replace(trial, reused=reused, installed=installed, imports=imports)

    async def _make(self, folder: Path, lines: Sequence[str], python: Python, uv: Uv, progress: Progress) -> None:
        stage = folders.stage_of(folder)
        await asyncio.to_thread(shutil.rmtree, stage, ignore_errors=True)
        try:
            venv = ["venv", "--relocatable", "--no-project", "--no-python-downloads", "--python", python.path]
            await uv.run([*venv, str(stage)], f"Making an environment with Python {python.version}", progress)
            if lines:
                install = ["pip", "install", "--python", str(folders.python_in(stage)), *_arguments(lines)]
                await uv.run(install, "Installing the packages", progress)
            spec = ToolchainSpec(_NAME, _NAME, "rankzero", tuple(_without_password(each) for each in lines))
            await asyncio.to_thread(folders.write_marker, stage, spec, python.version)
            if folder.exists():
                await asyncio.to_thread(folders.delete, folder)
            stage.replace(folder)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
        await asyncio.to_thread(self._forget_old, folder)

    def _folder(self, lines: Sequence[str], python: Python) -> Path:
        facts = [python.version, python.path, sys.platform, platform.machine(), *sorted(lines)]
        return self._root / f"{_NAME}-{hashlib.sha256(chr(10).join(facts).encode()).hexdigest()[:12]}"

    def _forget_old(self, newest: Path) -> None:
        """Delete all but the last few tries: each may hold gigabytes."""
        there = [each for each in self._root.glob(f"{_NAME}-????????????") if each.is_dir() and each != newest]
        for each in sorted(there, key=lambda folder: -folder.stat().st_mtime)[_KEPT - 1 :]:
            folders.delete(each)
        folders.collect_trash(self._root)


def _without_labels(lines: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return lines without the local labels of their versions, and those that had one."""
    plain = [each if "://" in each else _LABEL.sub(r"\1", each) for each in lines]
    return plain, tuple(each for each, now in zip(lines, plain, strict=True) if each != now)


def _parted(wish: Wish) -> tuple[list[str], tuple[Requirement, ...]]:
    """Return what is installed, as pip takes it, and what is not tried."""
    lines, rest = [], []
    for each in wish.environment.packages:
        if each.tool == "conda" and each.name != "pip":
            rest.append(replace(each, hindrance=each.hindrance or "conda installs it"))
        elif each.hindrance and not (wish.allow_local and each.hindrance in _LOCAL):
            rest.append(each)
        elif each.tool == "pip":
            lines.append(each.written)
    if wish.environment.origin == "curated":
        lines = [f"{each.name}{each.spec}" for each in wish.environment.packages]
    return lines, tuple(rest)


def _without_password(text: str) -> str:
    """Return a text without the password of an address in it; words such as `secrets` in a package's name stay."""
    return PASSWORD_IN_ADDRESS.sub(rf"\1{COVER}", text)


def _arguments(lines: Sequence[str]) -> list[str]:
    """Return lines as words of a command; an editable install is two."""
    return [word for line in lines for word in (line.split(maxsplit=1) if line.startswith("-") else [line])]


def _hint(wish: Wish) -> str:
    if any(each.tool == "conda" for each in wish.environment.packages):
        return "What conda installs can't be tried without conda: only what stands under pip is."
    return "Give a conda file with a pip part, or a requirements.txt."


def _modules(wish: Wish, installed: Mapping[str, str], folder: Path) -> list[tuple[str, str]]:
    """Return the modules to import, each with its package."""
    if wish.imports:
        return [(each, "") for each in wish.imports]
    site = folders.site_packages(folders.python_in(folder))
    declared = dict.fromkeys(each.name for each in wish.environment.packages if each.name and each.tool == "pip")
    names = [each for each in declared if each in installed]
    return [(module, name) for name in names for module in (importing.modules_of(name, site) if site else ())]
