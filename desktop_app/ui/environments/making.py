"""Writes an environment of one's own into the project: a new one, a clone, or the files of one that is there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from desktop_app.api import UserError
from desktop_app.core.environments import Environment
from desktop_app.documents.local_paths import local_path
from desktop_app.presenters import environments as presenter
from desktop_app.services.environments.custom import Given, environment_of
from desktop_app.services.environments.reading import Reader
from desktop_app.services.environments.saving import files_of, save
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space, mono_font
from desktop_app.ui.widgets import InlineMessage, button, label, primary_button, scrolled

_LINES = 10  # of packages that are seen at once

_SOON_MS = 150


class MakingDialog(QDialog):
    """`written` carries the files. Without an environment to start from, the person says what it is made of."""

    written = Signal(list)

    def __init__(
        self, reader: Reader, folder: Path, parent: QWidget | None, source: Environment | None = None, name: str = ""
    ) -> None:
        super().__init__(parent)
        self._reader, self._root, self._source = reader, folder, source
        self.kind, self.image = QComboBox(), QComboBox()
        self.name, self.folder, self.context = QLineEdit(name), QLineEdit(), QLineEdit()
        self.packages, self.preview = QPlainTextEdit(), QPlainTextEdit(readOnly=True)
        self.message = InlineMessage(can_close=False)
        self.write = primary_button(self.tr("&Write the files"), "mdi6.content-save-outline", self.accept_files)
        self._folder_row, self._context_row = QWidget(), QWidget()
        self._content = QWidget()
        self._form = QFormLayout()
        self._named_folder = False
        self._looks = 0
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(lambda: spawn(self._look(), "show what is written"))
        self._build()
        self._connect()
        self._on_kind()
        self._on_name()

    def given(self) -> Given:
        """Return what the person gave."""
        kind = self.kind.currentData()
        return Given(kind, self.packages.toPlainText(), self.image.currentText(), self.context.text())

    def accept_files(self) -> None:
        """Write the files; nothing that is there is overwritten."""
        self.write.setEnabled(False)
        spawn(self._write(), "write an environment", self._refused)

    # ----- building

    def _build(self) -> None:
        self.setWindowTitle(self._title())
        for data, text in presenter.KINDS.items():
            self.kind.addItem(self.tr(text), data)
        self.image.setEditable(True)
        self.image.addItems(presenter.base_images())
        self.packages.setFont(mono_font())
        self.preview.setFont(mono_font())
        lines = QFontMetrics(mono_font()).lineSpacing()
        self.packages.setMinimumHeight(lines * (_LINES + 1))
        self.preview.setMinimumHeight(lines * 6)
        self._folder_row = self._with_button(self.folder, self.tr("Choose the folder to write to"), self._choose_folder)
        tip = self.tr("Choose the folder with the Dockerfile")
        self._context_row = self._with_button(self.context, tip, self._choose_context)
        self._name_controls()
        self._form.setSpacing(Space.S)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for text, widget in (
            (self.tr("&Name"), self.name), (self.tr("Made &of"), self.kind), (self.tr("&Base image"), self.image),
            (self.tr("&Packages"), self.packages), (self.tr("Build &context"), self._context_row),
            (self.tr("&Folder"), self._folder_row),
        ):  # fmt: skip
            self._form.addRow(text, widget)
        inner = QVBoxLayout(self._content)
        inner.setContentsMargins(0, 0, Space.S, 0)
        inner.setSpacing(Space.S)
        inner.addLayout(self._form, 0 if self._source is not None else 1)
        inner.addWidget(label(self.tr("What is written"), "muted"))
        inner.addWidget(self.preview, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        column.setSpacing(Space.S)
        column.addWidget(label(self._title(), "title", wraps=True))
        column.addWidget(scrolled(self._content, self._title(), has_controls=True), 1)
        column.addWidget(self.message)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(button(self.tr("Cancel"), on_click=self.reject))
        row.addWidget(self.write)
        column.addLayout(row)
        fit_to_screen(self, QSize(720, 680), self.parentWidget())
        self.write.setDefault(True)

    def _title(self) -> str:
        if self._source is None:
            return self.tr("New environment")
        text = self.tr("Clone {} under a new name") if self.name.text() else self.tr("Save {} to a folder")
        return text.format(self._source.title)

    def _name_controls(self) -> None:
        for widget, name in (
            (self.name, self.tr("Name of the environment")), (self.kind, self.tr("What it is made of")),
            (self.image, self.tr("Base image")), (self.packages, self.tr("Packages")),
            (self.context, self.tr("Build context")), (self.folder, self.tr("Folder to write to")),
            (self.preview, self.tr("What is written")),
        ):  # fmt: skip
            widget.setAccessibleName(name)
        self.packages.setTabChangesFocus(True)
        self.preview.setTabChangesFocus(True)
        self.name.setPlaceholderText(self.tr("my-environment"))

    def _with_button(self, line: QLineEdit, tip: str, choose: object) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        chooser = button(self.tr("Choose…"), "mdi6.folder-open-outline", choose, tip=tip)  # type: ignore[arg-type]
        chooser.setAccessibleName(tip)
        row.addWidget(line, 1)
        row.addWidget(chooser)
        holder.setFocusProxy(line)
        return holder

    def _connect(self) -> None:
        self.kind.currentIndexChanged.connect(lambda _at: self._on_kind())
        self.name.textChanged.connect(lambda _text: self._on_name())
        self.folder.textEdited.connect(self._on_folder_typed)
        for signal in (self.image.currentTextChanged, self.context.textChanged, self.folder.textChanged):
            signal.connect(lambda _text: self._show_preview())
        self.packages.textChanged.connect(self._show_preview)

    # ----- following what is typed

    def _on_kind(self) -> None:
        kind = self.kind.currentData()
        is_new = self._source is None
        for widget, shown in (
            (self.kind, is_new), (self.image, is_new and kind != "build"),
            (self.packages, is_new and kind in {"conda", "pip"}), (self._context_row, is_new and kind == "build"),
        ):  # fmt: skip
            self._form.setRowVisible(widget, shown)
        if self.packages.toPlainText() in {"", *presenter.TEMPLATES.values()}:
            self.packages.setPlainText(presenter.TEMPLATES.get(kind, ""))
        self._show_preview()

    def _on_folder_typed(self, _text: str) -> None:
        self._named_folder = True

    def _on_name(self) -> None:
        if not self._named_folder:
            self.folder.setText(str(self._root / (self.name.text().strip() or "environment")))
        self._show_preview()

    def _show_preview(self) -> None:
        """Show the files' texts soon, or what is missing: what is given may name files, which take their time."""
        self._soon.start()

    async def _look(self) -> None:
        self._looks += 1
        look = self._looks
        try:
            files = await asyncio.to_thread(files_of, *await self._wanted())
        except UserError as error:
            if isValid(self) and look == self._looks:
                self.preview.setPlainText("")
                self.message.show_text("info", error.message, error.hint)
                self.write.setEnabled(False)
            return
        if isValid(self) and look == self._looks:
            self.message.hide()
            self.preview.setPlainText(_together(files))
            self.write.setEnabled(True)

    async def _wanted(self) -> tuple[Environment, str]:
        """Return the environment that is to be written, and its name. Raises UserError where something is missing."""
        given, name = self.given(), self._called()
        if self._source is not None:
            return self._source, name
        return await asyncio.to_thread(environment_of, given, self._reader), name

    def _called(self) -> str:
        return self.name.text().strip() or ("" if self._source is not None else "my-environment")

    def _choose_folder(self) -> None:
        self._choose(self.folder, self.tr("A folder to write to"))
        self._named_folder = True

    def _choose_context(self) -> None:
        self._choose(self.context, self.tr("The folder with the Dockerfile"))

    def _choose(self, line: QLineEdit, title: str) -> None:
        chosen = QFileDialog.getExistingDirectory(self, title, line.text() or str(self._root))
        if chosen:
            line.setText(chosen)

    async def _write(self) -> None:
        folder = self._root / local_path(self.folder.text().strip())
        environment, name = await self._wanted()
        files = await asyncio.to_thread(save, environment, folder, name)
        if isValid(self):
            self.written.emit(files)
            self.accept()

    def _refused(self, error: UserError) -> None:
        if isValid(self):
            self.message.show_error(error)
            self.write.setEnabled(True)


def _together(files: Mapping[str, str]) -> str:
    return "\n".join(f"# {name}\n{text}" for name, text in files.items())
