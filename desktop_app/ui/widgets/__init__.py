"""The common controls: what every page is put together from.

A control's module is imported when the control is first asked for: the window's first paint needs few of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop_app.ui.theme import mono_font
    from desktop_app.ui.widgets.buttons import (
        button,
        danger_button,
        flat_button,
        link_button,
        primary_button,
        tool_button,
    )
    from desktop_app.ui.widgets.card import Card, hairline
    from desktop_app.ui.widgets.empty_state import EmptyState
    from desktop_app.ui.widgets.inline_message import InlineMessage
    from desktop_app.ui.widgets.labels import ElidedLabel, IconLabel, StateLabel, label
    from desktop_app.ui.widgets.scroll import scrolled
    from desktop_app.ui.widgets.tables import dress_table, dress_tree, light_rows

_MODULES = {
    "desktop_app.ui.theme": "mono_font",
    "desktop_app.ui.widgets.buttons": "button danger_button flat_button link_button primary_button tool_button",
    "desktop_app.ui.widgets.card": "Card hairline",
    "desktop_app.ui.widgets.empty_state": "EmptyState",
    "desktop_app.ui.widgets.inline_message": "InlineMessage",
    "desktop_app.ui.widgets.labels": "ElidedLabel IconLabel StateLabel label",
    "desktop_app.ui.widgets.scroll": "scrolled",
    "desktop_app.ui.widgets.tables": "dress_table dress_tree light_rows",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


__all__ = [
    "Card",
    "ElidedLabel",
    "EmptyState",
    "IconLabel",
    "InlineMessage",
    "StateLabel",
    "button",
    "danger_button",
    "dress_table",
    "dress_tree",
    "flat_button",
    "hairline",
    "label",
    "light_rows",
    "link_button",
    "mono_font",
    "primary_button",
    "scrolled",
    "tool_button",
]
