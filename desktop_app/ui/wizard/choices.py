"""Fields with something to pick from: choices with their notes, and files or folders of the project."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QCompleter, QFileDialog, QSizePolicy, QWidget
from shiboken6 import isValid

from desktop_app.api import Field, FieldKind, Value
from desktop_app.presenters.files import files_below, folders_below
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import tool_button
from desktop_app.ui.widgets.noted_items import NOTE, NotedItems
from desktop_app.ui.widgets.tips import tip
from desktop_app.ui.wizard.fields import FieldEditor


class ChoiceEditor(FieldEditor):
    """A combo box; where the field is editable any text will do."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.box = QComboBox()
        self.box.setEditable(field.editable)
        self.box.setItemDelegate(NotedItems(self.box))
        self.box.setAccessibleName(field.title)
        self.box.setMaxVisibleItems(14)
        self.box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(18)
        self._row.addWidget(self.box, 1)
        self._fill(field)
        self._prepare_typing()
        self.box.activated.connect(lambda _index: self.edited.emit())

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """The box."""
        return (self.box,)

    def answer(self) -> Value:
        """Return the value of the choice, or the text that was typed."""
        if not self.box.isEditable():
            data = self.box.currentData()
            return data if isinstance(data, str) else None
        text = self.box.currentText().strip()
        found = next((each.value for each in self.field.choices if text in (each.title, each.value)), None)
        return text if found is None else found

    def show_value(self, value: Value) -> None:
        """Show a choice."""
        if self.answer() == value or self._is_typing():
            return
        index = self.box.findData(value)
        if index >= 0 or not self.box.isEditable():
            self.box.setCurrentIndex(index)
        else:
            self.box.setEditText("" if value is None else str(value))

    def take(self, field: Field) -> None:
        """Offer other choices."""
        if field.choices != self.field.choices and not self._is_typing():
            answer = self.answer()
            self._fill(field)
            super().take(field)
            self.show_value(answer)
        super().take(field)

    def note(self) -> str:
        """Return what the present choice says about itself."""
        answer = self.answer()
        return next((each.note for each in self.field.choices if each.value == answer), "")

    def _fill(self, field: Field) -> None:
        self.box.clear()
        for each in field.choices:
            self.box.addItem(each.title, each.value)
            self.box.setItemData(self.box.count() - 1, each.note, NOTE)
            self.box.setItemData(self.box.count() - 1, tip(each.note), Qt.ItemDataRole.ToolTipRole)
        self.box.setCurrentIndex(-1)
        self.box.view().setMinimumWidth(min(640, self.box.view().sizeHintForColumn(0) + 2 * Space.XL))

    def _prepare_typing(self) -> None:
        line = self.box.lineEdit()
        if line is None:
            self.box.setPlaceholderText(self.tr("Choose…"))
            return
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        line.setAccessibleName(self.field.title)
        line.setPlaceholderText(self.tr("Pick one, or type") if not self.field.required else "")
        line.textEdited.connect(lambda _text: self.edited.emit())
        completer = QCompleter(self.box.model(), self.box)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.activated.connect(lambda _text: self.edited.emit())
        self.box.setCompleter(completer)

    def _is_typing(self) -> bool:
        line = self.box.lineEdit()
        return line is not None and line.hasFocus() and line.isModified()


class PathEditor(FieldEditor):
    """A file or folder of the project: typed, picked from what there is, or browsed for."""

    def __init__(self, field: Field, folder: Path) -> None:
        super().__init__(field)
        self._folder = folder
        self.box = QComboBox()
        self.box.setEditable(True)
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.box.setAccessibleName(field.title)
        self.box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.browse = tool_button(
            "mdi6.folder-open-outline", self.tr("Browse for {}").format(field.title), self._browse
        )
        self._row.addWidget(self.box, 1)
        self._row.addWidget(self.browse)
        self._prepare()
        spawn(self._offer(), f"look for {field.title}")

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """The box and the button."""
        return (self.box, self.browse)

    @property
    def paths(self) -> list[str]:
        """What there is to pick."""
        return [self.box.itemText(index) for index in range(self.box.count())]

    def answer(self) -> Value:
        """Return the path with `/` between its parts."""
        return self.box.currentText().strip().replace("\\", "/")

    def show_value(self, value: Value) -> None:
        """Show a path."""
        text = "" if value is None else str(value)
        if self.answer() != text and not self._is_typing():
            self.box.setEditText(text)

    def _prepare(self) -> None:
        line = self.box.lineEdit()
        if line is None:
            return
        line.setAccessibleName(self.field.title)
        line.setPlaceholderText(
            self.tr("Pick a folder") if self.field.kind is FieldKind.FOLDER else " ".join(self.field.patterns)
        )
        line.textEdited.connect(lambda _text: self.edited.emit())
        self.box.activated.connect(lambda _index: self.edited.emit())
        completer = QCompleter(self.box.model(), self.box)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.activated.connect(lambda _text: self.edited.emit())
        self.box.setCompleter(completer)

    async def _offer(self) -> None:
        if self.field.kind is FieldKind.FOLDER:
            found = await asyncio.to_thread(folders_below, self._folder)
        else:
            found = await asyncio.to_thread(files_below, self._folder, self.field.patterns)
        if not isValid(self):  # the wizard was closed meanwhile
            return
        text = self.box.currentText()
        self.box.addItems(found)
        self.box.setCurrentIndex(-1)
        self.box.setEditText(text)
        if not text and self.field.required and self.field.default is None and len(found) == 1:
            self.box.setEditText(found[0])  # there is but one: nobody needs to be asked
            self.edited.emit()

    def _browse(self) -> None:
        dialog = QFileDialog(self.window(), self.field.title, str(self._folder))
        if self.field.kind is FieldKind.FOLDER:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            patterns = " ".join(self.field.patterns)
            dialog.setNameFilters(
                [*([f"{self.field.title} ({patterns})"] if patterns else []), self.tr("All files (*)")]
            )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._take_browsed)
        dialog.open()

    def _take_browsed(self, chosen: str) -> None:
        path = Path(chosen)
        inside = path.is_relative_to(self._folder)
        self.box.setEditText(path.relative_to(self._folder).as_posix() if inside else path.as_posix())
        self.edited.emit()

    def _is_typing(self) -> bool:
        line = self.box.lineEdit()
        return line is not None and line.hasFocus() and line.isModified()
