"""Dividing the calls to an endpoint between its deployments, in per cent."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QDialog, QSpinBox, QWidget

from desktop_app.api import Endpoint
from desktop_app.presenters.clouds import endpoints as words
from desktop_app.ui.clouds.dialog_frame import frame
from desktop_app.ui.clouds.field_grid import FieldGrid, level_spin
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.widgets import Card, label, primary_button


class TrafficDialog(QDialog):
    """`asked` carries the parts by deployment. Of two, the other one gets the rest."""

    asked = Signal(object)

    def __init__(self, endpoint: Endpoint, parent: QWidget) -> None:
        super().__init__(parent)
        self.spins: dict[str, QSpinBox] = {}
        self.complaint, self.note = label(role="error", wraps=True), label(role="warning", wraps=True)
        self.go = primary_button(self.tr("Change"), on_click=self.accept)
        self._able = [each.name for each in endpoint.deployments if words.takes_calls(each)]
        self._build(endpoint)
        self._check()
        fit_to_screen(self, QSize(460, 320), parent)

    @property
    def parts(self) -> dict[str, int]:
        """What is set now."""
        return {name: each.value() for name, each in self.spins.items()}

    def accept(self) -> None:
        """Called by Qt for Enter and the button."""
        if self._check():
            self.asked.emit(self.parts)
            super().accept()

    def _changed(self, name: str) -> None:
        others = [each for each in self._able if each != name]
        if len(others) == 1 and name in self._able and self.spins[name].hasFocus():
            self.spins[others[0]].setValue(100 - self.spins[name].value())
        self._check()

    def _check(self) -> bool:
        said, note = words.parts_complaint(self.parts), words.parts_note(self.parts)
        for shown, text in ((self.complaint, said), (self.note, note)):
            shown.setText(text)
            shown.setVisible(bool(text))
        self.go.setEnabled(not said)
        return not said

    def _build(self, endpoint: Endpoint) -> None:
        form = FieldGrid()
        for each in endpoint.deployments:
            spin = self.spins[each.name] = QSpinBox()
            spin.setRange(0, 100)
            spin.setSuffix(self.tr(" %"))
            spin.setValue(each.traffic)
            spin.setEnabled(words.takes_calls(each))
            spin.setAccessibleName(each.name)
            spin.valueChanged.connect(lambda _value, name=each.name: self._changed(name))
            form.add(each.name, level_spin(spin), label(each.model, "muted"))
        card = Card()
        card.body.addLayout(form.grid)
        for said in (self.complaint, self.note):
            card.body.addWidget(said)
        frame(self, self.tr("Who gets the calls to {}").format(endpoint.name), card, self.go)
