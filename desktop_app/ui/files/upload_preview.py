"""What Azure ML would take of a job's folders, before anything is sent; and a safe ignore file in one click."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QLocale, QSize, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTabBar,
    QTableView,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from desktop_app.api import UserError
from desktop_app.presenters import upload_preview as presenter
from desktop_app.presenters.upload_preview import UploadRow
from desktop_app.services.uploads import PartPreview, UploadPreview, preview_upload, write_amlignore
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.row_model import RowModel
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import ElidedLabel, InlineMessage, button, dress_table, label
from desktop_app.ui.widgets.layouts import drop_contents
from desktop_app.ui.wizard.form import NoteLine

_MOST_NOTES = 5


class UploadPreviewDialog(QDialog):
    """Shows a file's preview; `text` is what stands in the editor, which may not be saved yet."""

    def __init__(self, path: Path, text: str | None, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._path, self._text = path, text
        self._preview: UploadPreview | None = None
        self._rows: Sequence[UploadRow] = ()
        self.heading, self.place = label(role="title"), ElidedLabel("", "muted", Qt.TextElideMode.ElideMiddle)
        self.message = InlineMessage()
        self.parts = QTabBar(documentMode=True, expanding=False, drawBase=False)
        self.rules = ElidedLabel("", "muted")
        self.notes = QVBoxLayout()
        self.filter_line = QLineEdit(placeholderText=self.tr("Filter files"), clearButtonEnabled=True)
        self.left_out = QCheckBox(self.tr("&Files that stay behind"))
        self.files = RowModel((self.tr("File"), self.tr("Size"), self.tr("Worth knowing")), mono=(0,), right=(1,),
                              muted=(2,), parent=self)  # fmt: skip
        self.table = QTableView()
        self.mend_button = button(self.tr("&Write a safe .amlignore"), "mdi6.shield-check-outline", self.mend)
        self.close_button = button(self.tr("Close"), on_click=self.accept)
        self._build()
        fit_to_screen(self, QSize(820, 640), parent)
        self._spawn_look()

    @property
    def part(self) -> PartPreview | None:
        """The part that is shown."""
        parts = self._preview.parts if self._preview else ()
        at = self.parts.currentIndex()
        return parts[at] if 0 <= at < len(parts) else None

    def mend(self) -> None:
        """Write the ignore file of every folder, then look again."""
        if self._preview is not None:
            spawn(self._mend(self._preview), f"write .amlignore for {self._path.name}", self._say)

    async def look(self) -> None:
        """Read the folders beside the window's thread, and show what they hold."""
        preview = await asyncio.to_thread(preview_upload, self._path, self._text)
        if isValid(self):
            self._show(preview)

    # ----- building

    def _build(self) -> None:
        self.setWindowTitle(self.tr("Upload preview of {}").format(self._path.name))
        self.heading.setText(self.tr("Looking…"))
        self.place.setText(str(self._path))
        self.parts.setAccessibleName(self.tr("What goes up"))
        self.parts.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.filter_line.setAccessibleName(self.tr("Filter files"))
        self.mend_button.setToolTip(
            self.tr(
                "Takes over what .gitignore says, then leaves out secrets, version control, caches and old results."
            )
        )
        self.mend_button.setEnabled(False)
        dress_table(self.table, self.tr("Files that go along"))
        self.table.setModel(self.files)
        self.table.verticalHeader().setDefaultSectionSize(self.table.fontMetrics().height() + Space.S + 2)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        column.setSpacing(Space.S)
        for each in (self.heading, self.place, self.message, self.parts, self.rules):
            column.addWidget(each)
        self.notes.setSpacing(2)
        column.addLayout(self.notes)
        column.addLayout(_row(self.filter_line, self.left_out))
        column.addWidget(self.table, 1)
        column.addLayout(_row(self.mend_button, None, self.close_button))
        self.parts.currentChanged.connect(lambda _at: self._show_part())
        self.filter_line.textChanged.connect(lambda _text: self._show_rows())
        self.left_out.toggled.connect(lambda _on: self._show_rows())
        self.close_button.setDefault(True)

    # ----- showing

    def _spawn_look(self) -> None:
        spawn(self.look(), f"upload preview of {self._path.name}", self._say)

    def _show(self, preview: UploadPreview) -> None:
        self._preview = preview
        self.heading.setText(presenter.headline(preview))
        chosen = max(self.parts.currentIndex(), 0)
        self.parts.blockSignals(True)
        while self.parts.count():
            self.parts.removeTab(0)
        for each in preview.parts:
            self.parts.addTab(presenter.part_title(each))
        self.parts.setCurrentIndex(min(chosen, len(preview.parts) - 1))
        self.parts.blockSignals(False)
        self.parts.setVisible(len(preview.parts) > 1)
        self.mend_button.setEnabled(any(presenter.can_mend(each) for each in preview.parts))
        self._show_part()

    def _show_part(self) -> None:
        part = self.part
        drop_contents(self.notes)
        for found in presenter.findings(part)[:_MOST_NOTES] if part else ():
            self.notes.addWidget(NoteLine(found))
        self.rules.setText(presenter.rule_words(part) if part else "")
        self.left_out.setText(self.tr("&Files that stay behind ({})").format(len(part.left_out) if part else 0))
        self.left_out.setEnabled(bool(part and part.left_out))
        if not self.left_out.isEnabled():
            self.left_out.setChecked(False)
        self._show_rows()

    def _show_rows(self) -> None:
        part = self.part
        rows = presenter.rows(part, self.filter_line.text(), left_out=self.left_out.isChecked()) if part else ()
        self._rows, locale = rows, QLocale()
        self.files.show(len(rows), partial(_cell, rows, locale))

    # ----- doing

    async def _mend(self, preview: UploadPreview) -> None:
        self.mend_button.setEnabled(False)
        mended = await asyncio.to_thread(write_amlignore, preview)
        if not isValid(self):
            return
        names = ", ".join(f"{each.parent.name}/{each.name}" for each in mended.written)
        said = [self.tr("{} was written.").format(names)] if names else []
        said += [mended.warning] if mended.warning else []
        said += [each.why for each in mended.kept]
        self.message.show_text(
            "warning" if mended.kept or mended.warning else "info",
            " ".join(said) or self.tr("It is safe already: nothing was written."),
        )
        await self.look()

    def _say(self, error: UserError) -> None:
        if isValid(self):
            self.heading.setText(self.tr("There is nothing to preview"))
            self.mend_button.setEnabled(self._preview is not None)
            self.message.show_error(error)


def _cell(rows: Sequence[UploadRow], locale: QLocale, row: int, column: int) -> str:
    found = rows[row]
    size = locale.formattedDataSize(found.size, 1, QLocale.DataSizeFormat.DataSizeSIFormat)
    return (found.path, size, found.note)[column]


def _row(*widgets: QWidget | None) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(Space.S)
    for each in widgets:
        if each is None:
            row.addStretch(1)
        else:
            row.addWidget(each)
    return row


def show_upload_preview(path: Path, text: str | None, parent: QWidget) -> UploadPreviewDialog:
    """Open the preview of a file over `parent`."""
    dialog = UploadPreviewDialog(path, text, parent)
    dialog.finished.connect(lambda _result: dialog.deleteLater())
    dialog.open()
    return dialog
