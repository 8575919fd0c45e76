"""Names of plugins beyond those that a search shows: each is a link that searches for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from desktop_app.presenters.plugins.found import more_text
from desktop_app.ui.widgets import Card, label

_MOST = 200
"""Names that are shown: an index may have thousands, which other words tell apart."""
_HYPHEN = "\N{NON-BREAKING HYPHEN}"


class MoreNames(Card):
    """`search` is called with a name that was clicked, or chosen by Tab and Enter."""

    def __init__(self, names: Sequence[str], search: Callable[[str], object]) -> None:
        super().__init__()
        self.names = label("", wraps=True)
        self.names.setTextFormat(Qt.TextFormat.RichText)
        self.names.setText(" · ".join(_link(each) for each in names[:_MOST]))
        self.names.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.names.linkActivated.connect(search)
        text = more_text(len(names), _MOST)
        self.names.setAccessibleName(f"{text} {', '.join(names[:_MOST])}")
        self.heading: QLabel = label(text, "strong", wraps=True)
        self.body.addWidget(self.heading)
        self.body.addWidget(self.names)


def _link(name: str) -> str:
    """Return a link whose text is broken between names and nowhere else: with hyphens that don't break."""
    return f'<a href="{escape(name)}">{escape(name).replace("-", _HYPHEN)}</a>'
