"""The pages of the window, each made when it is first shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QLabel, QStackedWidget, QWidget

if TYPE_CHECKING:
    from PySide6.QtCore import QKeyCombination
    from PySide6.QtGui import QKeyEvent

_PATIENCE_MS = 500
Factory = Callable[[], QWidget]


class Pages(QStackedWidget):
    """A stack of pages by name. A page that can't be made shows so in its place, and the others go on."""

    def __init__(self, on_bug: Callable[[BaseException], object]) -> None:
        super().__init__()
        self._on_bug = on_bug
        self._factories: Mapping[str, Factory] = {}
        self._made: dict[str, QWidget] = {}
        self._wanted: QKeyCombination | None = None
        self._waiting = QLabel()  # seen while the services are put together
        self.addWidget(self._waiting)
        QTimer.singleShot(_PATIENCE_MS, self._waiting, self._say_waiting)

    def set_factories(self, factories: Mapping[str, Factory]) -> None:
        """Say how pages are made; called once the services are there."""
        self._factories = factories

    def made(self, name: str) -> QWidget | None:
        """Return a page if it has been made."""
        return self._made.get(name)

    def page(self, name: str) -> QWidget | None:
        """Return a page, made now where it is not yet; None before the services are there."""
        if name not in self._made and name in self._factories:
            self._made[name] = self._make(name)
            self.addWidget(self._made[name])
        return self._made.get(name)

    def show_page(self, name: str) -> None:
        """Show a page."""
        page = self.page(name)
        if page is not None:
            self.setCurrentWidget(page)

    def focus_page(self) -> None:
        """Give the keyboard to the page that is shown: to what had it last, else to its first list, text or control."""
        page = self.currentWidget()
        if page is None or page.isAncestorOf(QApplication.focusWidget() or self):
            return
        last = cast("QWidget | None", page.focusWidget())
        if last is not None and last is not page and _takes_focus(last):
            last.setFocus()
        elif takes := [each for each in page.findChildren(QWidget) if _takes_focus(each)]:
            next((each for each in takes if isinstance(each, QAbstractScrollArea)), takes[0]).setFocus()

    def _say_waiting(self) -> None:
        from PySide6.QtCore import Qt  # not before the first paint

        self._waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._waiting.setText(self.tr("Opening…"))

    def wants(self, event: QKeyEvent) -> bool:
        """Return whether the page in front claims a key that was pressed outside of it."""
        page = self._front()
        focus = QApplication.focusWidget()
        if page is None or (focus is not None and page.isAncestorOf(focus)):
            return False
        event.ignore()
        page.event(event)
        self._wanted = event.keyCombination() if event.isAccepted() else None
        return event.isAccepted()

    def give(self, event: QKeyEvent) -> bool:
        """Give the page in front a key that it claimed; return whether it did."""
        page = self._front()
        if page is None or self._wanted != event.keyCombination():
            return False
        self._wanted = None
        page.event(event)
        return True

    def _front(self) -> QWidget | None:
        page = self.currentWidget()
        return page.currentWidget() if isinstance(page, QStackedWidget) else page

    def _make(self, name: str) -> QWidget:
        try:
            return self._factories[name]()
        except Exception as error:  # noqa: BLE001 - one broken page must not take the window along
            from desktop_app.ui.widgets.empty_state import EmptyState

            self._on_bug(error)
            text = self.tr("A report was written; the other pages work. Starting again may help.")
            return EmptyState("mdi6.bug-outline", self.tr("This page could not be shown"), text)


def _takes_focus(widget: QWidget) -> bool:
    from PySide6.QtCore import Qt

    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isVisible() and widget.isEnabled()
