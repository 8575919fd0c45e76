"""What the chosen endpoint serves: its address and key, its deployments, and what can be done with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QTableView, QVBoxLayout, QWidget

from desktop_app.api import Deployment, Endpoint, UserError
from desktop_app.presenters.clouds import endpoints as words
from desktop_app.ui.clouds.key_line import KeyLine
from desktop_app.ui.clouds.rows import StateRows
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import ElidedLabel, button, dress_table, label, tool_button

_ROWS = 4


class EndpointPanel(QWidget):
    """Its buttons ask for what the tab then does; hidden where no endpoint is chosen."""

    try_asked = Signal()
    traffic_asked = Signal()
    log_asked = Signal()
    delete_asked = Signal()

    def __init__(self, fetch_key: Callable[[], Awaitable[str]], failed: Callable[[UserError], object]) -> None:
        super().__init__()
        self._endpoint: Endpoint | None = None
        self.title, self.address = label("", "strong"), ElidedLabel("", "muted")
        self.key = KeyLine(fetch_key, failed)
        self.try_button = button(self.tr("&Try it…"), "mdi6.play-outline", self.try_asked.emit)
        self.traffic_button = button(self.tr("Divide c&alls…"), "mdi6.call-split", self.traffic_asked.emit)
        self.log_button = button(self.tr("&Log…"), "mdi6.text-long", self.log_asked.emit)
        self.delete_button = tool_button(
            "mdi6.delete-outline", self.tr("Delete the chosen deployment"), self.delete_asked.emit
        )
        self.model = StateRows([each.upper() for each in words.PART_HEADERS], right=(2,), parent=self)
        self.view = _Few()
        self._build()
        self.hide()

    @property
    def chosen(self) -> Deployment | None:
        """The deployment that is chosen."""
        parts = self._endpoint.deployments if self._endpoint is not None else ()
        row = self.view.currentIndex().row()
        return parts[row] if 0 <= row < len(parts) else None

    def show_endpoint(self, endpoint: Endpoint | None) -> None:
        """Show an endpoint, or none."""
        before = self._endpoint
        self._endpoint = endpoint
        self.setVisible(endpoint is not None)
        if endpoint is None:
            return
        if before is None or before.name != endpoint.name:
            self.key.cover()
        self.title.setText(endpoint.name)
        self.address.setText(endpoint.url or self.tr("It has no address yet."))
        self.key.setVisible(endpoint.auth != "aad-token")
        self._show_parts(endpoint)

    def set_busy(self, busy: bool) -> None:
        """Allow what can be done now."""
        endpoint, chosen = self._endpoint, self.chosen
        parts = endpoint.deployments if endpoint is not None else ()
        ready = any(words.takes_calls(each) for each in parts)
        self.try_button.setEnabled(endpoint is not None and bool(endpoint.url) and any(e.traffic for e in parts))
        self.traffic_button.setEnabled(ready and not busy)
        self.log_button.setEnabled(chosen is not None)
        self.delete_button.setEnabled(chosen is not None and words.is_idle(chosen) and not busy)

    def _show_parts(self, endpoint: Endpoint) -> None:
        row = self.view.currentIndex().row()
        rows = [words.deployment_row(each) for each in endpoint.deployments]
        self.model.look = lambda at: (rows[at].icon, rows[at].role)
        self.model.tip = lambda at: rows[at].tip
        self.model.show(len(rows), lambda at, column: rows[at].cells[column])
        if rows:
            self.view.selectRow(min(max(0, row), len(rows) - 1))

    def _copy_address(self) -> None:
        if self._endpoint is not None:
            QGuiApplication.clipboard().setText(self._endpoint.url)

    def _build(self) -> None:
        dress_table(self.view, self.tr("Deployments"))
        self.view.setModel(self.model)
        self.view.setProperty("role", "bare")
        header = self.view.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(self.title)
        head.addWidget(self.address, 1)
        head.addWidget(tool_button("mdi6.content-copy", self.tr("Copy the address"), self._copy_address))
        tools = QHBoxLayout()
        tools.setSpacing(Space.XS)
        tools.addWidget(self.key, 1)
        for each in (self.delete_button, self.log_button, self.traffic_button, self.try_button):
            tools.addWidget(each)
        texts = QVBoxLayout()
        texts.setContentsMargins(Space.M, Space.S, Space.M, Space.XS)
        texts.setSpacing(Space.XS)
        texts.addLayout(head)
        texts.addLayout(tools)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(texts)
        column.addWidget(self.view)


class _Few(QTableView):
    """A table of few rows: as high as so many need."""

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt."""
        row = self.verticalHeader().defaultSectionSize()
        return QSize(super().sizeHint().width(), self.horizontalHeader().sizeHint().height() + _ROWS * row)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt."""
        row = self.verticalHeader().defaultSectionSize()
        return QSize(super().minimumSizeHint().width(), self.horizontalHeader().sizeHint().height() + row)
