"""The graph of an ONNX file with all that belongs to it: search, details, comparison."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeyEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from desktop_app.api import Progress, UserError
from desktop_app.presenters.models.graph import Found, Graph, Row
from desktop_app.presenters.models.graph_words import details, of_model, of_node, summary
from desktop_app.services.exports.graph_files import in_pieces, open_graph
from desktop_app.ui.models.graph.canvas import GraphCanvas
from desktop_app.ui.models.graph.painting import SceneIndex, indexing
from desktop_app.ui.models.graph.side import DetailsPanel, FoundList
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space, theme_manager
from desktop_app.ui.widgets import ElidedLabel, EmptyState, InlineMessage, button, tool_button

_TYPING = 120
"""Milliseconds after the last letter until a search begins."""
_PATIENCE = 200
"""Milliseconds after which it is said that a file is being read."""


class Viewers(Protocol):
    """What opens a file in Netron (`services/exports/netron.py`)."""

    async def open(self, path: Path, progress: Progress) -> str:
        """Return the address to show in a browser."""
        ...


class GraphView(QWidget):
    """Shows one file; `shown` says that it, or why it can't be, is to be seen."""

    shown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.graph: Graph | None = None
        self.path: Path | None = None
        self._found: list[Found] = []
        self._rows: list[Row] = []
        self._task: asyncio.Task[None] | None = None
        self._starting: asyncio.Task[None] | None = None
        self._viewers: Viewers | None = None
        self._wanted = ""
        self._measures = GraphCanvas.measures()
        self.canvas, self.details = GraphCanvas(), DetailsPanel()
        self.results = FoundList(self.tr("What was found"))
        self.differences = FoundList(self.tr("What differs"))
        self.message = InlineMessage()
        self.empty = EmptyState(
            "mdi6.graph-outline",
            self.tr("No graph"),
            self.tr("Open an ONNX file to see what it computes, step by step."),
        )
        self.summary = ElidedLabel(role="muted")
        self.search_field = QLineEdit(placeholderText=self.tr("Search operators, names, tensors"))
        self.compare_button = button(
            self.tr("&Compare with…"),
            "mdi6.compare-horizontal",
            self._ask_other,
            tip=self.tr("Compare with another ONNX file"),
        )
        self.netron_button = button(
            self.tr("Open in &Netron"), "mdi6.open-in-new", self._ask_netron,
            tip=self.tr("Netron is another viewer; it shows the file in the browser"),
        )  # fmt: skip
        self.open_button = tool_button("mdi6.expand-all-outline", self.tr("Open all modules"), self.open_all)
        self.close_button = tool_button("mdi6.collapse-all-outline", self.tr("Close modules again"), self.close_all)
        self.fit_button = tool_button("mdi6.fit-to-page-outline", self.tr("Show all (0)"), self.canvas.fit)
        self.in_button = tool_button("mdi6.magnify-plus-outline", self.tr("Larger (+)"), lambda: self.canvas.zoom(1.25))
        self.out_button = tool_button(
            "mdi6.magnify-minus-outline", self.tr("Smaller (−)"), lambda: self.canvas.zoom(0.8)
        )
        self._typing = QTimer(self, singleShot=True, interval=_TYPING)
        self._slow = QTimer(self, singleShot=True, interval=_PATIENCE)
        self._stack, self._side = QStackedLayout(), QSplitter(Qt.Orientation.Vertical)
        self._build()
        self._connect()
        self._show_empty()

    # ----- what a page asks for

    def open_path(self, path: Path, node: str = "") -> None:
        """Read and show a file; with `node`, go to the node of that name or that gives the tensor of that name."""
        self._wanted = node
        self._start(self._open(path), f"open the graph of {path.name}")

    def show_node(self, name: str) -> bool:
        """Go to a node by its name, or by a tensor that it gives; returns whether there is one."""
        item = self.graph.named(name) if self.graph is not None else -1
        if item >= 0:
            self._go_to(item)
        return item >= 0

    def compare_with(self, path: Path) -> None:
        """Show how the file differs from another one, which counts as the older."""
        if self.graph is not None:
            self._start(self._compare(path), f"compare with {path.name}")

    def use_netron(self, viewers: Viewers) -> None:
        """Offer to open the file in Netron as well."""
        self._viewers = viewers
        self.netron_button.show()

    def close_down(self) -> None:
        """Stop what is being read, laid out or started."""
        for timer in (self._typing, self._slow):
            timer.stop()
        for task in (self._task, self._starting):
            if task is not None:
                task.cancel()

    def open_all(self) -> None:
        """Open every module."""
        if self.graph is not None:
            self.graph.open_all()
            self._lay_out(self.canvas.item)

    def close_all(self) -> None:
        """Show the graph as it was at first."""
        if self.graph is not None:
            self.graph.close_all()
            self._lay_out()

    # ----- reading and laying out

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Begin something in place of what is under way."""
        if self._task is not None:
            self._task.cancel()
        self._slow.start()
        self._task = spawn(work, name, self._fail)

    async def _open(self, path: Path) -> None:
        self.message.hide()
        self.path = path
        graph = Graph(await open_graph(path))
        index = await self._laid_out(graph)
        self._slow.stop()
        self.graph = graph
        self._show_differences([], "")
        self.search_field.clear()
        self.results.hide()
        self._stack.setCurrentIndex(1)
        self.summary.setText(summary(graph.file.model, graph.file.size))
        self._enable()
        self.canvas.item = -1
        self.canvas.show_scene(graph, index)
        self._show_details(-1)
        if self._wanted and not self.show_node(self._wanted):
            self.message.show_text("info", self.tr("The graph has no node “{}”.").format(self._wanted))
        self.shown.emit()
        await in_pieces(graph.noting_names())

    async def _laid_out(self, graph: Graph) -> SceneIndex:
        scene = await in_pieces(graph.laying_out(self.canvas.measures()))
        return await in_pieces(indexing(scene))

    def _lay_out(self, keep: int = -1, go_to: int = -1) -> None:
        self._start(self._lay_out_now(keep, go_to), "lay out a graph")

    async def _lay_out_now(self, keep: int, go_to: int) -> None:
        graph = self.graph
        if graph is None:
            return
        index = await self._laid_out(graph)
        self._slow.stop()
        self.canvas.show_scene(graph, index, keep if keep in index.scene.boxes else -1)
        if go_to >= 0:
            self.canvas.go_to(graph.standing_for(go_to))
        self._set_busy("")
        self.shown.emit()

    async def _compare(self, path: Path) -> None:
        graph = self.graph
        if graph is None:
            return
        other = await open_graph(path)
        await in_pieces(graph.comparing(other))
        self._slow.stop()
        self._set_busy("")
        self._show_differences(graph.rows(), graph.compared())
        self.canvas.repaint_all()
        self.shown.emit()

    def _fail(self, error: UserError) -> None:
        self._slow.stop()
        self._set_busy("")
        self.message.show_error(error)
        if self.graph is None or self.graph.file.path != self.path:
            self.graph = None
            self._show_empty(self.tr("This file can't be shown"), str(self.path or ""))
        self.shown.emit()

    def _set_busy(self, said: str) -> None:
        if said or self.graph is None:
            self.summary.setText(said)
        else:
            self.summary.setText(summary(self.graph.file.model, self.graph.file.size))

    # ----- what is picked, found, compared

    def _toggle(self, item: int) -> None:
        if self.graph is not None and self.graph.toggle(item):
            self._lay_out(item)

    def _go_to(self, item: int) -> None:
        """Show an item in the middle; a node's modules are opened for it."""
        if self.graph is None:
            return
        if self.graph.reveal(item):
            self._lay_out(self.canvas.item, item)
        else:
            self.canvas.go_to(item)

    def _show_details(self, item: int) -> None:
        graph = self.graph
        if graph is None:
            return
        if item < 0:
            self.details.show_details(of_model(graph.file.model, graph.file.size))
        else:
            changed = graph.difference.changed if graph.difference is not None else {}
            self.details.show_details(details(graph.items, item, changed))

    def _search(self) -> None:
        wanted = self.search_field.text()
        self._found = self.graph.search(wanted) if self.graph is not None else []
        self.results.setVisible(bool(wanted.strip()))
        self.results.show_found(self._found)

    def _go_to_found(self, row: int) -> None:
        if row < len(self._found):
            self._go_to(self._found[row].item)

    def _show_differences(self, rows: list[Row], sentence: str) -> None:
        self._rows = rows
        self.differences.setVisible(bool(sentence))
        self.differences.show_rows(rows, sentence)

    def _stop_comparing(self) -> None:
        if self.graph is not None:
            self.graph.stop_comparing()
            self.canvas.repaint_all()
        self._show_differences([], "")

    def _go_to_row(self, at: int) -> None:
        row, graph = self._rows[at], self.graph
        if row.item >= 0:
            self._go_to(row.item)
        elif row.old >= 0 and graph is not None and graph.other is not None:
            self.canvas.pick(-1)
            self.details.show_details(of_node(graph.other.model, graph.other.model.nodes[row.old]))

    def _ask_other(self) -> None:
        folder = str(self.path.parent) if self.path is not None else ""
        chosen, _kind = QFileDialog.getOpenFileName(
            self, self.tr("Compare with"), folder, self.tr("ONNX models (*.onnx);;All files (*)")
        )
        if chosen:
            self.compare_with(Path(chosen))

    def _ask_netron(self) -> None:
        if self.path is not None and self._viewers is not None and (self._starting is None or self._starting.done()):
            self._starting = spawn(self._open_netron(self._viewers, self.path), "open Netron", self._fail_netron)

    async def _open_netron(self, viewers: Viewers, path: Path) -> None:
        def tell(message: str, _part: float | None) -> None:
            self.summary.setText(message)

        tell(self.tr("Starting Netron…"), None)
        address = await viewers.open(path, tell)
        self._set_busy("")
        QDesktopServices.openUrl(QUrl(address))
        self.message.show_passing(self.tr("Netron shows it in the browser, at {}").format(address))

    def _fail_netron(self, error: UserError) -> None:
        self._set_busy("")
        self.message.show_error(error)

    # ----- how it is put together

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Esc leaves the search."""
        if event.key() == Qt.Key.Key_Escape and self.search_field.text():
            self.search_field.clear()
            self.canvas.setFocus()
        else:
            super().keyPressEvent(event)

    def _connect(self) -> None:
        self.canvas.picked.connect(self._show_details)
        self.canvas.opened.connect(self._toggle)
        self.search_field.textChanged.connect(lambda _text: self._typing.start())
        self.search_field.returnPressed.connect(self._next_found)
        self._typing.timeout.connect(self._search)
        self._slow.timeout.connect(lambda: self._set_busy(self.tr("Reading…")))
        self.results.chosen.connect(self._go_to_found)
        self.results.closed.connect(self.search_field.clear)
        self.differences.chosen.connect(self._go_to_row)
        self.differences.closed.connect(self._stop_comparing)
        theme_manager().changed.connect(self._resize_letters)

    def _resize_letters(self) -> None:
        """Lay out anew where letters have another size now."""
        measures = self.canvas.measures()
        if self.graph is not None and measures != self._measures:
            self._lay_out(self.canvas.item)
        self._measures = measures

    def focus_search(self) -> None:
        """Give the keyboard to the search."""
        self.search_field.setFocus()
        self.search_field.selectAll()

    def _next_found(self) -> None:
        if self._typing.isActive():
            self._typing.stop()
            self._search()
        self.results.step()

    def _show_empty(self, heading: str = "", text: str = "") -> None:
        self.empty.heading.setText(heading or self.tr("No graph"))
        self.empty.text.setText(text or self.tr("Open an ONNX file to see what it computes, step by step."))
        self.summary.setText("")
        self._stack.setCurrentIndex(0)
        self._enable()

    def _enable(self) -> None:
        tools = (self.open_button, self.close_button, self.fit_button, self.in_button, self.out_button)
        for each in (*tools, self.search_field, self.compare_button, self.netron_button):
            each.setEnabled(self.graph is not None)

    def _build(self) -> None:
        self.search_field.setAccessibleName(self.tr("Search the graph"))
        self.search_field.setClearButtonEnabled(True)
        self.search_field.setMaximumWidth(420)
        tools = QHBoxLayout()
        tools.setSpacing(Space.XS)
        tools.addWidget(self.search_field, 1)
        for tool in (self.out_button, self.in_button, self.fit_button, self.open_button, self.close_button):
            tools.addWidget(tool)
        tools.addStretch(1)
        tools.addWidget(self.compare_button)
        tools.addWidget(self.netron_button)
        self.netron_button.hide()
        for found in (self.results, self.differences):
            self._side.addWidget(found)
            found.hide()
        self._side.addWidget(self.details)
        self._side.setChildrenCollapsible(False)
        split = QSplitter(Qt.Orientation.Horizontal)
        for each in (split, self._side):
            each.setProperty("role", "gap")
        split.addWidget(self.canvas)
        split.addWidget(self._side)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 1)
        split.setSizes([760, 300])
        split.setChildrenCollapsible(False)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(split)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        column.addLayout(tools)
        column.addWidget(self.summary)
        column.addWidget(self.message)
        column.addLayout(self._stack, 1)
