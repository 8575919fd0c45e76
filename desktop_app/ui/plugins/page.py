"""The Plugins page: the list, one plugin, finding others, the history; and the plan that is shown before all."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QKeyEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton, QStackedWidget, QToolButton

from desktop_app.api import UserError
from desktop_app.presenters.plugins.cards import cards, headline
from desktop_app.presenters.plugins.entering import Entering, entering
from desktop_app.presenters.plugins.history import said_of
from desktop_app.presenters.plugins.ways import Do
from desktop_app.services.plugins.installing.models import Order, Plan
from desktop_app.ui.plugins.desk import PluginDesk
from desktop_app.ui.plugins.done_note import DoneNote
from desktop_app.ui.plugins.find_page import FindPage
from desktop_app.ui.plugins.history_page import HistoryPage
from desktop_app.ui.plugins.list_page import PluginList
from desktop_app.ui.plugins.plan_sheet import PlanSheet
from desktop_app.ui.plugins.plugin_page import PluginPage
from desktop_app.ui.plugins.sources_sheet import SourcesSheet
from desktop_app.ui.plugins.telling import announce
from desktop_app.ui.shell import Shell
from desktop_app.ui.widgets.passing_note import PassingNote

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench

_Page = TypeVar("_Page", PluginPage, FindPage, HistoryPage)


class PluginsPage(QStackedWidget):
    """What is done to plugins goes on in the desk while another page is looked at."""

    def __init__(self, workbench: Workbench, shell: Shell, desk: PluginDesk | None = None) -> None:
        super().__init__()
        self._shell = shell
        self.desk = desk or PluginDesk(workbench, self)
        self.list = PluginList(self.desk.work, workbench.places.plugins)
        self._settings = workbench.settings
        self._notes: list[DoneNote] = []
        self.sheet: PlanSheet | None = None
        self.sources: SourcesSheet | None = None
        self.addWidget(self.list)
        self._follow_note(self.list.done)
        self._connect()
        if self.desk.host.safe_mode:
            self.list.say_safe_mode()
        self.refresh()
        self.desk.look()

    @cached_property
    def plugin_page(self) -> PluginPage:
        """The page of one plugin; as the others it is made when it is first to be seen."""
        made = PluginPage(self.desk, self._settings)
        made.asked.connect(self.do)
        self._follow_note(made.done)
        return self._joined(made)

    @cached_property
    def find_page(self) -> FindPage:
        """The page that finds plugins."""
        made = FindPage(self.desk)
        made.wheelhouse_asked.connect(self.ask_wheelhouse)
        made.opened.connect(self.show_plugin)
        self._follow_note(made.done)
        return self._joined(made)

    @cached_property
    def history_page(self) -> HistoryPage:
        """The page of what was done."""
        return self._joined(HistoryPage(self.desk))

    def refresh(self) -> None:
        """Show the plugins as they are now."""
        desk = self.desk
        self.list.show_cards(cards(desk.host.plugins, desk.installed, desk.updates))
        self.list.say_wrong(desk.wrong)
        self.list.header.headline.setText(headline(desk.host.plugins))
        self.list.header.show_updates(len(desk.updates))
        newest = desk.history[0].number if desk.history else 0
        for each in self._notes:
            each.look(newest)

    def show_list(self) -> None:
        """Show all plugins; the keyboard goes back to the one that was looked at."""
        page = self.currentWidget()
        was = page.id if isinstance(page, PluginPage) else ""
        self.setCurrentWidget(self.list)
        view = self.list.views.get(was)
        (view.name if view is not None else self.list.header.find_button).setFocus()

    def show_plugin(self, plugin_id: str) -> None:
        """Show one plugin."""
        self.plugin_page.show_plugin(plugin_id)
        self.setCurrentWidget(self.plugin_page)
        self.plugin_page.back_button.setFocus()

    def show_history(self) -> None:
        """Show what was done."""
        self.setCurrentWidget(self.history_page)
        self.history_page.back_button.setFocus()

    def show_finder(self, wheelhouse: Path | None = None) -> None:
        """Show how to find plugins; among a folder's wheels where one is given."""
        if wheelhouse != self.find_page.wheelhouse or wheelhouse is not None:
            self.find_page.look_in(wheelhouse)
        self.setCurrentWidget(self.find_page)
        self.find_page.field.setFocus()
        self.find_page.field.selectAll()

    def take(self, path: Path) -> None:
        """Take a file or folder that was chosen or dropped."""
        what = entering(path)
        if what is Entering.WHEELHOUSE:
            self.show_finder(path)
        elif what is Entering.INSTALL:
            self.desk.install(Order(str(path)))
        else:
            hint = self.tr("A plugin is a wheel (.whl), or a folder with a plugin.toml in it or in its package.")
            self._fail(UserError(self.tr("{} is no plugin.").format(path.name), hint=hint))

    def show_sources(self) -> None:
        """Show which sources were agreed to."""
        self.sources = SourcesSheet(self.desk.manager, self.window())
        self.sources.open()

    def ask_file(self) -> None:
        """Ask which wheel to install."""
        kinds = self.tr("Wheels (*.whl);;All files (*)")
        self._ask(self.tr("Install a plugin from a file"), QFileDialog.FileMode.ExistingFile, kinds)

    def ask_folder(self) -> None:
        """Ask which plugin's folder to install."""
        self._ask(self.tr("Install a plugin from its folder"), QFileDialog.FileMode.Directory)

    def ask_wheelhouse(self) -> None:
        """Ask in which folder of wheels to look."""
        self._ask(self.tr("Look for plugins in a folder of wheels"), QFileDialog.FileMode.Directory, wheelhouse=True)

    def do(self, plugin_id: str, do: object) -> None:
        """Do what a card, a plugin's page or its menu asked for."""
        desk = self.desk
        calls = {
            Do.OPEN: lambda: self.show_plugin(plugin_id),
            Do.ENABLE: lambda: desk.switch(plugin_id, on=True),
            Do.DISABLE: lambda: desk.switch(plugin_id, on=False),
            Do.UPDATE: lambda: desk.update(plugin_id),
            Do.LOOK: lambda: desk.look_for_updates(plugin_id),
            Do.REINSTALL: lambda: desk.reinstall(plugin_id),
            Do.PIN: lambda: desk.pin(plugin_id, ""),
            Do.UNPIN: lambda: desk.pin(plugin_id, None),
            Do.FOLDER: lambda: self._open_folder(plugin_id),
            Do.REMOVE: lambda: desk.remove(plugin_id),
        }
        self._clear_messages()
        calls[Do(str(do))]()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Return presses the button that has the focus, as in dialogs."""
        focused = QApplication.focusWidget()
        is_return = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_return and isinstance(focused, QPushButton | QToolButton) and self.isAncestorOf(focused):
            focused.click()
        else:
            super().keyPressEvent(event)

    def _connect(self) -> None:
        desk, header = self.desk, self.list.header
        desk.changed.connect(self.refresh)
        desk.planned.connect(self._review)
        desk.done.connect(self._say_done)
        desk.told.connect(self._tell)
        desk.failed.connect(self._fail)
        header.can_undo = self._last_change
        for signal, call in (
            (header.file_asked, self.ask_file), (header.folder_asked, self.ask_folder),
            (header.wheelhouse_asked, self.ask_wheelhouse), (header.find_asked, self.show_finder),
            (header.look_asked, desk.look_for_updates), (header.update_asked, desk.update),
            (header.history_asked, self.show_history), (header.undo_asked, desk.undo),
            (header.again_asked, desk.look_again), (header.sources_asked, self.show_sources),
        ):  # fmt: skip
            signal.connect(call)
        desk.work.began.connect(self._hide_notes)
        self.list.asked.connect(self.do)

    def _joined(self, page: _Page) -> _Page:
        page.back.connect(self.show_list)
        self.addWidget(page)
        return page

    def _follow_note(self, note: DoneNote) -> None:
        note.undo_asked.connect(self.desk.undo)
        self._notes.append(note)

    def _last_change(self) -> tuple[str, int]:
        last = self.desk.last_change
        return (said_of(last), last.number) if last is not None else ("", 0)

    def _ask(self, title: str, mode: QFileDialog.FileMode, kinds: str = "", *, wheelhouse: bool = False) -> None:
        dialog = QFileDialog(self.window(), title, str(Path.home()), kinds)
        dialog.setFileMode(mode)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, mode is QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.show_finder(Path(path)) if wheelhouse else self.take(Path(path)))
        dialog.open()

    def _review(self, plan: Plan) -> None:
        sheet = PlanSheet(plan, self.window())
        sheet.agreed.connect(self.desk.apply)
        sheet.finished.connect(lambda _result: self._end_review())
        self.sheet = sheet
        sheet.open()

    def _end_review(self) -> None:
        self.sheet = None

    def _say_done(self, text: str, number: int) -> None:
        page = self.currentWidget()
        if isinstance(page, PluginList | PluginPage | FindPage):
            page.message.dismiss()
            page.done.say(text, number)
        else:
            PassingNote.over(self).tell(text)

    def _tell(self, text: str) -> None:
        if text:
            page = self.currentWidget()
            target = page.message if isinstance(page, PluginPage | HistoryPage) else self.list.message
            target.clear_buttons()
            target.show_text("info", text)
            if isinstance(page, FindPage):
                page.message.show_text("info", text)
            announce(self, text)

    def _fail(self, error: UserError) -> None:
        page = self.currentWidget()
        announce(self, f"{error.message} {error.hint}".strip())
        if isinstance(page, FindPage):
            page.show_error(error)
        else:
            target = page.message if isinstance(page, PluginPage | HistoryPage) else self.list.message
            target.clear_buttons()
            target.show_error(error)

    def _clear_messages(self) -> None:
        self.list.message.dismiss()
        if isinstance(page := self.currentWidget(), PluginPage):
            page.message.dismiss()
        self._hide_notes()

    def _hide_notes(self) -> None:
        for each in self._notes:
            each.hide()

    def _open_folder(self, plugin_id: str) -> None:
        info = self.desk.info(plugin_id)
        folder = info.folder if info is not None else None
        if folder is None or not folder.is_dir():
            self._fail(UserError(self.tr("The folder of {} is not there any more.").format(self.desk.name(plugin_id))))
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            hint = self.tr("It is {}.").format(folder)
            self._fail(UserError(self.tr("The desktop has no program that shows folders."), hint=hint))
