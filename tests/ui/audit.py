"""An audit of what accessibility and good manners ask of a window; every screen's test calls `assert_sound`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import cast

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFont
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenu,
    QTabBar,
    QWidget,
)

from desktop_app.ui.theme import DARK, LIGHT, Theme
from desktop_app.ui.widgets import ElidedLabel
from tests.ui.conftest import settle

READABLE = 4.5
_INKS = (
    "text", "muted", "accent", "waiting", "preparing", "running", "finalizing", "completed", "failed", "canceled",
    "code_key", "code_string", "code_comment", "code_number",
)  # fmt: skip
_GROUNDS = ("ground", "surface", "hover", "selection")


def assert_sound(window: QWidget, *, doubled: bool = True) -> None:
    """Fail with all that is wrong with `window`, as it is shown now and with the font doubled."""
    settle()  # a text that has just changed gets its room with the next layout
    found = [*names(window), *mnemonics(window), *clipped(window), *unreachable(window)]
    if doubled:
        found.extend(f"font doubled: {each}" for each in with_doubled_font(window))
    assert not found, "\n".join(found)


def names(window: QWidget) -> Iterator[str]:
    """Yield every control that takes the focus and has no accessible name."""
    for each in shown(window):
        if each.focusPolicy() != Qt.FocusPolicy.NoFocus and not _is_part(each) and not _name(each):
            yield f"no accessible name: {describe(each)}"


def mnemonics(window: QWidget) -> Iterator[str]:
    """Yield letters that two controls (or two entries of one menu) claim at once."""
    claims: dict[str, list[str]] = defaultdict(list)
    for each in shown(window):
        for text in _texts(each):
            if letter := mnemonic(text):
                claims[letter].append(describe(each))
    yield from (f"Alt+{letter} is claimed by {owners}" for letter, owners in claims.items() if len(owners) > 1)
    for menu in window.findChildren(QMenu):
        letters = [letter for action in menu.actions() if action.isVisible() and (letter := mnemonic(action.text()))]
        doubles = {letter for letter in letters if letters.count(letter) > 1}
        if doubles:
            yield f"menu {menu.title()!r} has {sorted(doubles)} twice"


def clipped(window: QWidget) -> Iterator[str]:
    """Yield texts that do not fit the room they got."""
    for each in shown(window):
        if isinstance(each, QLabel) and not isinstance(each, ElidedLabel) and each.text():
            yield from _clipped_label(each)
        elif isinstance(each, QAbstractButton) and each.text() and not _is_part(each):
            need, have = each.minimumSizeHint().expandedTo(_text_room(each)), each.size()
            if have.width() < need.width() or have.height() < need.height():
                yield f"clipped: {describe(each)} has {have.toTuple()}, needs {need.toTuple()}"
        elif isinstance(each, QLineEdit | QComboBox | QAbstractSpinBox) and _is_flat(each):
            yield f"clipped: {describe(each)} is {each.height()} high"


def unreachable(window: QWidget) -> Iterator[str]:
    """Yield controls that the Tab key never comes to."""
    wanted = {
        each for each in shown(window)
        if each.focusPolicy() & Qt.FocusPolicy.TabFocus and each.isEnabled() and not each.focusProxy()
    }  # fmt: skip
    at: QWidget | None = window.nextInFocusChain()
    for _ in range(5000):
        if at is None or at is window or not wanted:
            break
        wanted.discard(at)
        at = at.nextInFocusChain()
    yield from (f"Tab never comes to {describe(each)}" for each in wanted)


def with_doubled_font(window: QWidget) -> list[str]:
    """Return what is clipped when the system's font is twice as large; the window may grow as layouts ask."""
    before = QFont(QApplication.font())
    size = window.size()
    try:
        font = QFont(before)
        font.setPointSizeF(before.pointSizeF() * 2)
        QApplication.setFont(font)
        settle()
        window.resize(size.expandedTo(window.minimumSizeHint()))
        settle()
        return list(clipped(window))
    finally:
        QApplication.setFont(before)
        window.resize(size)
        settle()


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours as WCAG 2.2 defines it, from 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = (each / 255 for each in (QColor(color).red(), QColor(color).green(), QColor(color).blue()))
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def pale_pairs(theme: Theme) -> list[str]:
    """Return the pairs of the theme's colours that are too hard to read."""
    pairs = [(ink, ground) for ink in _INKS for ground in _GROUNDS]
    pairs += [("on_accent", "accent"), ("on_accent", "accent_hover"), ("on_accent", "accent_pressed")]
    ratios = {(ink, ground): contrast(theme.color(ink), theme.color(ground)) for ink, ground in pairs}
    for ink in ("failed", "canceled", "accent", "text", "muted"):
        for tone in ("failed", "canceled", "accent"):
            ratios[ink, f"tint of {tone}"] = contrast(theme.color(ink), theme.tint(tone))
    return [
        f"{theme.name}: {ink} on {ground} {ratio:.2f}" for (ink, ground), ratio in ratios.items() if ratio < READABLE
    ]


