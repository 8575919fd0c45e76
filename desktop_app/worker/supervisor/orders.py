"""Orders for fault drills: files in requests/, taken one by one and answered by a file beside each."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.worker.supervisor.state import replace

_NAME = re.compile(r"drill-[0-9a-f-]{1,80}\.json", re.ASCII)
_LARGEST = 1 << 16
_TO_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
LONGEST_NOTICE = 24 * 3600.0


class Refused(Exception):  # noqa: N818 - said to a person as it is
    """The drill can't be done; the text says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for, as it came: whoever does it checks it."""

    path: Path
    facts: dict[str, Any]

    @property
    def kind(self) -> str:
        """Which drill."""
        return str(self.facts.get("kind", ""))

    def number(self, name: str) -> int | None:
        """Return the rank or the node that is meant, None where none is. Raises Refused."""
        found = self.facts.get(name)
        if found is not None and (not isinstance(found, int) or isinstance(found, bool)):
            raise Refused(f"The {name} of a drill is a number.")
        return found

    @property
    def notice(self) -> float:
        """The seconds between notice and end. Raises Refused."""
        found = self.facts.get("notice", 30.0)
        if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
            raise Refused("The notice of a drill is a number of seconds.")
        return min(max(0.0, float(found)), LONGEST_NOTICE)

    def answer(self, facts: dict[str, Any]) -> None:
        """Tell who asked; a disk that takes nothing leaves them without an answer."""
        with contextlib.suppress(OSError):
            replace(self.path.with_suffix(".answer"), facts)


def read(path: Path) -> dict[str, Any]:
    """Return what a file orders, nothing for what is no small file: the job may put anything there, a pipe as well."""
    try:
        state = path.lstat()
        if not stat.S_ISREG(state.st_mode) or state.st_size > _LARGEST:
            return {}
        with os.fdopen(os.open(path, _TO_READ), "rb") as stream:  # without waiting, should it be a pipe by now
            found = json.loads(stream.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def take(folder: Path) -> Iterator[Order]:
    """Yield the orders in a folder, the oldest first, each taken out of it: who asked can't take it back then."""
    try:
        names = sorted(each for each in os.listdir(folder) if _NAME.fullmatch(each))  # noqa: PTH208 - 20 times a second
    except OSError:
        return
    for name in names:
        path = folder / name
        facts = read(path)
        try:
            path.unlink()
        except OSError:
            continue  # taken back meanwhile
        yield Order(path, facts)
