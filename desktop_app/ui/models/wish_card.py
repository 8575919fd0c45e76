"""Which smaller and faster variants of a model are wanted, and the real inputs that they are judged by."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout

from desktop_app.presenters.models.variants import KINDS_SAY, NEEDS_DATA
from desktop_app.services.exports.candidates import Wish
from desktop_app.ui.models.parts import Section
from desktop_app.ui.models.path_line import PathLine
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import button, label, primary_button


class WishCard(Section):
    """Hidden until it is asked for; `wished` carries a `Wish`, `toggled` tells that it came or went."""

    wished = Signal(object)
    toggled = Signal()

    def __init__(self) -> None:
        super().__init__("")
        self.heading.setText(self.tr("Optimise and quantise"))
        said = self.tr(
            "Each variant is made, run in turns with the file itself, and compared with it. "
            "What is slower or less right is shown as such and not recommended."
        )
        self.body.addWidget(label(said, "muted", wraps=True))
        self._had_data = False
        self.boxes: dict[str, QCheckBox] = {}
        for kind, (title, why) in KINDS_SAY.items():
            box = self.boxes[kind] = QCheckBox(title)
            box.setAccessibleName(f"{title}: {why}")
            box.setChecked(kind != NEEDS_DATA)
            box.toggled.connect(self._update)
            row = QHBoxLayout()
            row.setSpacing(Space.S)
            row.addWidget(box)
            row.addWidget(label(why, "muted", wraps=True), 1)
            self.body.addLayout(row)
        self.data = PathLine(self.tr("Real inputs"), files=self.tr("Choose &real inputs…"),
                             patterns=self.tr("Arrays by name (*.npz)"))  # fmt: skip
        self.data.line.setPlaceholderText(
            self.tr("An .npz with real inputs: static int8 needs it, the rest is surer by it")
        )
        self.data.edited.connect(lambda _text: self._update())
        self.start_button = primary_button(self.tr("Co&mpare"), "mdi6.play", self._start)
        self.reason = label("", "muted", wraps=True)
        self._build()
        self._update()
        self.hide()

    def begin(self) -> None:
        """Show the card."""
        self.show()
        self.start_button.setFocus()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().showEvent(event)
        self.toggled.emit()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().hideEvent(event)
        self.toggled.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Esc takes the card away."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def _start(self) -> None:
        kinds = tuple(kind for kind, box in self.boxes.items() if box.isChecked())
        data = (Path(self.data.text).expanduser(),) if self.data.text else ()
        self.hide()
        self.wished.emit(Wish(kinds=kinds, calibration=data))

    def _update(self) -> None:
        has_data = bool(self.data.text)
        if has_data != self._had_data:  # what needs data is wanted once they are there, and can't be had without
            self._had_data = has_data
            self.boxes[NEEDS_DATA].setChecked(has_data)
        problem = "" if any(each.isChecked() for each in self.boxes.values()) else self.tr("Choose at least one.")
        if self.boxes[NEEDS_DATA].isChecked() and not has_data:
            problem = self.tr("“8 bits, static” needs real inputs: choose an .npz.")
        if self.data.text and not Path(self.data.text).expanduser().is_file():
            problem = self.tr("There is no file {}.").format(self.data.text)
        self.reason.setText(problem)
        self.start_button.setEnabled(not problem)

    def _build(self) -> None:
        self.body.addWidget(self.data)
        foot = QHBoxLayout()
        foot.setSpacing(Space.S)
        foot.addWidget(self.reason, 1)
        foot.addWidget(button(self.tr("C&lose"), on_click=self.hide))
        foot.addWidget(self.start_button)
        self.body.addLayout(foot)
