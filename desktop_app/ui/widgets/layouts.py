"""Taking out again what was put into a layout."""

from __future__ import annotations

from PySide6.QtWidgets import QLayout, QWidget


def drop_contents(layout: QLayout) -> None:
    """Take everything out of a layout and let it go, unseen from now on."""
    for each in empty(layout):
        each.hide()
        each.deleteLater()


def empty(layout: QLayout) -> list[QWidget]:
    """Take everything out of a layout and return its widgets.

    Not by `takeAt`: Python never deletes the item it returns, and a widget tells only its oldest item of its size.
    """
    widgets: list[QWidget] = []
    for index in reversed(range(layout.count())):
        item = layout.itemAt(index)
        inner, widget = (item.layout(), item.widget()) if item is not None else (None, None)
        if inner is not None:
            widgets += empty(inner)
            layout.removeItem(inner)
            inner.deleteLater()
        elif widget is not None:
            layout.removeWidget(widget)
            widgets.append(widget)
    return widgets
