"""The head of the Plugins page: how many there are, and the ways to others."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import ElidedLabel, button, label, primary_button, tool_button
from desktop_app.ui.widgets.giving_way import Words


class PluginsHeader(QWidget):
    """Each signal is something that is asked for."""

    file_asked = Signal()
    folder_asked = Signal()
    wheelhouse_asked = Signal()
    find_asked = Signal()
    look_asked = Signal()
    update_asked = Signal()
    history_asked = Signal()
    undo_asked = Signal(int)
    again_asked = Signal()
    sources_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._updates = 0
        self.can_undo: Callable[[], tuple[str, int]] = lambda: ("", 0)
        self.headline = ElidedLabel(role="muted")
        self.install_button = button(
            self.tr("&Install…"), "mdi6.file-plus-outline", self._open_install,
            tip=self.tr("Install a plugin from a file, a folder or a folder of wheels"),
        )  # fmt: skip
        self.update_button = button(self.tr("Look for &updates"), "mdi6.update", self._update,
                             tip=self.tr("Ask the package index whether there are newer versions"))  # fmt: skip
        self.find_button = primary_button(self.tr("Fin&d plugins"), "mdi6.magnify", self.find_asked.emit,
                                   tip=f"{self.tr('Find plugins in the package index')}  Ctrl+F")  # fmt: skip
        self.more = tool_button("mdi6.dots-horizontal", self.tr("More for plugins"), self._open_more)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(label(self.tr("Plugins"), "title"))
        row.addWidget(self.headline, 1)
        for each in (self.install_button, self.update_button, self.find_button, self.more):
            row.addWidget(each)
        self._words = Words(self, (self.install_button, self.update_button, self.find_button))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: the room that everything likes to have."""
        return self._words.full(super().sizeHint())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: in less room buttons are icons only."""
        return self._words.least(super().minimumSizeHint())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().resizeEvent(event)
        self._words.fit()

    def show_updates(self, count: int) -> None:
        """Offer to update all, or to look for updates where none were found."""
        self._updates = count
        words = self.tr("&Update all ({})").format(count) if count else self.tr("Look for &updates")
        self._words.say(self.update_button, words)
        self._words.fit()

    def install_menu(self) -> QMenu:
        """Return the ways to install what lies here already."""
        menu = QMenu(self)
        menu.addAction(icon("mdi6.file-outline"), self.tr("From a &file (.whl)…"), self.file_asked.emit)
        menu.addAction(icon("mdi6.folder-outline"), self.tr("From a plugin's f&older…"), self.folder_asked.emit)
        menu.addAction(
            icon("mdi6.folder-zip-outline"), self.tr("From a folder of &wheels…"), self.wheelhouse_asked.emit
        )
        return menu

    def more_menu(self) -> QMenu:
        """Return the rest."""
        menu = QMenu(self)
        if self._updates:
            menu.addAction(icon("mdi6.cloud-search-outline"), self.tr("Look for &updates"), self.look_asked.emit)
        menu.addAction(icon("mdi6.history"), self.tr("&History"), self.history_asked.emit)
        said, number = self.can_undo()
        undo = menu.addAction(icon("mdi6.undo"), self.tr("&Undo the last change"), lambda: self.undo_asked.emit(number))
        undo.setEnabled(bool(said))
        if said:
            undo.setText(self.tr("U&ndo: {}").format(said.replace("&", "&&")))
        menu.addAction(icon("mdi6.shield-check-outline"), self.tr("&Sources you agreed to…"), self.sources_asked.emit)
        menu.addAction(icon("mdi6.refresh"), self.tr("&Read all plugins anew"), self.again_asked.emit)
        return menu

    def _update(self) -> None:
        (self.update_asked if self._updates else self.look_asked).emit()

    def _open_install(self) -> None:
        _below(self.install_button, self.install_menu())

    def _open_more(self) -> None:
        _below(self.more, self.more_menu())


def _below(anchor: QWidget, menu: QMenu) -> None:
    """Show a menu below a control, its right edge where the control's is."""
    menu.aboutToHide.connect(menu.deleteLater)
    at = anchor.mapToGlobal(anchor.rect().bottomRight())
    menu.popup(at - QPoint(menu.sizeHint().width(), 0))
