"""A pytest plugin (`-p tests.helpers.no_qt`) that makes this Python one without Qt: importing it fails."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

QT = frozenset({"PySide6", "shiboken6", "qasync", "pyqtgraph", "qtawesome", "qtpy"})


class NoQt(MetaPathFinder):
    """Refuses Qt and what stands on it, as if it were not installed."""

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Raise for Qt; know nothing of anything else."""
        if fullname.partition(".")[0] in QT:
            raise ModuleNotFoundError(f"No module named {fullname!r} (tests.helpers.no_qt)", name=fullname)
        return None


sys.meta_path.insert(0, NoQt())
