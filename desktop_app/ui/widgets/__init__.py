"""The common controls: what every page is put together from."""

from desktop_app.ui.theme import mono_font
from desktop_app.ui.widgets.buttons import button, danger_button, flat_button, link_button, primary_button, tool_button
from desktop_app.ui.widgets.card import Card, hairline
from desktop_app.ui.widgets.empty_state import EmptyState
from desktop_app.ui.widgets.inline_message import InlineMessage
from desktop_app.ui.widgets.labels import ElidedLabel, IconLabel, StateLabel, label
from desktop_app.ui.widgets.scroll import scrolled
from desktop_app.ui.widgets.tables import dress_table, dress_tree

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
    "link_button",
    "mono_font",
    "primary_button",
    "scrolled",
    "tool_button",
]
