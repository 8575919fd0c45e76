"""One page of a wizard: its form, the picture of the ranks with a row for each, and notes that belong to no field."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHeaderView, QTableView, QVBoxLayout, QWidget

from desktop_app.api import Topology
from desktop_app.presenters.topology import drawable
from desktop_app.presenters.wizard import WizardSession
from desktop_app.ui.row_model import RowModel
from desktop_app.ui.theme import Space
from desktop_app.ui.topology_picture import TopologyPicture
from desktop_app.ui.widgets import Card, InlineMessage, dress_table, scrolled
from desktop_app.ui.wizard.form import FormView

_HEADERS = ("RANK", "NODE_RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE")


class StepPage(QWidget):
    """`answered` carries a field's name and its new answer."""

    answered = Signal(str, object)

    def __init__(self, folder: Path, *, shows_topology: bool) -> None:
        super().__init__()
        self.form = FormView(folder, numbers_in_a_row=shows_topology)
        self.form.answered.connect(self.answered)
        self.picture = TopologyPicture(most_height=170)
        self.ranks = RowModel(_HEADERS, mono=range(6), muted=(1, 2, 3, 4, 5), parent=self)
        self.table = QTableView()
        self.note = InlineMessage(can_close=False)
        self._has_topology = shows_topology
        self._column = QVBoxLayout()
        self._build()

    def update_page(self, session: WizardSession) -> None:
        """Show the page as the wizard sees it now."""
        step = session.step
        self.form.update_form(step.form, session.value, session.notes)
        notes = [(each.severity, each.message) for each in session.notes("")]
        if session.is_last:
            notes += [(each.severity, f"{title}: {each.message}") for title, each in session.warnings()]
        self.note.setVisible(bool(notes))
        if notes:
            tone = str(min((severity for severity, _text in notes), key=["error", "warning", "info"].index))
            self.note.show_text(tone, "\n".join(text for _severity, text in notes))

    def show_topology(self, topology: Topology, address: str, port: int) -> None:
        """Picture the ranks."""
        self.picture.show_topology(topology)
        count = topology.world_size if drawable(topology) else 0
        words = self.tr("1 rank") if count == 1 else self.tr("{} ranks").format(topology.world_size)
        self.form.sum.setText(words)
        per_node = max(1, topology.processes_per_node)

        def cell(row: int, column: int) -> str:
            node, local = divmod(row, per_node)
            return str((row, node, local, address, port, topology.world_size)[column])

        self.ranks.show(count, cell)

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """What Tab comes to on the page, from above."""
        below = (self.picture, self.table) if self._has_topology else ()
        return (*self.form.controls, *below)

    def add_top(self, made: QWidget) -> None:
        """Put something above the questions, once."""
        if self._column.indexOf(made) < 0:
            self._column.insertWidget(0, made)
            made.show()

    def _build(self) -> None:
        card = Card(margin=Space.L, spacing=Space.L)
        card.body.addWidget(self.form)
        content = QWidget()
        content.setLayout(self._column)
        column = self._column
        column.setContentsMargins(0, 0, Space.L, 0)
        column.setSpacing(Space.M)
        column.addWidget(card)
        column.addWidget(self.note)
        if self._has_topology:
            card.body.addWidget(self.picture)
            self._build_table()
            column.addWidget(self.table, 1)
        else:
            for each in (self.picture, self.table):
                each.setParent(self)
                each.hide()
            column.addStretch()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolled(content, self.tr("Questions"), has_controls=True))

    def _build_table(self) -> None:
        dress_table(self.table, self.tr("Variables of each rank"))
        self.table.setModel(self.ranks)
        self.table.setMinimumHeight(6 * self.table.verticalHeader().defaultSectionSize())
        self.table.verticalHeader().setDefaultSectionSize(self.table.fontMetrics().height() + Space.S + 2)
        header = self.table.horizontalHeader()
        header.setResizeContentsPrecision(0)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        self.picture.rank_picked.connect(self.table.selectRow)
        self.table.selectionModel().currentRowChanged.connect(lambda now, _old: self.picture.pick(now.row()))
