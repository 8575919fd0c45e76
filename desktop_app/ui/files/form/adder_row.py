"""What adds to a mapping or list: a quiet button that becomes a line for the new entry's name."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QLineEdit, QListView, QPushButton, QWidget

from desktop_app.presenters.form.model import Adder, Start
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import flat_button
from desktop_app.ui.widgets.noted_items import NOTE, NotedItems
from desktop_app.ui.widgets.tips import tip


class AdderRow(QWidget):
    """`asked` carries the entry's name (empty for a list's item) and the way it begins, or None."""

    asked = Signal(str, object)
    height_changed = Signal()

    def __init__(self, adder: Adder) -> None:
        super().__init__()
        self.adder = adder
        self._way: Start | None = None
        self._model = QStandardItemModel(self)
        self.name = QLineEdit()
        self.buttons: list[QPushButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(Space.XS)
        self._build()

    def show_adder(self, adder: Adder) -> None:
        """Offer other keys."""
        if adder != self.adder:
            self.adder = adder
            self._fill()

    def begin(self, way: Start | None = None) -> None:
        """Ask for the new entry's name; a list's item needs none."""
        self._way = way
        if self.adder.is_list:
            self.asked.emit("", way)
            return
        self._show_name(shown=True)
        self.name.clear()
        self.name.setFocus(Qt.FocusReason.OtherFocusReason)
        if self.adder.known:
            QTimer.singleShot(0, self.name, self._offer)

    def _build(self) -> None:
        ways = [each for each in self.adder.ways if each.title] if not self.adder.is_list else []
        if len(ways) > 1:
            for each in ways:
                self._button(each.title, each, f"{self.adder.title}: {each.title.lower()}")
        else:
            self._button(self.adder.title, None, self.adder.title)
        self._row.addWidget(self.name, 1)
        self._row.addStretch()
        self.name.setAccessibleName(self.tr("Name: {}").format(self.adder.title))
        self.name.setPlaceholderText(self.tr("Its name, then Enter"))
        self.name.installEventFilter(self)
        self.name.hide()
        self._complete()
        self._fill()

    def _button(self, title: str, way: Start | None, name: str) -> None:
        made = flat_button(title, "mdi6.plus", lambda: self.begin(way))
        made.setProperty("role", "adder")
        where = f": {self.adder.path}" if self.adder.path else ""
        made.setAccessibleName(f"{name}{where}")
        made.setToolTip(name)
        self.buttons.append(made)
        self._row.addWidget(made)

    def _complete(self) -> None:
        completer = QCompleter(self._model, self.name)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        popup = QListView()
        completer.setPopup(popup)
        popup.setItemDelegate(NotedItems(completer))
        completer.setMaxVisibleItems(12)
        completer.activated.connect(lambda text: self._add(str(text)))
        self.name.setCompleter(completer)
        self._completer, self._popup = completer, popup

    def _fill(self) -> None:
        self._model.clear()
        for each in self.adder.known:
            item = QStandardItem(each.title)
            item.setData(each.note, NOTE)
            item.setToolTip(tip(each.note))
            self._model.appendRow(item)

    def _offer(self) -> None:
        if self.name.hasFocus():
            self._completer.setCompletionPrefix(self.name.text())
            self._completer.complete()

    def _show_name(self, *, shown: bool) -> None:
        self.name.setVisible(shown)
        for each in self.buttons:
            each.setVisible(not shown)
        self.height_changed.emit()

    def _add(self, name: str) -> None:
        name = name.strip()
        known = {each.value for each in self.adder.known}
        if name and not self.name.isHidden() and (self.adder.ways or name in known):
            self._end()
            self.asked.emit(name, self._way)

    def _end(self) -> None:
        """Show the button again; the empty line adds nothing as it loses the focus."""
        self.name.clear()
        self._show_name(shown=False)

    def _leave(self, reason: Qt.FocusReason) -> None:
        """Add what is written as the person goes on elsewhere; another window leaves it as it is."""
        by_key = reason in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        stays = reason in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
        if stays or (self._popup.isVisible() and not by_key):
            return
        self._add(self.name.text())
        self._end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt for the name's events: Enter, Tab and leaving add what is written, Esc gives up."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._add(self.name.text())
                return True
            if event.key() == Qt.Key.Key_Escape:
                self._end()
                self.buttons[0].setFocus()
                return True
        elif isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut:
            self._leave(event.reason())
        return super().eventFilter(watched, event)
