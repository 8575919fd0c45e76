"""Makes the folder of a generation: the plugin's wheel, unpacked, and what it needs, put beside it by uv.

The wheel was looked at before (`wheels.py`): it holds packages and nothing for other places, so that unpacking is all
there is to installing it. Nothing of the program is installed there.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from desktop_app.api import Progress
from desktop_app.services.plugins.installing.changing.uv_target import Target, install
from desktop_app.services.plugins.installing.finding.index import sources
from desktop_app.services.plugins.installing.keeping.hashes import LIB
from desktop_app.services.plugins.installing.looking.names import same_name
from desktop_app.services.plugins.installing.looking.wheel_archives import opened

HOST = frozenset({"rankzero", "pluggy"})
"""Distributions that a plugin gets from the program, and never from an index."""
_RUNS = 0o111
_ODD = re.compile(r"[^A-Za-z0-9.+!_-]")


@dataclass(frozen=True, slots=True)
class Needs:
    """What a distribution needs beside itself; with a wheelhouse, from there alone."""

    title: str
    distribution: str
    requires: tuple[str, ...]
    wheelhouse: Path | None = None


def new_generation(root: Path, plugin_id: str, version: str) -> Path:
    """Return a name for a generation that no other has, and that is one folder's."""
    return root / f"{plugin_id}@{_ODD.sub('_', version)[:64]}-{secrets.token_hex(4)}"


async def add_needs(generation: Path, needs: Needs, cache: Path, lock: int, progress: Progress) -> None:
    """Install what a plugin needs into a generation's `lib`. Raises UserError or OutsideError with one sentence."""
    if not needs.requires:
        return
    (generation / LIB).mkdir(parents=True)
    never = generation / "never.txt"
    own = (*sorted(HOST), needs.distribution)
    never.write_text("".join(f'{each} ; python_version < "3"\n' for each in own), "utf-8")
    target = Target(needs.title, generation, sources(needs.wheelhouse))
    arguments = ["--python", sys.executable, "--overrides", os.fspath(never), "--", *needs.requires]
    await install(target, arguments, cache, lock, progress)
    never.unlink()


def unpack(wheel: Path, library: Path) -> None:
    """Unpack a wheel that was looked at; its archive is checked again. Blocks. Raises OSError."""
    with opened(wheel) as archive:
        for each in archive.infolist():
            _unpack(archive, each, library)


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, library: Path) -> None:
    path = Path(archive.extract(info, library))
    mode = info.external_attr >> 16
    if mode & _RUNS and not info.is_dir():
        path.chmod(path.stat().st_mode | (mode & _RUNS))


def needs_of(requirements: Sequence[str]) -> tuple[str, ...]:
    """Return those requirements of a distribution that hold here and that the program does not bring along."""
    return tuple(each for each in requirements if _is_needed(each))


def _is_needed(requirement: str) -> bool:
    try:
        one = Requirement(requirement)
    except InvalidRequirement:
        return True  # uv says what is wrong with it
    here = one.marker is None or one.marker.evaluate({"extra": ""})
    return here and canonicalize_name(one.name) not in HOST


def requires_in(library: Path, own: str) -> tuple[str, ...]:
    """Return what was installed beside the distribution `own`, `NAME==VERSION` each. Blocks."""
    found = ((each.metadata["Name"], each.version) for each in metadata.distributions(path=[os.fspath(library)]))
    return tuple(sorted(f"{name}=={version}" for name, version in found if not same_name(name, own)))


def forget_bytecode(bytecode: Path, root: Path) -> None:
    """Delete what Python compiled of generations that are gone; what can't be deleted stays. Blocks."""
    compiled = bytecode / root.relative_to(root.anchor)  # as `sys.pycache_prefix` has it
    with contextlib.suppress(OSError):
        for each in compiled.iterdir():
            if not (root / each.name).exists():
                shutil.rmtree(each, ignore_errors=True)
