"""Serving a registered MLflow or Triton model at an endpoint without code: which, where, and on how many machines."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QSpinBox, QWidget
from shiboken6 import isValid

from desktop_app.api import Asset, Endpoint, SizeOffer, UserError, Workspace
from desktop_app.presenters.clouds import compute
from desktop_app.presenters.clouds import endpoints as words
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.clouds.dialog_frame import frame
from desktop_app.ui.clouds.field_grid import FieldGrid, level_spin
from desktop_app.ui.clouds.size_choice import RoomLine, chosen_size, fit_list, fit_size_box, fit_wide, list_sizes
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.tasks import spawn
from desktop_app.ui.widgets import Card, label, primary_button

_MOST = 100


class DeployDialog(QDialog):
    """`asked` carries endpoint, model (`NAME:VERSION`), VM size and number of machines."""

    asked = Signal(str, str, str, int)

    def __init__(
        self, desk: CloudDesk, workspace: Workspace, endpoints: Sequence[Endpoint], parent: QWidget, model: str = ""
    ) -> None:
        super().__init__(parent)
        self._desk, self._workspace, self._endpoints = desk, workspace, endpoints
        self._wanted, self._named = model, False
        self.model, self.endpoint, self.size_box, self.count = QComboBox(), QComboBox(), QComboBox(), QSpinBox()
        self.model_says, self.endpoint_says = label(role="muted", wraps=True), label(role="muted", wraps=True)
        self.complaint, self.size_says = label(role="error", wraps=True), label(role="muted", wraps=True)
        self.room = RoomLine(desk, workspace)
        self.go = primary_button(self.tr("Deploy"), "mdi6.rocket-launch-outline", self.accept)
        self._build()
        self._check()
        fit_to_screen(self, QSize(580, 460), parent)
        spawn(self._load_models(), "list models", self._no_models)
        list_sizes(self._desk, self._workspace, self, self.show_sizes, self.size_says)

    def show_models(self, models: Sequence[Asset]) -> None:
        """Offer these models, as far as they are served without code."""
        found = words.servable(models)
        self.model.clear()
        for each in found:
            self.model.addItem(words.model_text(each), f"{each.name}:{each.version}")
        self.model.setCurrentIndex(max(0, self.model.findData(self._wanted)))
        none = self.tr("No model here is served without code: MLflow and Triton models are. Register one first.")
        self.model_says.setText("" if found else none)
        self.model_says.setVisible(not found)
        self._model_chosen()

    def show_sizes(self, offers: Sequence[SizeOffer]) -> None:
        """Offer these sizes, the usual one first."""
        chosen = chosen_size(self.size_box)
        self.size_box.clear()
        for each in words.sizes(offers):
            self.size_box.addItem(compute.size_text(each), each.name)
        fit_list(self.size_box)
        self.size_box.setCurrentIndex(max(0, self.size_box.findData(chosen)))

    def accept(self) -> None:
        """Called by Qt for Enter and the button: ask for it, unless something is wrong."""
        if self._check():
            self.asked.emit(self._name(), str(self.model.currentData()), chosen_size(self.size_box), self.count.value())
            super().accept()

    def done(self, result: int) -> None:
        """Called by Qt when the dialog closes: nobody waits for the quota any longer."""
        self.room.stop()
        super().done(result)

    def _name(self) -> str:
        return self.endpoint.currentText().strip()

    def _model_chosen(self) -> None:
        chosen = str(self.model.currentData() or "")
        if chosen and not self._named and not self._endpoints:
            self.endpoint.setEditText(words.suggested_name(chosen, [each.name for each in self._endpoints]))
        self._check()

    def _name_typed(self) -> None:
        self._named = True

    def _check(self) -> bool:
        said = words.name_complaint(self._name())
        self.complaint.setText(said)
        self.complaint.setVisible(bool(said) and bool(self._name()))
        self.endpoint_says.setText(words.at_endpoint(self._name(), self._endpoints))
        self.endpoint_says.setVisible(not said)
        able = not said and self.model.currentData() is not None and bool(chosen_size(self.size_box))
        self.go.setEnabled(able)
        return able

    def _size_changed(self) -> None:
        self._check()
        line = self.size_box.lineEdit()
        if line is not None and not self.size_box.hasFocus():
            line.setCursorPosition(0)  # a long one is seen from its beginning
        count = self.count.value()
        self.room.ask(
            chosen_size(self.size_box), words.with_reserve(count), lambda found: words.room_text(found, count)
        )  # fmt: skip

    async def _load_models(self) -> None:
        found = await self._desk.ask(self._workspace, self._desk.cloud.assets(self._workspace, "model"))
        if isValid(self):
            self.show_models(found)

    def _no_models(self, fault: UserError) -> None:
        if isValid(self):
            self.model_says.setText(self.tr("The models can't be listed: {}").format(fault))
            self.model_says.show()

    # ----- building

    def _build(self) -> None:
        self._fill()
        form = FieldGrid()
        form.add(self.tr("Model"), self.model, self.model_says)
        form.add(self.tr("Endpoint"), self.endpoint, self.complaint, self.endpoint_says)
        form.add(self.tr("VM size"), self.size_box, self.size_says)
        form.add(self.tr("Machines"), level_spin(self.count))
        for control, name in (
            (self.model, self.tr("Model")), (self.endpoint, self.tr("Endpoint")), (self.size_box, self.tr("VM size")),
            (self.count, self.tr("Machines")),
        ):  # fmt: skip
            control.setAccessibleName(name)
        for each in (self.model_says, self.complaint, self.size_says):
            each.hide()
        card = Card()
        card.body.addLayout(form.grid)
        for said in (self.room, label(words.COSTS, "muted", wraps=True)):
            card.body.addWidget(said)
        frame(self, self.tr("Deploy a model in {}").format(self._workspace.name), card, self.go)

    def _fill(self) -> None:
        fit_wide(self.model)
        fit_size_box(self.size_box)
        fit_wide(self.endpoint)
        self.endpoint.setEditable(True)
        self.endpoint.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        for each in self._endpoints:
            self.endpoint.addItem(each.name)
        self.size_box.addItem(words.USUAL_SIZE, words.USUAL_SIZE)
        self.count.setRange(1, _MOST)
        self.model.currentIndexChanged.connect(self._model_chosen)
        self.endpoint.currentTextChanged.connect(self._check)
        line = self.endpoint.lineEdit()
        if line is not None:
            line.textEdited.connect(self._name_typed)
        self.size_box.currentTextChanged.connect(self._size_changed)
        self.count.valueChanged.connect(self._size_changed)
        self._size_changed()
