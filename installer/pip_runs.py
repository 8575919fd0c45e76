"""Runs pip. Where packages come from is pip's own configuration; no address is passed on."""

from __future__ import annotations

import os
import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from installer.say import SetupError

KEPT_LINES = 20
_OPTIONS = ("--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--prefer-binary")
_ANEW = ("--ignore-installed", "--no-deps")


@dataclass(frozen=True, slots=True)
class Pip:
    """The pip of one environment; `keep_open` is the descriptor of a lock that it inherits."""

    python: Path
    constraints: tuple[Path, ...]
    keep_open: int

    def install(self, packages: Sequence[str], step: Callable[[str], None], *, again: bool = False) -> None:
        """Install `packages`, calling `step` for each of them as pip gets to it.

        `again` writes them anew where they look installed already.
        """
        waiting = {_key(each.partition("==")[0]): each for each in packages}
        last: deque[str] = deque(maxlen=KEPT_LINES)
        with self._start([*(_ANEW if again else ()), *packages]) as pip:
            for line in pip.stdout or ():
                last.append(line.rstrip())
                name = _named(line)
                if name in waiting:
                    step(waiting.pop(name))
        if pip.returncode != 0:
            raise SetupError(f"pip could not install {', '.join(packages)}; is the network there?", list(last))
        for each in waiting.values():
            step(each)

    def _start(self, words: Sequence[str]) -> subprocess.Popen[str]:
        limits = [word for each in self.constraints for word in ("-c", str(each))]
        return subprocess.Popen(
            [str(self.python), "-m", "pip", "install", *_OPTIONS, *limits, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            pass_fds=(self.keep_open,) if os.name != "nt" else (),
            env={**os.environ, "PYTHONUTF8": "1"},
        )


def _named(line: str) -> str:
    """Return the package that a line of pip's output is about, if it says that pip gets to one."""
    for start in ("Collecting ", "Requirement already satisfied: "):
        if line.startswith(start):
            return _key(line.removeprefix(start).partition("==")[0])
    return ""


def _key(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(".", "_")
