"""Where the page lies that says what of Azure ML was tried, and against what."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout

from desktop_app.places import shipped
from desktop_app.presenters.clouds.connect import NOT_PROVEN
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import label, link_button


def not_proven() -> QHBoxLayout:
    """Return the quiet line that says so, with a link where the page is there: a wheel has no docs."""
    row = QHBoxLayout()
    row.setSpacing(Space.XS)
    row.addWidget(label(NOT_PROVEN, "small", wraps=True), 1)
    page = shipped("resources").parent / "docs" / "azure.md"
    if page.is_file():
        text = QCoreApplication.translate("clouds", "What was tried")
        row.addWidget(link_button(text, lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(page)))))
    return row
