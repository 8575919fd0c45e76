"""The rows of a form in a scroll area. A row's widget is made when it comes near to what is seen, a few at a time.

A row that is not made yet is taken to be as high as a line; heights are learnt as rows are made, and what is seen
stays in its place meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QWidget

from desktop_app.presenters.form.model import FormModel, Row
from desktop_app.presenters.form.paths import starts_with
from desktop_app.ui.files.form.items import Item, items_of
from desktop_app.ui.files.form.row_widget import RowWidget, widest_title
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import label

_SLICE = 0.004  # seconds: what is made in one go, so that a frame is never missed
_MOST_MADE = 400
_NARROW = 22  # letters: titles take no more


class RowsArea(QScrollArea):
    """`made` carries each row's widget when it is made, so that somebody listens to it."""

    made = Signal(object)
    filled = Signal()

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.open_groups: dict[str, bool] = {}
        self._model: FormModel | None = None
        self._items: list[Item] = []
        self._widgets: dict[str, QWidget] = {}
        self._heights: dict[str, int] = {}
        self._tops: list[int] = []
        self._marked = ""
        self._wanted_focus = ""
        self._titles = 120
        self._chain: list[str] = []
        self._content = QWidget()
        self._content.setProperty("role", "scrolled")
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._fill)
        self._resized: set[str] = set()
        self._again = QTimer(self, singleShot=True, interval=0)
        self._again.timeout.connect(self._measure_resized)
        self._build()

    # ----- what the panel asks

    def show_model(self, model: FormModel) -> None:
        """Show another state of the form: rows that stay keep their widget, its focus, cursor and what is typed."""
        self._model = model
        anchor = self._anchor()
        self._items = items_of(model, self.open_groups)
        rows = [each for section in model.sections if not section.is_tree for each in section.rows if not each.depth]
        self._titles = widest_title(rows or list(_first(self._items)), self._ruler, self._most_title())
        self._drop_gone()
        for each in self._items:
            widget = self._widgets.get(each.key)
            if isinstance(widget, RowWidget) and each.row is not None:
                widget.show_row(each.row, is_open=each.is_open)
        self._lay_out(anchor)
        self._later.start()

    def toggle(self, key: str, *, is_open: bool | None = None) -> None:
        """Fold a group out or in."""
        item = next((each for each in self._items if each.key == key), None)
        if item is not None and self._model is not None:
            self.open_groups[key] = not item.is_open if is_open is None else is_open
            self.show_model(self._model)

    def row_widget(self, key: str) -> RowWidget | None:
        """Return a row's widget, where it is made."""
        found = self._widgets.get(key)
        return found if isinstance(found, RowWidget) else None

    def reach(self, key: str) -> RowWidget | None:
        """Unfold, make and show a row; returns its widget."""
        if self._model is None:
            return None
        for each in _holders(self._model, key):
            if not self.open_groups.get(each.key, each.is_open):
                self.toggle(each.key, is_open=True)
        index = next((number for number, each in enumerate(self._items) if each.key == key), None)
        if index is None:
            return None
        self._make(self._items[index])
        self._lay_out(None)
        self.ensureVisible(0, self._tops[index] + self._height(self._items[index]) // 2, 0, self._line_height() * 2)
        self._fill()
        return self.row_widget(key)

    def rekey(self, old: str, new: str) -> None:
        """Follow an entry to its new name, so that its rows keep their controls and the focus."""
        self._widgets = {_moved(key, old, new): widget for key, widget in self._widgets.items()}
        self.open_groups = {_moved(key, old, new): is_open for key, is_open in self.open_groups.items()}
        self._heights = {_moved(key, old, new): height for key, height in self._heights.items()}
        for each in self._widgets.values():
            if isinstance(each, RowWidget):
                each.rekey(old, new)

    def mark(self, key: str) -> None:
        """Mark the row of the text's cursor; the one that was is so no more."""
        if key != self._marked:
            for name, marked in ((self._marked, False), (key, True)):
                widget = self.row_widget(name)
                if widget is not None:
                    widget.set_marked(marked)
            self._marked = key

    @property
    def row_widgets(self) -> list[RowWidget]:
        """Every row that is made, from top to bottom."""
        found = (self._widgets.get(each.key) for each in self._items)
        return [each for each in found if isinstance(each, RowWidget)]

    @property
    def is_filled(self) -> bool:
        """Whether all that is seen is made."""
        return not self._later.isActive()

    # ----- places

    def _build(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(self._content)
        self._ruler = QLabel(self)
        self._ruler.hide()
        self.verticalScrollBar().valueChanged.connect(lambda _value: self._later.start())
        self.verticalScrollBar().setSingleStep(Space.XL)

    def _line_height(self) -> int:
        return self.fontMetrics().height() + Space.L

    def _most_title(self) -> int:
        letters = self.fontMetrics().averageCharWidth() * _NARROW
        return max(48, min(letters, self.viewport().width() // 4))

    def _height(self, item: Item) -> int:
        return self._heights.get(item.key, self._line_height())

    def _anchor(self) -> tuple[str, int] | None:
        """Return the first row that is seen, and how far it is scrolled; None at the very top."""
        at = self.verticalScrollBar().value()
        if at <= 0:
            return None
        for item, top in zip(self._items, self._tops, strict=False):
            if top + self._height(item) > at:
                return item.key, top - at
        return None

    def _lay_out(self, anchor: tuple[str, int] | None) -> None:
        """Work out where each row lies, place those that are made, and keep the anchor where it was."""
        top, self._tops = Space.XS, []
        for each in self._items:
            top += each.gap
            self._tops.append(top)
            top += self._height(each)
        self._content.setMinimumHeight(top + Space.L)
        width = self.viewport().width()
        for item, place in zip(self._items, self._tops, strict=True):
            widget = self._widgets.get(item.key)
            if widget is not None:
                widget.setGeometry(0, place, width, self._height(item))
        if anchor is not None:
            self._restore(anchor)

    def _restore(self, anchor: tuple[str, int]) -> None:
        key, offset = anchor
        for item, top in zip(self._items, self._tops, strict=True):
            if item.key == key:
                self.verticalScrollBar().setValue(top - offset)
                return

    def _measure(self, item: Item) -> None:
        widget = self._widgets.get(item.key)
        if widget is None:
            return
        layout, width = widget.layout(), self.viewport().width()
        if isinstance(widget, RowWidget):
            widget.set_room(width)
            widget.set_title_width(self._titles if not widget.is_tree else self._tree_titles())
        if layout is not None:
            layout.invalidate()
            layout.activate()
            height = (
                layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()
            )
        else:
            height = widget.heightForWidth(width) if widget.hasHeightForWidth() else widget.sizeHint().height()
        self._heights[item.key] = max(height, 1)

    def _tree_titles(self) -> int:
        return max(96, min(self.viewport().width() // 3, self.fontMetrics().averageCharWidth() * 30))

    # ----- making

    def _fill(self) -> None:
        """Make the rows near what is seen, nearest first, for a moment; go on after the window had its turn."""
        end = time.perf_counter() + _SLICE
        anchor = self._anchor()
        changed = False
        for item in self._wanted():
            if time.perf_counter() > end:
                self._later.start()
                break
            self._make(item)
            changed = True
        if changed:
            self._lay_out(anchor)
            if not self._later.isActive():
                self._later.start()  # what was made may have been lower than thought: there may be room for more
        else:
            self._drop_far()
            self._keep_tab_order()
            self._give_focus()
            self.filled.emit()

    def _give_focus(self) -> None:
        widget = self.row_widget(self._wanted_focus)
        if widget is not None and widget.controls:
            widget.controls[0].setFocus(Qt.FocusReason.OtherFocusReason)
        self._wanted_focus = ""

    def _wanted(self) -> Iterator[Item]:
        room = self.viewport().height()
        top = self.verticalScrollBar().value()
        middle = top + room / 2
        near = [
            (abs(place - middle), item)
            for item, place in zip(self._items, self._tops, strict=True)
            if item.key not in self._widgets and top - room // 2 <= place <= top + room + room // 2
        ]
        yield from (item for _distance, item in sorted(near, key=lambda each: each[0]))

    def _make(self, item: Item) -> None:
        if item.key in self._widgets:
            return
        if item.row is None:
            widget: QWidget = self._heading(item)
        else:
            widget = self._row(item, item.row)
        widget.setParent(self._content)
        self._widgets[item.key] = widget
        self._chain = []
        widget.ensurePolished()
        widget.resize(self.viewport().width(), self._line_height())
        self._measure(item)
        widget.show()

    def _heading(self, item: Item) -> QWidget:
        made = label(item.text, "strong")
        made.setContentsMargins(Space.S, 0, 0, 0)
        made.setToolTip(item.help)
        made.setAccessibleDescription(item.help)
        return made

    def _row(self, item: Item, row: Row) -> RowWidget:
        made = RowWidget(row, self.folder, is_tree=item.is_tree)
        made.show_row(row, is_open=item.is_open)
        made.set_marked(item.key == self._marked)
        made.toggled.connect(self.toggle)
        made.resized.connect(lambda: self._on_resized(made.row.key))
        self.made.emit(made)
        return made

    def _on_resized(self, key: str) -> None:
        """Measure a row again, once the layouts in it have taken in what changed."""
        self._resized.add(key)
        self._again.start()

    def _measure_resized(self) -> None:
        keys, self._resized = self._resized, set()
        anchor = self._anchor()
        for each in self._items:
            if each.key in keys:
                self._measure(each)
        self._lay_out(anchor)
        self._later.start()

    def _drop_gone(self) -> None:
        """Take away the widgets of rows that are gone or became something else; those that come anew take the focus."""
        kept = {each.key: each.row.make if each.row is not None else None for each in self._items}
        for key, widget in tuple(self._widgets.items()):
            make = widget.row.make if isinstance(widget, RowWidget) else None
            if key not in kept or kept[key] != make:
                if key in kept and _holds_focus(widget):
                    self._wanted_focus = key
                self._drop(key, widget)

    def _drop_far(self) -> None:
        if len(self._widgets) <= _MOST_MADE:
            return
        middle = self.verticalScrollBar().value()
        places = {item.key: abs(top - middle) for item, top in zip(self._items, self._tops, strict=True)}
        far = sorted(self._widgets, key=lambda each: -places.get(each, 0))
        for key in far[: len(far) - _MOST_MADE // 2]:
            widget = self._widgets[key]
            if not _holds_focus(widget):
                self._drop(key, widget)

    def _drop(self, key: str, widget: QWidget) -> None:
        del self._widgets[key]
        self._chain = []
        widget.hide()
        widget.deleteLater()

    def _keep_tab_order(self) -> None:
        keys = [each.key for each in self._items if each.key in self._widgets]
        if keys == self._chain:
            return
        self._chain = keys
        controls = [each for widget in self.row_widgets for each in widget.controls]
        for one, other in pairwise(controls):
            QWidget.setTabOrder(one, other)

    # ----- Qt's events

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: another width, other heights."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._measure_all()
            # a picture breaks its lines anew only after it got its width
            self._resized |= {each.key for each in self._items if each.row is not None and each.row.topology}
            self._again.start()
        self._later.start()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: another font or style sheet, other heights."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and self._model is not None:
            QTimer.singleShot(0, self, self._measure_all)

    def _measure_all(self) -> None:
        if self._model is None:
            return
        anchor = self._anchor()
        rows = [each for section in self._model.sections if not section.is_tree for each in section.rows]
        self._titles = widest_title(rows or list(_first(self._items)), self._ruler, self._most_title())
        self._heights.clear()
        for each in self._items:
            self._measure(each)
        self._lay_out(anchor)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802 - Qt's name and signature
        """Called by Qt for Tab: the row that gets the focus is scrolled to."""
        moved = super().focusNextPrevChild(forward)
        at: QWidget | None = self.window().focusWidget()
        if moved and at is not None and self._content.isAncestorOf(at):
            place = at.mapTo(self._content, QPoint(0, 0))
            self.ensureVisible(0, place.y() + at.height() // 2, 0, at.height() + Space.L)
        return moved


def _first(items: list[Item]) -> Iterator[Row]:
    yield from (each.row for each in items[:40] if each.row is not None)


def _holders(model: FormModel, key: str) -> list[Row]:
    """Return the groups that hold a row, the outermost first."""

    def search(rows: tuple[Row, ...]) -> list[Row] | None:
        for row in rows:
            if row.key == key:
                return []
            inner = search(row.children)
            if inner is not None:
                return [row, *inner]
        return None

    return next((found for each in model.sections if (found := search(each.rows)) is not None), [])


def _holds_focus(widget: QWidget) -> bool:
    at: QWidget | None = widget.window().focusWidget()
    return at is not None and widget.isAncestorOf(at)


def _moved(key: str, old: str, new: str) -> str:
    return f"{new}{key[len(old) :]}" if starts_with(key.removesuffix("+"), old) else key