def all_pale_pairs() -> list[str]:
    """Return the pairs of both themes that are too hard to read."""
    return [*pale_pairs(LIGHT), *pale_pairs(DARK)]


def shown(window: QWidget) -> list[QWidget]:
    """Return the widgets in `window` that a person can see, and the window itself."""
    return [
        window,
        *(each for each in window.findChildren(QWidget) if each.isVisibleTo(window) and _same(each, window)),
    ]


def mnemonic(text: str) -> str:
    """Return the letter behind a single &, or an empty text."""
    found = re.search(r"&(?!&)(\w)", text.replace("&&", ""))
    return found.group(1).lower() if found else ""


def describe(widget: QWidget) -> str:
    """Return what tells this widget from others."""
    text = getattr(widget, "text", None)
    said = widget.objectName() or _name(widget) or (text() if callable(text) else "")
    path: list[str] = []
    at = widget.parentWidget()
    while at is not None and len(path) < 3:
        path.append(type(at).__name__)
        at = at.parentWidget()
    return f"{type(widget).__name__} {said!r} in {' < '.join(path)}"


def _clipped_label(each: QLabel) -> Iterator[str]:
    if not each.pixmap().isNull():
        return
    if each.wordWrap():
        need = each.heightForWidth(each.width())
        if each.height() < need:
            yield f"clipped: {describe(each)} is {each.height()} high, needs {need}"
    elif each.width() < each.minimumSizeHint().width() or each.height() < each.fontMetrics().height():
        yield f"clipped: {describe(each)} has {each.size().toTuple()}, needs {each.minimumSizeHint().toTuple()}"


def _is_flat(field: QWidget) -> bool:
    return not _is_part(field) and field.height() < field.fontMetrics().height()


def _text_room(button: QAbstractButton) -> QSize:
    metrics = button.fontMetrics()
    return metrics.size(Qt.TextFlag.TextShowMnemonic, button.text())


def _texts(widget: QWidget) -> list[str]:
    if isinstance(widget, QAbstractButton):
        return [widget.text()]
    if isinstance(widget, QLabel):
        return [widget.text()] if cast("QWidget | None", widget.buddy()) is not None else []
    if isinstance(widget, QGroupBox):
        return [widget.title()]
    if isinstance(widget, QTabBar):
        return [widget.tabText(index) for index in range(widget.count())]
    return []


def _same(widget: QWidget, window: QWidget) -> bool:
    return widget.window() is window.window() and not isinstance(widget, QMenu)


def _is_part(widget: QWidget) -> bool:
    """Return whether Qt made the widget as a part of another control, which carries the name."""
    parent = widget.parentWidget()
    if isinstance(parent, QAbstractSpinBox | QComboBox | QLineEdit | QTabBar):
        return True
    internal = widget.objectName().startswith("qt_")
    return internal or (isinstance(parent, QAbstractScrollArea) and widget is parent.viewport())


def _name(widget: QWidget) -> str:
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
