"""One page of a wizard: its form, the picture of the processes with a row for each, and notes of no field."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_app.presenters.rank_cells import sum_text
from desktop_app.presenters.rank_pages import RankPages
from desktop_app.presenters.wizard import WizardSession
from desktop_app.ui.role_legend import RoleLegend
from desktop_app.ui.theme import Space
from desktop_app.ui.topology_picture import TopologyPicture
from desktop_app.ui.widgets import Card, InlineMessage, label, scrolled
from desktop_app.ui.wizard.form import FormView
from desktop_app.ui.wizard.process_table import ProcessTable


class StepPage(QWidget):
    """`answered` carries a field's name and its new answer."""

    answered = Signal(str, object)

    def __init__(self, folder: Path, *, shows_topology: bool) -> None:
        super().__init__()
        self.form = FormView(folder, numbers_in_a_row=shows_topology)
        self.form.answered.connect(self.answered)
        self.picture = TopologyPicture(most_height=170)
        self.legend = RoleLegend()
        self.says = label("", "muted", wraps=True)
        self.processes = ProcessTable()
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

    def show_processes(self, pages: RankPages) -> None:
        """Picture the processes, and list what each sees."""
        self.picture.show_cells(pages, self.tr("MASTER_ADDR") if pages.has_master else "")
        self.legend.show_roles(pages)
        self.says.setText(pages.says)
        self.says.setVisible(bool(pages.says))
        self.form.sum.setText(sum_text(pages))
        self.processes.show_pages(pages)

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """What Tab comes to on the page, from above."""
        below = (self.picture, *self.processes.controls) if self._has_topology else ()
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
        parts: tuple[QWidget, ...] = (self.picture, self.legend, self.says)
        if self._has_topology:
            for each in parts:
                card.body.addWidget(each)
            column.addWidget(self.processes, 1)
            self.picture.rank_picked.connect(self.processes.pick)
            self.processes.picked.connect(self.picture.pick)
        else:
            for each in (*parts, self.processes):
                each.setParent(self)
                each.hide()
            column.addStretch()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolled(content, self.tr("Questions"), has_controls=True))
