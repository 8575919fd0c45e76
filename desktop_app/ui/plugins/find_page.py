"""Finding plugins: a search in the package index or among a folder's wheels, and what it found."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from desktop_app.api import UserError
from desktop_app.presenters.plugins import found as told
from desktop_app.presenters.plugins.found import FoundPlugin
from desktop_app.services.plugins.installing.models import Order, SearchResult
from desktop_app.ui.icons import icon
from desktop_app.ui.plugins.desk import PluginDesk
from desktop_app.ui.plugins.done_note import DoneNote
from desktop_app.ui.plugins.more_names import MoreNames
from desktop_app.ui.plugins.scrolling import in_margin, page_column
from desktop_app.ui.plugins.strip import PluginStrip
from desktop_app.ui.plugins.telling import announce
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import (
    Card,
    ElidedLabel,
    EmptyState,
    InlineMessage,
    button,
    label,
    link_button,
    primary_button,
)
from desktop_app.ui.widgets.layouts import drop_contents


class FindPage(QWidget):
    """`back` when the list is to be seen again; `wheelhouse_asked` when a folder of wheels is to be chosen.

    `opened` carries the id of an installed plugin.
    """

    back = Signal()
    wheelhouse_asked = Signal()
    opened = Signal(str)

    def __init__(self, desk: PluginDesk) -> None:
        super().__init__()
        self._desk = desk
        self.wheelhouse: Path | None = None
        self._result: SearchResult | None = None
        self._asked = ""
        self.rows: list[FoundView] = []
        self.back_button = button(self.tr("&Back"), "mdi6.arrow-left", self.back.emit,
                                  tip=self.tr("Back to the list  Esc"))  # fmt: skip
        self.field = QLineEdit(placeholderText=self.tr("Name or words, such as slurm"))
        self.search_button = primary_button(self.tr("&Search"), "mdi6.magnify", self.search)
        self.pre = QCheckBox(self.tr("&Pre-releases, too"))
        self.pre.setToolTip(self.tr("Install a pre-release where there is one that is newer"))
        self.where = label("", "muted", wraps=True)
        self.elsewhere = link_button("", self._look_elsewhere)
        self.message, self.strip, self.done = InlineMessage(), PluginStrip(desk.work), DoneNote()
        self.empty = EmptyState("mdi6.puzzle-outline", "", "")
        self.by_name = button(self.tr("Install by this &name…"), "mdi6.package-down", self._install_typed)
        self.everything = button(self.tr("List &all there are"), "mdi6.format-list-bulleted", self._search_all)
        self._column = QVBoxLayout()
        self._stack = QStackedWidget()
        self._build()
        self._begin()
        desk.found.connect(self._take)
        desk.changed.connect(self._refresh)

    def look_in(self, wheelhouse: Path | None) -> None:
        """Look in a folder of wheels, which is listed at once, or in the package index, once it is asked to."""
        self.wheelhouse = wheelhouse
        self._result = None
        self.rows = []  # what is found next is shown though it be the same
        self.message.dismiss()
        self._begin()
        if wheelhouse is not None:
            self.search()

    def search(self) -> None:
        """Look for what is typed; for all there is where nothing is."""
        self.message.dismiss()
        self._asked = self.field.text().strip()
        self._desk.search(self._asked, self.wheelhouse)

    def _search_for(self, name: str) -> None:
        self.field.setText(name)
        self.search()

    def _search_all(self) -> None:
        self.field.clear()
        self.search()

    def show_error(self, error: UserError) -> None:
        """Say what went wrong."""
        self.message.clear_buttons()
        self.message.show_error(error)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Esc cancels the search, or leads back to the list."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self._desk.work.is_busy:
            self._desk.work.cancel()
        else:
            self.back.emit()

    def _begin(self) -> None:
        self.where.setText(told.looks_in(self.wheelhouse))
        self.elsewhere.setText(
            self.tr("Look in the package index instead") if self.wheelhouse
            else self.tr("Look in a folder of wheels instead…")
        )  # fmt: skip
        self.elsewhere.setAccessibleName(self.elsewhere.text())
        self._show_empty(self.tr("Find plugins"), told.looks_in(self.wheelhouse), by_name=False)

    def _look_elsewhere(self) -> None:
        if self.wheelhouse is not None:
            self.look_in(None)
            self.field.setFocus()
        else:
            self.wheelhouse_asked.emit()

    def _take(self, result: SearchResult) -> None:
        self._result = result
        if result.complaints:
            self.message.clear_buttons()
            self.message.show_text("warning", result.complaints[0], " ".join(result.complaints[1:]))
        self._refresh()
        announce(self, told.headline(result, self._asked))
        if self.rows and self.search_button.window().isActiveWindow():
            self.rows[0].focus_first()

    def _refresh(self) -> None:
        if self._result is None:
            return
        shown = told.found(self._result, self._desk.installed.values())
        if [each.plugin for each in self.rows] == shown and shown:
            return
        drop_contents(self._column)
        self.rows = [FoundView(each) for each in shown]
        self._column.addWidget(label(told.headline(self._result, self._asked), "section", wraps=True))
        for each in self.rows:
            each.asked.connect(self._install)
            each.opened.connect(self.opened)
            self._column.addWidget(each)
        if self._result.more:
            self._column.addWidget(MoreNames(self._result.more, self._search_for))
        if shown:
            self.where.show()
            self._stack.setCurrentIndex(1)
        else:
            self._show_nothing(bool(self._result.complaints))

    def _show_nothing(self, was_hindered: bool) -> None:
        typed = self.field.text().strip()
        title = self.tr("Nothing found for “{}”").format(typed) if typed else self.tr("Nothing found")
        if was_hindered:
            title = self.tr("Not every place could be asked")
        text = (
            self.tr("What went wrong stands above. Try again, or look in a folder of wheels.") if was_hindered
            else self.tr("Other words may find it. A plugin whose name you know can be installed by that name.")
        )  # fmt: skip
        self._show_empty(title, text, by_name=bool(typed))

    def _show_empty(self, title: str, text: str, *, by_name: bool) -> None:
        self.empty.heading.setText(title)
        self.empty.text.setText(text)
        self.where.setVisible(self._result is not None)
        self.by_name.setVisible(by_name)
        self.everything.setVisible(self._result is None)
        self._stack.setCurrentIndex(0)

    def _install(self, plugin: FoundPlugin) -> None:
        self._desk.install(told.order_for(plugin, self.wheelhouse, pre=self.pre.isChecked()))

    def _install_typed(self) -> None:
        self._desk.install(Order(self.field.text().strip(), self.wheelhouse, self.pre.isChecked()))

    def _build(self) -> None:
        self.field.setAccessibleName(self.tr("Plugin to find"))
        self.field.setClearButtonEnabled(True)
        self.field.addAction(icon("mdi6.magnify", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.field.returnPressed.connect(self.search)
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(self.back_button)
        head.addWidget(label(self.tr("Find plugins"), "title"))
        head.addStretch()
        line = QHBoxLayout()
        line.setSpacing(Space.S)
        line.addWidget(self.field, 1)
        line.addWidget(self.search_button)
        self._column.setSpacing(Space.M)
        self.empty.add_action(self.everything)
        self.empty.add_action(self.by_name)
        whole = QWidget()
        whole.setLayout(in_margin(self.tr("Plugins that were found"), self._column))
        self._stack.addWidget(self.empty)
        self._stack.addWidget(whole)
        above = (head, line, self._choices(), self.strip, self.message, self.done, self.where)
        page_column(self, *above).addWidget(self._stack, 1)

    def _choices(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(Space.M)
        row.addWidget(self.pre)
        row.addStretch()
        row.addWidget(self.elsewhere)
        return row


class FoundView(Card):
    """One plugin that was found; `asked` carries it when it is to be installed, `opened` its id when it is."""

    asked = Signal(object)
    opened = Signal(str)

    def __init__(self, plugin: FoundPlugin) -> None:
        super().__init__(margin=Space.M)
        self.plugin = plugin
        word = self.tr("Update…") if plugin.has else self.tr("Install…")
        self.action = button(word, "mdi6.package-down", lambda: self.asked.emit(plugin))
        self.action.setAccessibleName(f"{word.rstrip('…')} {plugin.name}")
        self.setAccessibleName(f"{plugin.name} {plugin.version}")
        if not plugin.can_install:
            self.action.setParent(self)
            self.action.hide()
        row = QHBoxLayout()
        row.setSpacing(Space.M)
        row.addLayout(self._texts(), 1)
        if plugin.has:
            row.addWidget(label(plugin.has, "success"), 0, Qt.AlignmentFlag.AlignVCenter)
            show = button(self.tr("Show"), "mdi6.arrow-right", lambda: self.opened.emit(plugin.id))
            show.setAccessibleName(self.tr("Show {}").format(plugin.name))
            row.addWidget(show, 0, Qt.AlignmentFlag.AlignVCenter)
        if plugin.can_install:
            row.addWidget(self.action, 0, Qt.AlignmentFlag.AlignVCenter)
        self.body.addLayout(row)

    def focus_first(self) -> None:
        """Give the keyboard to the button, where there is one."""
        if self.plugin.can_install:
            self.action.setFocus(Qt.FocusReason.TabFocusReason)

    def _texts(self) -> QVBoxLayout:
        plugin = self.plugin
        first = QHBoxLayout()
        first.setSpacing(Space.S)
        name = ElidedLabel(plugin.name, "strong")
        name.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        first.addWidget(name)
        first.addWidget(ElidedLabel(plugin.version, "muted"), 1)
        column = QVBoxLayout()
        column.setSpacing(3)
        column.addLayout(first)
        for text, role in ((plugin.summary, "plain"), (plugin.facts, "small"), (plugin.unfit, "warning")):
            if text:
                column.addWidget(label(text, role, wraps=True, selectable=True))
        return column
