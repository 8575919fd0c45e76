"""Icons of what lies in a project: Azure ML's kinds as everywhere, and those of plain files."""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QIcon

from desktop_app.presenters.files import Entry
from desktop_app.ui.icons import icon, kind_icon

_PLAIN = {
    "python": ("mdi6.language-python", "muted"),
    "notebook": ("mdi6.notebook-outline", "muted"),
    "markdown": ("mdi6.text-box-outline", "muted"),
    "text": ("mdi6.text-box-outline", "muted"),
    "script": ("mdi6.console", "muted"),
    "settings": ("mdi6.code-json", "muted"),
    "yaml": ("mdi6.file-code-outline", "muted"),
    "table": ("mdi6.table", "muted"),
    "arrays": ("mdi6.matrix", "muted"),
    "archive": ("mdi6.zip-box-outline", "muted"),
    "picture": ("mdi6.image-outline", "muted"),
    "weights": ("mdi6.cube-scan", "muted"),
    "ignore": ("mdi6.eye-off-outline", "muted"),
    "more": ("mdi6.dots-horizontal", "muted"),
}


@cache
def icon_of(kind: str) -> QIcon:
    """Return the icon of a kind of file."""
    return icon(*_PLAIN[kind]) if kind in _PLAIN else kind_icon(kind)


@cache
def _folder_icon(is_link: bool) -> QIcon:
    return icon("mdi6.folder-arrow-right-outline" if is_link else "mdi6.folder-outline", "muted")


def entry_icon(entry: Entry) -> QIcon:
    """Return the icon of a row in the tree."""
    return _folder_icon(entry.is_link) if entry.is_folder else icon_of(entry.kind)
