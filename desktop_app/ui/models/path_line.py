"""A path to type or to choose."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import button


def mark_wrong(line: QLineEdit, why: str) -> None:
    """Mark a line as wrong, and say why to assistive software and under the pointer; empty takes the mark away."""
    line.setAccessibleDescription(why)
    line.setToolTip(why)
    if bool(line.property("invalid")) != bool(why):
        line.setProperty("invalid", bool(why))
        line.style().unpolish(line)
        line.style().polish(line)


class PathLine(QWidget):
    """`edited` with each letter, `settled` once the path was chosen, or typed and left."""

    edited = Signal(str)
    settled = Signal(str)

    def __init__(self, name: str, *, files: str = "", folders: str = "", saves: str = "", patterns: str = "") -> None:
        """Offer the buttons `files`, `folders` and `saves` under their words."""
        super().__init__()
        self._name, self._patterns, self._last = name, patterns, ""
        self.line = QLineEdit()
        self.line.setAccessibleName(name)
        self.line.textEdited.connect(self.edited)
        self.line.editingFinished.connect(self._settle)
        self.buttons: list[QPushButton] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(self.line, 1)
        for text, picture, act in (
            (files, "mdi6.file-outline", self.choose_file), (folders, "mdi6.folder-outline", self.choose_folder),
            (saves, "mdi6.folder-open-outline", self.choose_target),
        ):  # fmt: skip
            if text:
                self.buttons.append(made := button(text, picture, act))
                row.addWidget(made)

    @property
    def text(self) -> str:
        """The path as it is written."""
        return self.line.text().strip()

    def show_path(self, path: str) -> None:
        """Show a path; it counts as settled."""
        self._last = path
        if self.line.text() != path:
            self.line.setText(path)
            self.line.setCursorPosition(len(path))

    def choose_file(self) -> None:
        """Ask for a file that is there."""
        self._ask(QFileDialog.FileMode.ExistingFile)

    def choose_folder(self) -> None:
        """Ask for a folder."""
        self._ask(QFileDialog.FileMode.Directory)

    def choose_target(self) -> None:
        """Ask for a file to write; that one which is there is replaced is asked in the page."""
        dialog = self._dialog(QFileDialog.FileMode.AnyFile)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        if self.text:
            dialog.selectFile(self.text)
        dialog.open()

    def _ask(self, mode: QFileDialog.FileMode) -> None:
        dialog = self._dialog(mode)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, mode is QFileDialog.FileMode.Directory)
        dialog.open()

    def _dialog(self, mode: QFileDialog.FileMode) -> QFileDialog:
        start = Path(self.text).parent if self.text else Path.home()
        dialog = QFileDialog(self.window(), self._name, str(start))
        dialog.setFileMode(mode)
        if self._patterns and mode is not QFileDialog.FileMode.Directory:
            dialog.setNameFilters([self._patterns, self.tr("All files (*)")])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._choose)
        return dialog

    def _choose(self, path: str) -> None:
        self.line.setText(path)
        self.edited.emit(path)
        self._settle()

    def _settle(self) -> None:
        if self.text != self._last:
            self._last = self.text
            self.settled.emit(self.text)
