"""How far an upload is: the SDK draws bars with tqdm, whose place here is taken by one that tells the program."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, Self

_COLOUR = re.compile(r"\x1b\[[0-9;]*m|\(<? ?[\d.]+ MBs?\)")
_UNITS = ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"))
_TELL = 0.1  # seconds between two words
_SETTLED, _LONG = 5.0, 60.0  # seconds after which the pace is known, and after which an upload is a long one


def _nowhere(_message: str, _part: float | None = None) -> None:
    pass


report: Callable[..., None] = _nowhere
"""Where the call that is under way tells its progress: the SDK hands nothing of ours through to its bars."""


class Bar:
    """What the SDK uses of a tqdm bar: `total` and `n` in bytes, files counted by the updates."""

    def __init__(self, total: float | None = None, desc: str | None = None, **_options: Any) -> None:
        self.total = total
        self.n = 0.0
        self._files = 0
        self._began = time.monotonic()
        self._what = " ".join(_COLOUR.sub("", desc or "Uploading").split())
        self._told = 0.0
        self._tell()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tell()

    def update(self, size: float = 1) -> None:
        """Count what was sent: a file of a folder, or a part of a single file."""
        self.n += size
        self._files += 1
        if time.monotonic() - self._told > _TELL:
            self._tell()

    def _tell(self) -> None:
        self._told = time.monotonic()
        report(self._words(), round(min(1.0, self.n / self.total), 3) if self.total else None)

    def _words(self) -> str:
        count = f" · {self._files:,} {'file' if self._files == 1 else 'files'}" if self._files else ""
        return f"{self._what}{count}{self._size()}{self._left()}"

    def _left(self) -> str:
        """Return how long it will still take, once that can be known and is worth saying."""
        took = time.monotonic() - self._began
        if not self.total or not 0 < self.n < self.total or took < _SETTLED:
            return ""
        minutes = took * (self.total - self.n) / self.n / 60
        if minutes < 1:
            return " · less than a minute left" if took > _LONG else ""
        return f" · about {minutes:.0f} {'minute' if round(minutes) == 1 else 'minutes'} left"

    def _size(self) -> str:
        if not self.total:
            return ""
        unit, name = next(((unit, name) for unit, name in _UNITS if self.total >= unit), (1, "bytes"))
        return f" · {self.n / unit:,.{unit > 1:d}f} of {self.total / unit:,.{unit > 1:d}f} {name}"


class FileBar(Bar):
    """The bar of a single file, which storage's client updates by its answers."""

    def __init__(self, msg: str | None = None) -> None:
        super().__init__(None, msg)

    def update_to(self, response: Any) -> None:
        """Take how much of the file was sent from an answer."""
        self.total = response.context["data_stream_total"]
        sent = response.context["upload_stream_current"]
        if sent:
            self.update(sent - self.n)

    def _words(self) -> str:
        return f"{self._what}{self._size()}"


def listen() -> None:
    """Put our bars in the place of the SDK's; where a release has moved them, progress is silent and all else works."""
    from azure.ai.ml._utils import _asset_utils

    for name, bar in (("tqdm", Bar), ("FileUploadProgressBar", FileBar)):
        if hasattr(_asset_utils, name):
            setattr(_asset_utils, name, bar)
