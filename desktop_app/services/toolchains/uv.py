"""Runs uv, which makes environments and fills them; its output becomes progress, its failure an error to read."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from desktop_app.api import OutsideError, Progress
from desktop_app.services.toolchains.children import follow, started
from desktop_app.services.toolchains.pip_settings import uv_environment

_TICK = 0.25  # seconds between two looks at how much uv has written
_KEPT = 400  # lines of uv's output for the details of an error
_LINES = (
    (re.compile(r"^Resolved (\d+) packages?"), "Resolved {0} packages"),
    (re.compile(r"^\s*Downloading (\S+) \((.+)\)"), "Downloading {0} ({1})"),
    (re.compile(r"^\s*Building (\S+)"), "Building {0}"),
    (re.compile(r"^Prepared (\d+) packages?"), "Installing {0} packages"),
)
_NO_SPACE = re.compile(r"No space left on device|os error 28|not enough space", re.IGNORECASE)
_NETWORK = re.compile(r"error sending request|dns error|timed out|Could not connect|Failed to fetch", re.IGNORECASE)


def uv_binary() -> str:
    """Return the path of uv. Raises OutsideError where it is missing."""
    from uv import find_uv_bin

    try:
        return os.fspath(find_uv_bin())
    except FileNotFoundError as error:
        hint = "Install the program's own requirements anew: `python3 installer/bootstrap.py run`."
        raise OutsideError(
            "uv, which makes toolchains, is missing from the program's environment.", hint=hint
        ) from error


@dataclass(frozen=True, slots=True)
class Uv:
    """uv with the cache it keeps what it fetched in; it holds the file descriptor `lock` as well, see `started`.

    It asks what the person has set for uv and pip, unless an `environment` is given. `folder` is where it runs.
    """

    cache: Path
    lock: int | None = None
    environment: Mapping[str, str] | None = None
    folder: Path | None = None

    async def run(self, arguments: Sequence[str], what: str, progress: Progress, size: int = 0) -> list[str]:
        """Run uv to its end and return its last lines; `what` is being done, `size` the bytes it writes, roughly.

        Cancelling ends uv. Raises OutsideError with uv's own words where it fails.
        """
        asking = uv_environment() if self.environment is None else self.environment
        environment = {**asking, "UV_CACHE_DIR": str(self.cache), "UV_NO_PROGRESS": "1", "NO_COLOR": "1"}
        command = (uv_binary(), *_offline(arguments, environment))
        locks = () if self.lock is None else (self.lock,)
        async with started(command, environment, locks, self.folder) as process:
            told = _Told(progress, what, size, process.pid)
            ticking = asyncio.create_task(told.keep_telling(), name="uv progress")
            try:
                code = await follow(process, told.take)
            finally:
                ticking.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await ticking
        if code != 0:
            raise _error(what, code, told.lines)
        return told.lines


def _offline(arguments: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """Return the arguments with --no-index where pip is told so: uv (0.13) has no variable for it."""
    is_off = environment.get("UV_NO_INDEX", "").lower() in {"", "0", "false"}
    if is_off or list(arguments[:2]) != ["pip", "install"]:
        return list(arguments)
    return [*arguments[:2], "--no-index", *arguments[2:]]  # at the end it might stand behind a "--"


class _Told:
    """What is said of a running uv: its last interesting line, and the part by the bytes it has written."""

    def __init__(self, progress: Progress, what: str, size: int, pid: int) -> None:
        self.lines: list[str] = []
        self._progress = progress
        self._message = what
        self._size = size
        self._part: float | None = None
        self._process = _process(pid)
        progress(what, None)

    def take(self, line: str) -> None:
        self.lines = [*self.lines[-_KEPT:], line]
        for pattern, text in _LINES:
            match = pattern.match(line)
            if match:
                self._message = text.format(*match.groups())
                self._tell()

    async def keep_telling(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            part = self._measured()
            if part != self._part:
                self._part = part
                self._tell()

    def _tell(self) -> None:
        self._progress(self._message, self._part)

    def _measured(self) -> float | None:
        if self._process is None or not self._size:
            return None
        try:
            counters = self._process.io_counters()
        except (psutil.Error, AttributeError, OSError):  # macOS does not count
            return self._part
        written = getattr(counters, "write_chars", counters.write_bytes)
        return max(self._part or 0.0, min(0.95, round(written / self._size, 2)))


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.Error:
        return None


def _error(what: str, code: int, lines: Sequence[str]) -> OutsideError:
    details = "\n".join(lines)
    if _NO_SPACE.search(details):
        return OutsideError(f"{what} failed: the disk is full.", hint="Free some space and try again.", details=details)
    if _NETWORK.search(details):
        hint = "Check the network and pip's index settings, and try again: what is here already is kept."
        return OutsideError(f"{what} failed: packages could not be fetched.", hint=hint, details=details)
    return OutsideError(f"{what} failed: {_gist(lines) or f'uv ended with code {code}'}", details=details)


def _gist(lines: Sequence[str]) -> str:
    """Return the sentence that says most: the cause under uv's error, else the error itself."""
    for start in ("cause:", "╰─▶", "error:"):
        found = [each.strip() for each in lines if each.strip().startswith(start)]
        if found:
            return found[0].removeprefix(start).strip()
    return ""
