"""A new cluster, or other limits for one that is there: each value is checked and explained in place."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from desktop_app.api import Compute, ComputeSpec, SizeOffer, Workspace
from desktop_app.presenters.clouds import compute as words
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.clouds.dialog_frame import frame
from desktop_app.ui.clouds.field_grid import FieldGrid, level_spin
from desktop_app.ui.clouds.size_choice import RoomLine, chosen_size, fit_list, fit_size_box, list_sizes
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.runs.words import local_now
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, label, primary_button

_MOST_NODES = 1000
_MOST_IDLE = 7 * 24 * 3600


class ClusterDialog(QDialog):
    """`asked` carries the `ComputeSpec` to make or change. With `existing`, only its limits can be changed."""

    asked = Signal(object)

    def __init__(
        self, desk: CloudDesk, workspace: Workspace, parent: QWidget, taken: Sequence[Compute] = (),
        existing: Compute | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._desk, self._workspace, self._existing = desk, workspace, existing
        self._taken = [each.name for each in taken]
        self._sizes: list[SizeOffer] = []
        self.name = QLineEdit(words.free_name(self._taken))
        self.size_box = QComboBox()
        self.minimum, self.maximum, self.idle = QSpinBox(), QSpinBox(), QSpinBox()
        self.low = QCheckBox(self.tr("&Low priority"))
        self.complaint, self.room = label(role="error", wraps=True), RoomLine(desk, workspace)
        self.size_note, self.cost = label(role="muted", wraps=True), label(role="muted", wraps=True)
        self.age = label(role="warning", wraps=True)
        self.go = primary_button(self.tr("Create") if existing is None else self.tr("Change"), on_click=self.accept)
        self._build()
        self._fill()
        fit_to_screen(self, QSize(560, 520), parent)

    @property
    def spec(self) -> ComputeSpec:
        """What is asked for now."""
        return ComputeSpec(
            self.name.text().strip(), self._size_name(), self.minimum.value(), self.maximum.value(),
            self.idle.value(), self.low.isChecked(),
        )  # fmt: skip

    def accept(self) -> None:
        """Called by Qt for Enter and the button: ask for it, unless something is wrong."""
        if self._check():
            self.asked.emit(self.spec)
            super().accept()

    def done(self, result: int) -> None:
        """Called by Qt when the dialog closes: nobody waits for the quota any longer."""
        self.room.stop()
        super().done(result)

    def show_sizes(self, sizes: Sequence[SizeOffer]) -> None:
        """Offer these sizes, the ones for training first."""
        today = local_now().date()
        self._sizes = words.ordered(sizes, today)
        chosen = self._size_name()
        self.size_box.clear()
        for each in self._sizes:
            self.size_box.addItem(words.size_text(each), each.name)
        fit_list(self.size_box)
        first = next((at for at, each in enumerate(self._sizes) if not words.retirement(each, today)), 0)
        at = self.size_box.findData(chosen)
        self.size_box.setCurrentIndex(at if at >= 0 else first)
        self._changed()

    def _size_name(self) -> str:
        if self._existing is not None:
            return self._existing.vm_size
        return chosen_size(self.size_box)

    def _changed(self) -> None:
        self._check()
        line = self.size_box.lineEdit()
        if line is not None and not self.size_box.hasFocus():
            line.setCursorPosition(0)  # a long one is seen from its beginning
        self.cost.setText(words.cost_note(self.minimum.value(), self.idle.value()))
        size = next((each for each in self._sizes if each.name == self._size_name()), None)
        today = local_now().date()
        self.size_note.setText(words.size_note(size, today) if size is not None else "")
        self.size_note.setVisible(size is not None)
        age = words.retirement(size, today) if size is not None else ""
        self.age.setText(age)
        self.age.setVisible(bool(age))
        self._ask_for_room()

    def _ask_for_room(self) -> None:
        """Ask about the nodes that would come: those that are there have their place in the quota."""
        spec, there = self.spec, self._existing.current if self._existing is not None else 0
        more = max(0, spec.maximum - there)
        self.room.ask(spec.vm_size, more, words.room_beside(there), low_priority=spec.low_priority)
        if not more:
            self.room.hide()

    def _check(self) -> bool:
        said = words.nodes_complaint(self.minimum.value(), self.maximum.value())
        if self._existing is None:
            said = words.name_complaint(self.name.text().strip(), self._taken) or said
        self.complaint.setText(said)
        self.complaint.setVisible(bool(said))
        self.go.setEnabled(not said and bool(self._size_name()))
        return not said

    # ----- building

    def _build(self) -> None:
        card = Card(spacing=Space.M)
        form = FieldGrid()
        if self._existing is None:
            form.add(self.tr("Name"), self.name)
            fit_size_box(self.size_box)
            form.add(self.tr("VM size"), self.size_box, self.size_note, self.age)
        form.add(self.tr("Nodes"), self._nodes_part())
        form.add(self.tr("Idle after"), self._idle_part())
        if self._existing is None:
            said = self.tr("Cheaper, and Azure may take nodes away at any time: the job starts anew then.")
            form.add("", self.low, label(said, "muted", wraps=True))
        card.body.addLayout(form.grid)
        for each in (self.complaint, self.cost, self.room):
            card.body.addWidget(each)
        frame(self, self._title(), card, self.go)
        self._name_controls()

    def _title(self) -> str:
        if self._existing is not None:
            return self.tr("Scale {}").format(self._existing.name)
        return self.tr("New cluster in {}").format(self._workspace.name)

    def _idle_part(self) -> QWidget:
        self.idle.setRange(60, _MOST_IDLE)
        self.idle.setSingleStep(60)
        self.idle.setSuffix(self.tr(" s"))
        return _row(self.idle)

    def _nodes_part(self) -> QWidget:
        for spin in (self.minimum, self.maximum):
            spin.setRange(0, _MOST_NODES)
        least, most = label(self.tr("at least"), "muted"), label(self.tr("at most"), "muted")
        return _row(least, self.minimum, most, self.maximum)

    def _name_controls(self) -> None:
        for control, name in (
            (self.name, self.tr("Name")), (self.size_box, self.tr("VM size")), (self.idle, self.tr("Idle after")),
            (self.minimum, self.tr("Nodes at least")), (self.maximum, self.tr("Nodes at most")),
        ):  # fmt: skip
            control.setAccessibleName(name)
            if isinstance(control, QSpinBox):
                level_spin(control)
        for each in (self.complaint, self.size_note, self.age):
            each.hide()

    def _fill(self) -> None:
        given = self._existing
        self.minimum.setValue(given.minimum if given else words.USUAL.minimum)
        self.maximum.setValue(given.maximum if given else words.USUAL.maximum)
        self.idle.setValue((given.idle_seconds if given else None) or words.USUAL.idle_seconds)
        self.low.setChecked(bool(given and given.low_priority))
        for spin in (self.minimum, self.maximum, self.idle):
            spin.valueChanged.connect(self._changed)
        self.name.textEdited.connect(self._check)
        self.low.toggled.connect(self._changed)
        self.size_box.currentTextChanged.connect(self._changed)
        self._changed()
        if given is None:
            list_sizes(self._desk, self._workspace, self, self.show_sizes, self.size_note)


def _row(*widgets: QWidget) -> QWidget:
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(Space.S)
    for each in widgets:
        row.addWidget(each)
    row.addStretch()
    return made
