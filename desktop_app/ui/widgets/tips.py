"""Tool tips of texts that are somebody else's: Qt takes what looks like markup for it, and fetches what it names."""

from __future__ import annotations

from html import escape


def tip(text: str) -> str:
    """Return a tool tip that shows a text as it stands."""
    if "<" not in text and "&lt;" not in text:
        return text
    from PySide6.QtGui import Qt  # it brings all of Qt's enumerations, which the first paint does without

    if not Qt.mightBeRichText(text):
        return text
    return f'<p style="white-space: pre-wrap">{escape(text)}</p>'
