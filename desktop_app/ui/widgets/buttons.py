"""Buttons: plain, primary (one on a page), danger, flat, link, and icon-only."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from desktop_app.ui.icons import icon
from desktop_app.ui.theme import icon_size
from desktop_app.ui.widgets.tips import tip as as_tip

_INK = {"primary": "on_accent", "danger": "failed", "link": "accent"}


def button(  # noqa: PLR0913 - all but the text are optional keywords
    text: str,
    icon_name: str = "",
    on_click: Callable[[], object] | None = None,
    *,
    role: str = "plain",
    tip: str = "",
    shortcut: str = "",
    parent: QWidget | None = None,
) -> QPushButton:
    """Return a push button; `text` may carry a mnemonic, `role` is plain, primary, danger, flat or link."""
    made = QPushButton(text, parent)
    made.setProperty("role", role)
    made.setAccessibleName(text.replace("&", ""))
    made.setAutoDefault(False)
    if icon_name:
        made.setIcon(icon(icon_name, _INK.get(role, "text")))
        made.setIconSize(icon_size(wide=True))
    if tip or shortcut:
        made.setToolTip(as_tip(_with_shortcut(tip or text.replace("&", ""), shortcut)))
    if shortcut:
        made.setShortcut(shortcut)
    if on_click is not None:
        made.clicked.connect(lambda _checked=False: on_click())
    return made


def primary_button(
    text: str, icon_name: str = "", on_click: Callable[[], object] | None = None, *, tip: str = "", shortcut: str = ""
) -> QPushButton:
    """Return the button for what one most likely came to do; one on a page."""
    return button(text, icon_name, on_click, role="primary", tip=tip, shortcut=shortcut)


def danger_button(
    text: str, icon_name: str = "", on_click: Callable[[], object] | None = None, *, tip: str = ""
) -> QPushButton:
    """Return a button for what can't be undone."""
    return button(text, icon_name, on_click, role="danger", tip=tip)


def flat_button(text: str, icon_name: str = "", on_click: Callable[[], object] | None = None) -> QPushButton:
    """Return a button without a frame."""
    return button(text, icon_name, on_click, role="flat")


def link_button(text: str, on_click: Callable[[], object] | None = None) -> QPushButton:
    """Return a button that reads as a link, to stand in a line of text."""
    return button(text, "", on_click, role="link")


def tool_button(
    icon_name: str, name: str, on_click: Callable[[], object] | None = None, *, shortcut: str = "", role: str = "muted"
) -> QToolButton:
    """Return a button that is an icon only; `name` is its tool tip and its accessible name."""
    made = QToolButton()
    made.setIcon(icon(icon_name, role))
    made.setIconSize(icon_size())
    made.setAccessibleName(name)
    made.setToolTip(as_tip(_with_shortcut(name, shortcut)))
    if shortcut:
        made.setShortcut(shortcut)
    if on_click is not None:
        made.clicked.connect(lambda _checked=False: on_click())
    return made


def _with_shortcut(text: str, shortcut: str) -> str:
    if not shortcut:
        return text
    from PySide6.QtGui import QKeySequence

    keys = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)
    return f"{text}  {keys}"
