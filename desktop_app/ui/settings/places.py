"""Settings: where runs, plugins and toolchains lie."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QGridLayout

from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, ElidedLabel, button, label

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench


class PlacesSection(Card):
    """Folders to look into; they move with `--home` and `RANKZERO_CACHE`."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        places = workbench.places
        self.body.addWidget(label(self.tr("Folders"), "heading"))
        self.body.addWidget(label(self.tr("They move with the option --home, and caches with RANKZERO_CACHE."), "muted",
                                  wraps=True))  # fmt: skip
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.L)
        grid.setVerticalSpacing(Space.S)
        grid.setColumnStretch(1, 1)
        rows = (("Runs", places.runs), ("Plugins", places.plugins), ("Toolchains", places.toolchains))
        for row, (title, folder) in enumerate(rows):
            path = ElidedLabel(str(folder), "muted", Qt.TextElideMode.ElideMiddle)
            opens = button(self.tr("Show"), "mdi6.folder-open-outline", partial(_show, folder))
            opens.setAccessibleName(self.tr("Show the folder of {}").format(title.lower()))
            grid.addWidget(label(self.tr(title)), row, 0)
            grid.addWidget(path, row, 1)
            grid.addWidget(opens, row, 2)
        self.body.addLayout(grid)


def _show(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
