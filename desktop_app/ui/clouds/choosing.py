"""Asking for a place on this machine: a folder to download to, a file or folder to register."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget


def ask_folder(parent: QWidget, then: Callable[[Path], object], title: str = "") -> QFileDialog:
    """Ask for a folder; by default one to download to."""
    dialog = ask_path(parent, title or QCoreApplication.translate("clouds", "Download to"), then, folder=True)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return dialog


def ask_path(parent: QWidget, title: str, then: Callable[[Path], object], *, folder: bool) -> QFileDialog:
    """Ask for a file, or for a folder; `then` gets it."""
    mode = QFileDialog.FileMode
    dialog = QFileDialog(parent, title)
    dialog.setFileMode(mode.Directory if folder else mode.ExistingFile)
    dialog.fileSelected.connect(lambda path: then(Path(path)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog
