"""What is measured of an ONNX file that came from elsewhere: variants of its own, compared with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLineEdit

from desktop_app.api import Progress, UserError
from desktop_app.core.exports.report import ExportReport
from desktop_app.presenters.models.words import for_window
from desktop_app.services.exports.candidates import Wish
from desktop_app.ui.clouds.work_strip import WorkStrip
from desktop_app.ui.models.wish_card import WishCard
from desktop_app.ui.widgets import label

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench
    from desktop_app.ui.models.graph_page import GraphPage


class ForeignMeasuring(QObject):
    """Carries out what is asked of the file in the graph; `done` carries the report, which is kept like an export's."""

    done = Signal(object)

    def __init__(self, workbench: Workbench, shown: GraphPage) -> None:
        super().__init__(shown)
        self._exports, self._shown = workbench.exports, shown
        self.card, self.strip = WishCard(), WorkStrip()
        self.inputs = QLineEdit()
        self._report: ExportReport | None = None
        self._build()
        for each in (self.card, self.strip):
            shown.notes.addWidget(each)
        shown.optimise.connect(self.card.begin)
        self.card.wished.connect(self.compare)
        self.card.toggled.connect(lambda: shown.view.setVisible(not self.card.isVisibleTo(shown)))  # room for the card

    def compare(self, wish: Wish) -> None:
        """Make variants of the file that is shown, and compare them with it."""
        path = self._shown.path
        if path is None:
            return
        given = tuple(filter(None, (each.strip() for each in self.inputs.text().split(";"))))
        self._report = None

        async def work(tell: Progress) -> None:
            self._report = await self._exports.look_into(path, given, wish, tell)

        self._shown.note.hide()
        self.strip.start(self.tr("Comparing variants…"), work, self._fail, self._end)
        self.strip.cancel_button.setFocus()

    def _fail(self, error: UserError) -> None:
        hint = for_window(error.hint)
        self._shown.note.show_text("error", for_window(error.message), hint, error.details)
        self.card.begin()

    def _end(self) -> None:
        if self._report is not None:
            self.done.emit(self._report)

    def _build(self) -> None:
        said = self.tr(
            "The model that this file came from is not here, so variants are compared with the file itself. "
            "Inputs are drawn at random, unless you choose real ones."
        )
        self.inputs.setAccessibleName(self.tr("Inputs"))
        self.inputs.setPlaceholderText(
            self.tr("Inputs to draw, where the file doesn't say enough: ids=int64[1,128]{0..30000}; mask=int64[1,128]")
        )
        at = self.card.body.indexOf(self.card.data)
        self.card.body.insertWidget(at, self.inputs)
        self.card.body.insertWidget(at, label(said, "muted", wraps=True))
