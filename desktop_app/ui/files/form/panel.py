"""The form of one file: its name, its rows, a sentence while it can't be shown, and help for the field in use."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop_app.api import Diagnostic, UserError
from desktop_app.presenters.form.changes import Change
from desktop_app.presenters.form.edits import change_for
from desktop_app.presenters.form.findings import row_of
from desktop_app.presenters.form.model import Adder, Cell, Control, Start
from desktop_app.presenters.form.reading import Reading
from desktop_app.ui.files.form.cell import CellEditor
from desktop_app.ui.files.form.row_widget import RowWidget
from desktop_app.ui.files.form.rows_area import RowsArea
from desktop_app.ui.files.form.said import Finding
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import InlineMessage, label, link_button


class FormPanel(QFrame):
    """Signals: `asked` (cell, text, settled), `acted` (changes), `undo_asked` (again), `fix_asked` (finding),
    `line_asked` (line), `entered` (path), `typed`.
    """

    asked = Signal(object, str, bool)
    acted = Signal(object)
    undo_asked = Signal(bool)
    fix_asked = Signal(Diagnostic)
    line_asked = Signal(int)
    opener_asked = Signal(object)  # Opener: a button that opens a window or a file
    entered = Signal(str)
    typed = Signal()

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.reading: Reading | None = None
        self._fault: Diagnostic | None = None
        self._wanted = ""
        self._editable = True
        self.setProperty("role", "card")
        self.heading = label("", "strong")
        self.message = InlineMessage(can_close=False)
        self.link: QPushButton | None = None
        self.rows = RowsArea(folder)
        self.help = label("", "small", wraps=True)
        self._own = QVBoxLayout()
        self._findings: list[Finding] = []
        self._build()

    # ----- what the link between form and text asks

    def show_reading(self, reading: Reading) -> None:
        """Show the form of a text; without one, say why and keep what was shown, disabled."""
        if reading.model is not None:
            self.heading.setText(reading.model.title)
            self._show_own(reading.model.findings)
            self.reading = reading
            self.rows.show_model(reading.model)
        self._show_fault(reading.fault)

    def set_editable(self, editable: bool) -> None:
        """Let the form be edited, or only be read."""
        self._editable = editable
        content = self.rows.widget()
        if content is not None:
            content.setEnabled(editable and self.message.isHidden())

    def refuse(self, path: str, error: UserError, *, keeps: bool) -> None:
        """Say at its row why an edit was not made."""
        widget = self._row_at(path)
        if widget is not None:
            widget.refuse(error, keeps=keeps)

    def accept(self, path: str) -> None:
        """An edit was made: forget what was refused at its row."""
        widget = self._row_at(path)
        if widget is not None:
            widget.forget_refusal()

    def go_to(self, path: str) -> bool:
        """Give the keyboard to the control of a path, or the nearest; returns whether there is one."""
        row = row_of(self.reading.model, path) if self.reading and self.reading.model else None
        widget = self.rows.reach(row.key) if row is not None else None
        if widget is None or not widget.controls:
            return False
        editor = _value_at(widget, path)
        target = editor.control if editor is not None else widget.controls[0]
        target.setFocus(Qt.FocusReason.OtherFocusReason)
        return True

    def tell_followers(self, count: int, name: str) -> None:
        """Say how many references in the file have a new name too."""
        words = self.tr("1 reference is") if count == 1 else self.tr("{} references are").format(count)
        self.help.setText(self.tr("{} renamed to “{}” too.").format(words, name))

    def mark_path(self, path: str) -> None:
        """Mark the row of a path: there the text's cursor is."""
        row = row_of(self.reading.model, path) if path and self.reading and self.reading.model else None
        self.rows.mark(row.key if row is not None else "")

    def settle(self) -> None:
        """Ask for all that was typed and not asked for yet."""
        for each in self.rows.row_widgets:
            each.settle()

    @property
    def typed_so_far(self) -> tuple[Change, ...]:
        """What `settle` would ask for; nothing is asked for, and whoever types goes on."""
        found = [_meant(each) for row in self.rows.row_widgets for each in row.editors if each.is_typing]
        return tuple(each for each in found if each is not None)

    @property
    def has_focus(self) -> bool:
        """Whether the keyboard is in the form."""
        at: QWidget | None = self.window().focusWidget()
        return at is not None and self.isAncestorOf(at)

    def focus(self) -> None:
        """Give the keyboard to the form: where it was, else its first control."""
        at = next((each.controls[0] for each in self.rows.row_widgets if each.controls), None)
        if at is not None and not self.has_focus:
            at.setFocus(Qt.FocusReason.OtherFocusReason)

    # ----- building

    def _build(self) -> None:
        self.setAccessibleName(self.tr("Form"))
        self.help.setMinimumHeight(self.help.fontMetrics().height())
        self.help.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.link = link_button(self.tr("Go to the line"), self._go_to_fault)
        self.message.add_button(self.link)
        self._own.setSpacing(Space.XS)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XS, Space.M, Space.XS, Space.S)
        column.setSpacing(Space.S)
        head = QVBoxLayout()
        head.setContentsMargins(Space.S, 0, Space.S, 0)
        head.setSpacing(Space.S)
        head.addWidget(self.heading)
        head.addWidget(self.message)
        head.addLayout(self._own)
        column.addLayout(head)
        column.addWidget(self.rows, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(Space.S, 0, Space.S, 0)
        foot.addWidget(self.help)
        column.addLayout(foot)
        self.rows.made.connect(self._listen)

    def _listen(self, row: RowWidget) -> None:
        row.asked.connect(self.asked)
        row.acted.connect(self.acted)
        row.undo_asked.connect(self.undo_asked)
        row.typed.connect(self.typed)
        row.fix_asked.connect(self.fix_asked)
        row.chosen.connect(lambda found: self.line_asked.emit(found.line or 1))
        row.opener_asked.connect(self.opener_asked)
        row.adding.connect(self._add)
        row.entered.connect(lambda path: self._on_entered(row, path))

    # ----- what happens

    def _add(self, adder: Adder, name: str, way: Start | None) -> None:
        change = adder.change(name, way)
        self._wanted = change.path
        self.acted.emit((change,))

    def _on_entered(self, row: RowWidget, path: str) -> None:
        cell = next((each.cell for each in row.editors if each.cell.path == path), None)
        self.help.setText(_help_words(row, cell))
        self.entered.emit(path)

    def _show_own(self, found: tuple[Diagnostic, ...]) -> None:
        if found == tuple(each.found for each in self._findings):
            return
        for gone in self._findings:
            self._own.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        self._findings = [Finding(each) for each in found]
        for made in self._findings:
            made.fix_asked.connect(lambda found=made.found: self.fix_asked.emit(found))
            made.chosen.connect(lambda found=made.found: self.line_asked.emit(found.line or 1))
            self._own.addWidget(made)
            made.show()

    def _show_fault(self, fault: Diagnostic | None) -> None:
        self._fault = fault
        if fault is None:
            self.message.hide()
        else:
            where = self.tr("Line {}: ").format(fault.line) if fault.line else ""
            text = self.tr("The form waits until the text can be read.")
            self.message.show_text("info", text, f"{where}{fault.message}")
            if not self.heading.text():
                self.heading.setText(self.tr("Form"))
        self.set_editable(self._editable)

    def _go_to_fault(self) -> None:
        if self._fault is not None:
            self.line_asked.emit(self._fault.line or 1)

    def _row_at(self, path: str) -> RowWidget | None:
        row = row_of(self.reading.model, path) if self.reading and self.reading.model else None
        return self.rows.row_widget(row.key) if row is not None else None

    def focus_added(self) -> None:
        """Give the keyboard to the value of what was just added, which the first letter replaces."""
        wanted, self._wanted = self._wanted, ""
        if not wanted or not self.go_to(wanted):
            return
        at: QWidget | None = self.window().focusWidget()
        line = at.lineEdit() if isinstance(at, QComboBox) else at
        if isinstance(line, QLineEdit | QPlainTextEdit):
            line.selectAll()


def _value_at(row: RowWidget, path: str) -> CellEditor | None:
    """Return the control of a path's value, of an entry with several the first to write in; else that of its name."""
    own = [each for each in row.editors if each.cell.path == path]
    values = [each for each in own if each.cell.control is not Control.NAME]
    inner = [each for each in row.editors if each.cell.control not in (Control.NAME, Control.CHOICE)] if own else []
    return next(iter([*values, *inner, *own]), None)


def _meant(editor: CellEditor) -> Change | None:
    try:
        return change_for(editor.cell, editor.text(), settled=True)
    except UserError:
        return None


def _help_words(row: RowWidget, cell: Cell | None) -> str:
    own = cell.help if cell is not None else ""
    words = row.row.help or own
    path = cell.path if cell is not None else row.row.path
    return f"{path}: {words}" if words else path
