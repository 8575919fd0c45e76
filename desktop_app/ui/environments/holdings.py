"""What an environment holds: facts with source and date, its packages, and what is not known."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHeaderView, QTableView, QVBoxLayout, QWidget

from desktop_app.core.environments import Environment
from desktop_app.presenters import environments as presenter
from desktop_app.ui.row_model import RowModel
from desktop_app.ui.theme import Space, mono_font
from desktop_app.ui.widgets import dress_table, label, scrolled
from desktop_app.ui.widgets.layouts import drop_contents


class Holdings(QWidget):
    """Facts above, packages below."""

    def __init__(self) -> None:
        super().__init__()
        self._environment: Environment | None = None
        self._content = QWidget()
        self._facts = QGridLayout()
        self.packages = QTableView()
        headers = (self.tr("Package"), self.tr("Version"), self.tr("By"))
        self.rows = RowModel(headers, mono=(0, 1), muted=(2,), parent=self.packages)
        self._build()

    def show_environment(self, environment: Environment) -> None:
        """Show another one."""
        if environment == self._environment:
            return
        self._environment = environment
        drop_contents(self._facts)
        for row, fact in enumerate(presenter.facts(environment)):
            text = label(fact.text, wraps=True, selectable=True)
            if fact.is_code:
                text.setFont(mono_font())
            self._facts.addWidget(label(fact.name, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(text, row, 1, Qt.AlignmentFlag.AlignTop)
        found = presenter.packages(environment)
        self.rows.show(len(found), lambda row, column: found[row][column])
        self.packages.setVisible(bool(found))

    def _build(self) -> None:
        top = QVBoxLayout(self._content)
        top.setContentsMargins(0, Space.S, Space.S, Space.S)
        top.addLayout(self._facts)
        top.addStretch()
        self._facts.setHorizontalSpacing(Space.L)
        self._facts.setVerticalSpacing(Space.XS)
        self._facts.setColumnStretch(1, 1)
        dress_table(self.packages, self.tr("Packages"))
        self.packages.setModel(self.rows)
        self.packages.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + Space.S)
        header = self.packages.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        column.addWidget(scrolled(self._content, self.tr("What is known")), 3)
        column.addWidget(self.packages, 2)
