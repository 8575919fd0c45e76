"""What every control of a form does alike: tells what was typed after a pause, keeps it meanwhile, passes on undo."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop_app.presenters.form.model import Cell, Control

PAUSE_MS = 300


class CellEditor(QWidget):
    """`asked` carries the text, and whether it is settled: the person left the control, or chose.

    `undo_asked` carries whether it is to be done again; `entered` says that the control got the focus, `typed` that
    its text is not in the file yet.
    """

    asked = Signal(str, bool)
    undo_asked = Signal(bool)
    entered = Signal()
    typed = Signal()
    height_changed = Signal()

    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self.cell = cell
        self._typed = False
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._after_pause)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(0)

    # ----- what each control says of itself

    @property
    def control(self) -> QWidget:
        """What takes the focus."""
        return self

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """All that Tab comes to."""
        return (self.control,)

    def text(self) -> str:
        """Return what is written now."""
        return ""

    def set_text(self, text: str) -> None:
        """Show a text; the cursor stays where it can."""

    def take(self, cell: Cell) -> None:
        """Show another placeholder, other choices."""

    # ----- what all do

    @property
    def is_typing(self) -> bool:
        """Whether something was typed that the file does not say yet."""
        return self._typed

    def show_cell(self, cell: Cell) -> None:
        """Show what the file says now; what is being typed stays."""
        changed = cell.text != self.cell.text
        self.cell = cell
        self.take(cell)
        if self._typed and cell.text == self.text():
            self._typed = False
        if not self._typed and self.text() != cell.text and (changed or not self.control.hasFocus()):
            self.set_text(cell.text)

    def take_back(self) -> None:
        """Show what the file says: what was typed can't stand there."""
        self._pause.stop()
        self._typed = False
        self.set_text(self.cell.text)
        self.typed.emit()

    def settle(self) -> None:
        """Ask for what was typed, now."""
        if self._typed or self._pause.isActive():
            self._pause.stop()
            self._typed = False
            if self.text() != self.cell.text:
                self.asked.emit(self.text(), True)
        elif self.text() != self.cell.text:
            self.set_text(self.cell.text)

    def mark(self, *, invalid: bool, description: str) -> None:
        """Mark the value as wrong, and tell assistive software why."""
        for each in self.controls:
            each.setAccessibleDescription(description)
        if bool(self.control.property("invalid")) != invalid:
            self.control.setProperty("invalid", invalid)
            self.control.style().unpolish(self.control)
            self.control.style().polish(self.control)

    def watch(self, control: QWidget) -> None:
        """Listen to a control's keys, wheel and focus."""
        control.setAccessibleName(self.cell.title)
        control.setToolTip(self.cell.help or self.cell.title)
        control.installEventFilter(self)

    def on_typed(self) -> None:
        """Called by a control when the person has changed its text."""
        self._typed = True
        if self.cell.control is not Control.NAME:
            self._pause.start()
        self.typed.emit()

    def choose(self, text: str) -> None:
        """Called by a control when the person has picked something: nothing more is to come."""
        self._pause.stop()
        self._typed = False
        if text != self.cell.text:
            self.asked.emit(text, True)

    def _after_pause(self) -> None:
        if self._typed and self.text().strip():
            self.asked.emit(self.text(), False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt for a control's events."""
        kind = event.type()
        if kind == QEvent.Type.Wheel and not cast("QWidget", watched).hasFocus():
            event.ignore()
            return True
        if kind == QEvent.Type.FocusIn and isinstance(event, QFocusEvent):
            self.entered.emit()
        elif kind == QEvent.Type.FocusOut and isinstance(event, QFocusEvent):
            if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
                self.settle()
        elif kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress) and isinstance(event, QKeyEvent):
            return self._key(event, kind == QEvent.Type.KeyPress)
        return False

    def _key(self, event: QKeyEvent, pressed: bool) -> bool:
        again = event.matches(QKeySequence.StandardKey.Redo)
        if not again and not event.matches(QKeySequence.StandardKey.Undo):
            return pressed and self.on_key(event)
        event.accept()
        if pressed:
            self.settle()
            self.undo_asked.emit(again)
        return True

    def on_key(self, event: QKeyEvent) -> bool:
        """Called for every other key; Enter settles. Returns whether that was all there is to do."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.settle()
            return True
        return False
