"""The main window: the frame around the pages, and what pages may ask of it (`ui/shell.py`).

It paints before the services exist: `attach` hands them over, and what was asked for meanwhile is done then.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QGridLayout, QMainWindow, QVBoxLayout, QWidget

from desktop_app.places import Places
from desktop_app.ui.frame.navigation import ENTRIES, Navigation
from desktop_app.ui.frame.pages import Pages
from desktop_app.ui.frame.status_row import StatusRow
from desktop_app.ui.frame.title_row import TitleRow
from desktop_app.ui.theme import Space, theme_manager
from desktop_app.ui.window_state import WindowState

if TYPE_CHECKING:
    from PySide6.QtGui import QAction, QCloseEvent, QKeyEvent, QPaintEvent

    from desktop_app.api import Fix, UserError, Value
    from desktop_app.presenters.models.export import Source
    from desktop_app.services.workbench import Workbench
    from desktop_app.ui.crash import CrashReporter
    from desktop_app.ui.frame.actions import Actions
    from desktop_app.ui.frame.session import Session
    from desktop_app.ui.shell import FilesView, RunsView
    from desktop_app.ui.widgets.inline_message import InlineMessage

ASKED_BY_HAND = ("its close button, or the desktop", "the program", "Quit")
"""Why a window closes that a person closes; all else has reasons of its own."""


class MainWindow(QMainWindow):
    """The window. `closing` is emitted when it is asked to close; it stays until `finish` is called."""

    closing = Signal()

    def __init__(self, places: Places, state: WindowState, on_bug: Callable[[BaseException], object]) -> None:
        super().__init__()
        self.places = places
        self._state = state
        self._session: Session | None = None
        self._waiting: list[Callable[[], object]] = []
        self._may_close = False
        self.was_painted = False
        self.was_asked_to_close = False
        self.close_reason = ""
        self.title_row, self.navigation, self.status_row = TitleRow(), Navigation(), StatusRow()
        self._message: InlineMessage | None = None
        self._report: Callable[[BaseException], object] = on_bug
        self.pages = Pages(self._bug)
        self._strip = QWidget(visible=False)
        self._above = QVBoxLayout()
        self._above.setContentsMargins(Space.L + Space.XS, Space.M, Space.L + Space.XS, 0)
        self._actions: Actions | None = None
        self._build()
        self._connect()
        self._name_window(self._state.text("project"))
        self.navigation.show_page(self._first_page())
        self._state.restore_window(self)

    # ----- what pages may ask (Shell)

    @property
    def state(self) -> WindowState:
        """What comes back at the next start."""
        return self._state

    @property
    def backend(self) -> str:
        """The backend chosen at the top."""
        return self.title_row.backend

    @property
    def actions_by_name(self) -> Actions:
        """Every action."""
        return self._actions or self.equip()

    def equip(self) -> Actions:
        """Make actions, shortcuts and menus: right after the first paint, or when first needed."""
        from desktop_app.ui.frame.actions import Actions
        from desktop_app.ui.frame.standard_actions import add_standard_actions

        if self._actions is None:
            self._actions = Actions(self)
            add_standard_actions(self)
            self._build_menus(self._actions)
            self.status_row.equip()
        return self._actions

    @property
    def message(self) -> InlineMessage:
        """The message at the top of the page; made when there is first something to say."""
        if self._message is None:
            from desktop_app.ui.widgets.inline_message import InlineMessage

            self._message = InlineMessage()
            room = QVBoxLayout(self._strip)
            room.setContentsMargins(Space.L + Space.XS, Space.M, Space.L + Space.XS, 0)
            room.addWidget(self._message)
            self._message.toggled.connect(self._strip.setVisible)
        return self._message

    def add_strip(self, strip: QWidget) -> None:
        """Put a line of work that goes on below the message, above the page; it is hidden while there is none."""
        self._above.addWidget(strip)

    def open_path(self, path: Path) -> None:
        """Open a folder as the project, or a file; the file's folder becomes the project where none is open."""
        path = path.absolute()
        if path.is_dir():
            if self._session is None and str(path) == self._state.text("project"):
                return  # it is open when the window is: with the page, files and run that were open last
            self._when_ready(lambda: self._open_folder(path))
        elif path.is_file() and path.suffix.lower() == ".onnx":
            self.show_graph(path)
        elif path.is_file() and path.suffix.lower() == ".whl":
            self.install_plugin(path)
        elif path.is_file() and path.suffix.lower() == ".zip":
            self.open_bundle(path)
        elif path.is_file():
            self._when_ready(lambda: self._open_with_folder(path))
        else:
            gone = self.tr("{} is not there any more.").format(path)
            self.message.show_text("error", gone, self.tr("Open another folder or file."))

    def open_file(self, path: Path, line: int | None = None) -> None:
        """Show a file on the Files page, at a line."""
        self._state.remember_first("recent.files", str(path))
        self._with_files(lambda files: files.open_file(path, line))

    def show_run(self, handle: str) -> None:
        """Show a run's page."""
        self.show_page("runs")
        self._when_ready(lambda: cast("RunsView", self.pages.page("runs")).show_run(handle))

    def show_page(self, name: str) -> None:
        """Show a page and give it the keyboard."""
        self._show_page(name)
        self._when_ready(self.pages.focus_page)

    def new_job(self, template: str | None = None) -> None:
        """Open the wizard."""
        self._with_files(lambda files: files.new_job(template))

    def run_file(self, path: Path) -> None:
        """Plan the job file, have the plan reviewed, and submit it."""
        self._with_files(lambda files: files.run_file(path))

    def mend_file(self, path: Path, fix: Fix) -> None:
        """Show a file, and what a fix would change in it."""
        self._with_files(lambda files: files.mend_file(path, fix))

    def change_file(self, path: Path, title: str, make: Callable[[str], str]) -> None:
        """Show a file, and what a change would make of its text."""
        self._with_files(lambda files: files.change_file(path, title, make))

    def export_model(self, source: Source | None = None) -> None:
        """Show how a model is exported to ONNX."""
        self._when_ready(lambda: cast("Session", self._session).models.export(source))

    def show_graph(self, path: Path) -> None:
        """Show the graph of an ONNX file."""
        self._when_ready(lambda: cast("Session", self._session).models.show_graph(path))

    def install_plugin(self, path: Path) -> None:
        """Show what installing a plugin's wheel would do, beside the project that is open."""
        project = self._state.text("project")
        if self._session is None and not self._waiting and Path(project or "nowhere").is_dir():
            self._waiting.append(lambda: cast("FilesView", self.pages.page("files")).open_folder(Path(project)))
        self._when_ready(lambda: cast("Session", self._session).plugins.take(path))

    def open_bundle(self, path: Path) -> None:
        """Take a colleague's bundle in among the runs and show its page; a zip that is none opens as any file."""
        self._when_ready(lambda: cast("Session", self._session).bundles.take(path, self._open_with_folder))

    def notify(self, title: str, text: str, handle: str = "") -> None:
        """Tell the person though the window is not in front."""
        if self._session is not None:
            self._session.notify(title, text, handle)

    def say(self, message: UserError) -> None:
        """Show what happened and what to do next at the top of the page."""
        self.message.clear_buttons()  # of what stood there before
        self.message.show_error(message)

    def set_problems(self, errors: int, warnings: int) -> None:
        """Show the project's problems in the status bar."""
        self.status_row.set_problems(errors, warnings)

    def add_action(  # noqa: PLR0913 - the last two are optional keywords
        self, name: str, text: str, shortcut: str, callback: Callable[[], object], *, icon: str = "", menu: str = ""
    ) -> QAction:
        """Add an action to the window, the palette and a menu."""
        return self.actions_by_name.add(name, text, shortcut, callback, icon_name=icon, menu=menu)

    # ----- what the frame does

    def attach(self, workbench: Workbench) -> None:
        """Hand over the services; pages can be made from now on."""
        from desktop_app.ui.frame.session import Session

        self._session = Session(self, workbench)
        self.pages.set_factories(self._session.factories())
        self.pages.show_page(self._first_page())
        project = self._state.text("project")
        if project and not Path(project).is_dir():
            project = ""
            self._state.set("project", "")
        self._set_project(project)
        if project and not self._waiting:
            self._waiting.append(lambda: cast("FilesView", self.pages.page("files")).open_folder(Path(project)))
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each()
        self.pages.focus_page()

    def follow_crashes(self, crashes: CrashReporter) -> None:
        """Show a quiet message for each bug, with the report to copy."""
        self._report = crashes.report
        crashes.reported.connect(self._show_bug)
        from desktop_app.ui import tasks

        tasks.route(user_error=self.say, bug=lambda error: crashes.report(error, "a task"))

    def open_palette(self) -> None:
        """Show the command palette."""
        from desktop_app.ui.frame.palette_entries import open_palette

        open_palette(self, self._session)

    def open_shortcuts(self) -> None:
        """Show what each key does."""
        from desktop_app.ui.frame.palette_entries import open_shortcuts

        open_shortcuts(self)

    def open_sample(self, name: str = "") -> None:
        """Open the person's copy of the sample project, at a sample's job file if one is named."""
        from desktop_app.services.samples import own_copy, own_job

        self._try_to(lambda: self.open_path(own_job(self.places, name) if name else own_copy(self.places)))

    def choose_theme(self, mode: str) -> None:
        """Look light, dark, or as the desktop does; remembered."""
        theme_manager().set_mode(mode)
        self._state.set("theme", mode)
        self._when_ready(lambda: self._set("appearance.theme", mode))

    def toggle_notifications(self) -> None:
        """Switch notifications on or off; remembered."""
        if self._session is not None:
            wanted = not self._session.notifications_on
            self._set("notifications.runs", wanted)
            self.status_row.say_notifications(on=wanted)

    def finish(self) -> None:
        """Save what comes back at the next start, let go of the services, and close for good."""
        self._state.keep_window(self)
        self._state.save()
        if self._session is not None:
            self._session.close()
        self._may_close = True
        self.close()

    def close_because(self, reason: str) -> None:
        """Ask the window to close; `reason` is for the log."""
        self.close_reason = reason
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: the window stays until everything is in order (`finish`)."""
        if self._may_close:
            event.accept()
        else:
            event.ignore()
            if event.spontaneous() or not self.close_reason:
                self.close_reason = ASKED_BY_HAND[0 if event.spontaneous() else 1]
            self.was_asked_to_close = True
            self.closing.emit()

    def event(self, event: QEvent) -> bool:
        """Called by Qt: a key that the page in front wants is its own, wherever the focus is."""
        if event.type() == QEvent.Type.ShortcutOverride and self.pages.wants(cast("QKeyEvent", event)):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt for keys that nobody else took."""
        if not self.pages.give(event):
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt to paint; notes that it has happened."""
        super().paintEvent(event)
        self.was_painted = True

    def _build(self) -> None:
        body = QWidget()
        grid = QGridLayout(body)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.addWidget(self.title_row, 0, 0, 1, 2)
        grid.addWidget(self.navigation, 1, 0)
        grid.addLayout(self._column(), 1, 1)
        grid.addWidget(self.status_row, 2, 0, 1, 2)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(1, 1)
        self.setCentralWidget(body)
        QWidget.setTabOrder(self.title_row, self.navigation)

    def _column(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self._strip)
        column.addLayout(self._above)
        column.addWidget(self.pages, 1)
        return column

    def _build_menus(self, actions: Actions) -> None:
        from PySide6.QtWidgets import QMenu

        from desktop_app.ui.frame.alt_menu import AltOpensMenu

        bar = self.menuBar()
        actions.fill(bar)
        if not bar.isNativeMenuBar():
            bar.hide()
            menu = QMenu(self)
            actions.fill(menu)
            self.title_row.set_menu(menu)
            self.installEventFilter(AltOpensMenu(self.title_row.menu_button))
        self.title_row.menu_button.setVisible(not bar.isNativeMenuBar())

    def _connect(self) -> None:
        self.title_row.search_asked.connect(self.open_palette)
        self.title_row.new_job_asked.connect(self.new_job)
        self.navigation.chosen.connect(self._show_page)
        self.status_row.runs_asked.connect(lambda: self.show_page("runs"))
        self.status_row.toolchains_asked.connect(lambda: self.show_page("settings"))
        self.status_row.safe_mode_asked.connect(lambda: self.show_page("plugins"))
        self.status_row.problems_asked.connect(lambda: self._with_files(lambda files: files.show_problems()))
        self.status_row.notifications_toggled.connect(self.toggle_notifications)

    def _first_page(self) -> str:
        page = self._state.text("page")
        return page if page in ENTRIES else "files"

    def _when_ready(self, call: Callable[[], object]) -> None:
        if self._session is None:
            self._waiting.append(call)
        else:
            call()

    def _show_page(self, name: str) -> None:
        self.navigation.show_page(name)
        self._state.set("page", name)
        self._when_ready(lambda: self.pages.show_page(name))

    def _with_files(self, call: Callable[[FilesView], object]) -> None:
        self.show_page("files")
        self._when_ready(lambda: call(cast("FilesView", self.pages.page("files"))))

    def _open_folder(self, folder: Path) -> None:
        self._set_project(str(folder))
        self._state.set("project", str(folder))
        self._state.remember_first("recent.projects", str(folder))
        self._with_files(lambda files: files.open_folder(folder))

    def _open_with_folder(self, path: Path) -> None:
        project = self._state.text("project")
        self._open_folder(Path(project) if project and path.is_relative_to(project) else path.parent)
        self.open_file(path)

    def _set_project(self, folder: str) -> None:
        self.title_row.set_project(Path(folder).name if folder else "", folder)
        self._name_window(folder)
        if self._session is not None:
            self._session.clouds.desk.look_for_config(folder)

    def _name_window(self, folder: str) -> None:
        self.setWindowTitle(f"{Path(folder).name} – Rank Zero" if folder else "Rank Zero")

    def _bug(self, error: BaseException) -> None:
        self._report(error)

    def _show_bug(self, what: str, report: str, path: str) -> None:
        hint = self.tr("The window goes on. The report lies in {}.").format(path)
        self.message.show_text("error", self.tr("Rank Zero made a mistake: {}").format(what), hint, report)

    def _set(self, key: str, value: Value) -> None:
        import asyncio

        from desktop_app.ui.tasks import spawn

        if self._session is not None:
            saving = asyncio.to_thread(self._session.workbench.settings.set, key, value)
            spawn(saving, f"save {key}", self.say)

    def _try_to(self, call: Callable[[], object]) -> None:
        from desktop_app.api import UserError

        try:
            call()
        except UserError as error:
            self.say(error)
