"""What the window remembers between two starts: JSON values by name in one file.

A file that is broken is set aside and never stops the start; a write that fails loses comfort, not work.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QByteArray, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QSplitter

if TYPE_CHECKING:
    from desktop_app.api import Value

_DELAY_MS = 500


class WindowState(QObject):
    """The remembered values; written half a second after the last change, and when told to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._values = _read(path)
        self._timer = QTimer(self, singleShot=True, interval=_DELAY_MS)
        self._timer.timeout.connect(self.save)

    def get(self, key: str, default: Value = None) -> Value:
        """Return the value, or `default` where there is none."""
        return self._values.get(key, default)

    def set(self, key: str, value: Value) -> None:
        """Remember the value; it is written soon after."""
        if self._values.get(key) != value:
            self._values[key] = value
            self._timer.start()

    def text(self, key: str) -> str:
        """Return the value where it is a text, else an empty one."""
        value = self.get(key)
        return value if isinstance(value, str) else ""

    def texts(self, key: str) -> list[str]:
        """Return the texts of a list, leaving out what is none."""
        value = self.get(key)
        return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []

    def remember_first(self, key: str, text: str, limit: int = 12) -> None:
        """Put `text` at the head of the list `key`, each once, the oldest going first."""
        self.set(key, cast("Value", [text, *(each for each in self.texts(key) if each != text)][:limit]))

    def save(self) -> None:
        """Write now what has changed; replaces the file as a whole."""
        self._timer.stop()
        from desktop_app.services.files import write_atomically  # not before the first paint

        with contextlib.suppress(OSError):
            write_atomically(self._path, json.dumps(self._values, indent=1, sort_keys=True), durable=False)

    def keep_window(self, window: QMainWindow) -> None:
        """Remember where the window lies and how large it is."""
        self.set("window.geometry", _text(window.saveGeometry()))

    def restore_window(self, window: QMainWindow) -> None:
        """Put the window where it was, or in the middle of the screen at a good size."""
        kept = QByteArray.fromBase64(self.text("window.geometry").encode("ascii", "ignore"))
        if kept.isEmpty() or not window.restoreGeometry(kept):
            room = QApplication.primaryScreen().availableSize()
            window.resize(min(1280, room.width()), min(800, room.height()))

    def follow_splitter(self, key: str, splitter: QSplitter) -> None:
        """Put a splitter's handles where they were, and remember where they are moved."""
        kept = QByteArray.fromBase64(self.text(key).encode("ascii", "ignore"))
        if not kept.isEmpty():
            splitter.restoreState(kept)
        splitter.splitterMoved.connect(lambda _position, _index: self.set(key, _text(splitter.saveState())))


def _text(state: QByteArray) -> str:
    return bytes(state.toBase64().data()).decode("ascii")


def _read(path: Path) -> dict[str, Value]:
    try:
        values = json.loads(path.read_bytes())
        if isinstance(values, dict):
            return values
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        pass
    with contextlib.suppress(OSError):
        path.replace(path.with_name(f"{path.name}.broken"))
    return {}
