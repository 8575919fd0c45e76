"""A program that changes plugins and is killed, or finds the disk full, at a step that the test names.

    python -m tests.helpers.plugin_changes HOME CACHE WHEELS kill|full|count STEP

Steps are what it does to files and processes below HOME, as Python's audit events tell them; 0 is none.
"""

from __future__ import annotations

import asyncio
import dataclasses
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from desktop_app.api import UserError
from desktop_app.places import Places
from desktop_app.services.plugins.installing.changing.transactions import begun
from desktop_app.services.plugins.installing.keeping.registry import Registry
from tests.helpers.plugin_managers import Desk, desks, quiet
from tests.helpers.plugin_wheels import write_plugin_wheel
from tests.helpers.wheels import write_wheel

ROOT = Path(__file__).resolve().parents[2]
WHOLE: tuple[dict[str, str], ...] = ({}, {"acme": "1.0"}, {"acme": "2.0", "bolt": "1.0"}, {"bolt": "1.0"})
"""The states that the changes below lead to; every other one is half of something."""
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "shutil.rmtree", "subprocess.Popen"}


def make_wheels(folder: Path) -> None:
    """Make the wheels that are installed: the second version of one, and a plugin that needs a library."""
    for version in ("1.0", "2.0"):
        write_plugin_wheel(folder, "acme", version)
    write_wheel(folder, "lib_of_bolt", "1.0")
    write_plugin_wheel(folder, "bolt", requires=["lib_of_bolt"])


async def change_all(desk: Desk, wheels: Path) -> None:
    """Install, update together with another, remove, and take that back."""
    await desk.install(wheels / "rankzero_acme-1.0-py3-none-any.whl")
    both = [
        await desk.plan(wheels / "rankzero_acme-2.0-py3-none-any.whl"),
        await desk.plan("bolt", wheels),
    ]
    plan = dataclasses.replace(both[0], items=(*both[0].items, *both[1].items))
    await desk.manager.apply(plan, quiet, agreed=True)
    await desk.manager.remove("acme", quiet)
    await desk.undo()


def start(places: Places, wheels: Path, what: str, step: int) -> subprocess.Popen[bytes]:
    """Start the program."""
    words = [places.home, places.cache, wheels, what, str(step)]
    return subprocess.Popen(
        [sys.executable, "-m", __name__, *map(str, words)], cwd=ROOT, stdout=subprocess.PIPE, stderr=2
    )


class Steps:
    """Counts the steps, and does at one of them what it is told."""

    def __init__(self, home: Path, what: str, at: int) -> None:
        self.count = 0
        self._home, self._what, self._at = os.fspath(home), what, at

    def heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Called by Python before it does something."""
        if not self._is_step(event, arguments):
            return
        self.count += 1
        if self.count == self._at and self._what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.count >= self._at > 0 and self._what == "full" and event in {"open", "os.mkdir"}:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _is_step(self, event: str, arguments: tuple[Any, ...]) -> bool:
        if event == "open":
            path, _mode, flags = arguments
            return bool(flags & _WRITES) and str(path).startswith(self._home)
        return event in _CHANGES and (event == "subprocess.Popen" or str(arguments[0]).startswith(self._home))


def main(home: str, cache: str, wheels: str, what: str, step: str) -> None:
    """Make the changes and print how many steps they took; a refusal is printed and is no crash."""
    steps = Steps(Path(home), what, int(step))
    with desks(Places(Path(home), Path(cache))) as opened:
        desk = opened()
        sys.addaudithook(steps.heard)
        try:
            asyncio.run(change_all(desk, Path(wheels)))
        except UserError as error:
            print(error.message)
        print(steps.count, flush=True)
        os._exit(0)


def check_whole(places: Places, among: Sequence[dict[str, str]] | None = WHOLE) -> dict[str, str]:
    """Open the home as the next start would, check that its state is one of these and works, and return it."""
    with desks(places) as opened:
        desk = opened()
        versions = desk.versions()
        assert among is None or versions in among, versions
        assert {key: version for key, (version, _) in desk.seen().items()} == versions
        assert desk.presets() == sorted(versions), "they can be imported"
        for each in versions:
            assert asyncio.run(desk.manager.verify(each)) == ()
        asyncio.run(_tidied(desk))
        return versions


async def _tidied(desk: Desk) -> None:
    """See that the next change finds all in order, and leaves nothing that no state needs."""
    registry = Registry(desk.root)
    async with begun(registry, desk.settings, quiet) as change:
        assert desk.folders() == change.state.generations()


if __name__ == "__main__":
    main(*sys.argv[1:])
