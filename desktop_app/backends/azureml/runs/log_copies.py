"""The copy of one log here: how far it was fetched, what was begun anew, and when its text came."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from desktop_app.worker.supervisor.arrivals import Arrivals

RESTARTED = b"\n--- This log began anew in the cloud; what follows is its new text. ---\n"
_CHUNK = 1 << 20


@dataclass(slots=True)
class LogCopy:
    """A log by its name in the cloud, the link to it, and its `path` here; `due` is when it is looked at next,
    `gap` after how many seconds.

    One that `was_there` when it was first looked for had text before: when that was written is not known.
    A log that began anew is fetched into `again`, and shown in `path` after its first `shown` bytes.
    """

    name: str
    path: Path
    url: str
    due: float = float("-inf")
    gap: float = 0.0
    again: Path | None = None
    shown: int = 0
    arrivals: Arrivals | None = None
    was_there: bool = False

    @property
    def target(self) -> Path:
        """The file that is fetched into: as long as what was fetched of the log."""
        return self.again or self.path

    def open(self) -> LogCopy:
        """Find out how far the log was read before, perhaps by another process."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch()
        self.was_there = self.was_there and not self.path.stat().st_size  # marks never go back in time
        again = sorted(_restarts(self.path).glob("*.part"), key=lambda each: int(each.stem))
        self.again, self.shown = (again[-1], int(again[-1].stem)) if again else (None, 0)
        return self

    def size(self) -> int:
        """Return how many bytes of the log were fetched; a copy that was removed is begun anew."""
        try:
            return self.target.stat().st_size
        except OSError:
            self.open()
            return self.target.stat().st_size

    def begin_anew(self) -> None:
        """Say in the text that the log began anew; what comes is fetched beside and shown after that."""
        with self.path.open("ab") as file:
            file.write(RESTARTED)
            size = file.tell()
        self.again, self.shown = _restarts(self.path) / f"{size}.part", size
        self.again.parent.mkdir(parents=True, exist_ok=True)
        self.again.write_bytes(b"")

    def show(self) -> None:
        """Add to the log here what was fetched beside it and is not in it yet."""
        if self.again is None:
            return
        with self.again.open("rb") as source, self.path.open("ab") as file:
            source.seek(max(0, file.tell() - self.shown))
            while chunk := source.read(_CHUNK):
                file.write(chunk)

    def mark(self, marks_of: Callable[[str], Path | None], came: float) -> None:
        """Note that the log grew at that time, in seconds since the epoch; at 0, which stands for not known."""
        if self.arrivals is None:
            marks = marks_of(self.name)
            if marks is None:
                return
            with contextlib.suppress(OSError):
                marks.parent.mkdir(parents=True, exist_ok=True)
            self.arrivals = Arrivals(self.path, marks)
        self.arrivals.look(0.0 if self.was_there else came)
        self.was_there = False


def _restarts(path: Path) -> Path:
    return path.parent / ".anew" / path.name
